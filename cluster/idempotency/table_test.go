package idempotency

import (
	"fmt"
	"testing"

	"pgregory.net/rapid"

	"capplayground/cluster"
)

func op(n int) cluster.OpID { return cluster.OpID(fmt.Sprint("op-", n)) }

// TestTheNewestAreRemembered: the table remembers the newest operations, also after a restart.
// The number of its records on the disk is bounded.
func TestTheNewestAreRemembered(t *testing.T) {
	t.Parallel()
	var table Table
	disk := map[string][]byte{}
	add := func(n int) {
		r := table.Add(op(n), uint64(n), fmt.Sprint(n))
		disk[r.Key] = r.Val
	}
	check := func(table *Table, first, last int) {
		t.Helper()
		for n := max(0, first-3); n <= last+1; n++ {
			e, ok := table.Find(op(n))
			if want := n >= first && n <= last; ok != want {
				t.Fatalf("operation %d is remembered: %v, want %v", n, ok, want)
			}
			if ok && (e.Op != op(n) || e.Sum != uint64(n) || e.What != fmt.Sprint(n)) {
				t.Fatalf("operation %d is remembered as %+v", n, e)
			}
		}
	}
	check(&table, 1, 0)
	for n := 1; n <= Size; n++ {
		add(n)
	}
	check(&table, 1, Size)
	for n := Size + 1; n <= Size+100; n++ {
		add(n)
	}
	check(&table, 101, Size+100)

	table = Table{}
	for key, val := range disk {
		if !table.Recover(cluster.Record{Key: key, Val: val}) {
			t.Errorf("%s is not read as a record of the table", key)
		}
	}
	check(&table, 101, Size+100)
	add(Size + 101) // replaces the oldest one, as it would have before the restart
	check(&table, 102, Size+101)
	if len(disk) != Size {
		t.Errorf("%d records for %d operations", len(disk), Size)
	}
}

func TestOtherRecordsAreLeftAlone(t *testing.T) {
	t.Parallel()
	var table Table
	for key, ours := range map[string]bool{"key/op/1": false, "o": false, "op": false, "op/0001": true} {
		for _, val := range []string{"", "{", "null", `{"n":0,"op":"x"}`, `{"n":3,"op":""}`} {
			if got := table.Recover(cluster.Record{Key: key, Val: []byte(val)}); got != ours {
				t.Errorf("%s is read as a record: %v, want %v", key, got, ours)
			}
		}
	}
	if len(table.entries) != 0 || table.count != 0 {
		t.Errorf("after garbage it remembers %+v", table)
	}
}

// A record may have any operation id, and any text of its protocol.
func TestAnEntryComesBackFromItsRecord(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.OneOf(rapid.StringMatching(`[0-9a-z. ]{0,9}`), rapid.String())
		id := cluster.OpID(text.Filter(func(s string) bool { return s != "" }).Draw(t, "op"))
		sum, what := rapid.Uint64().Draw(t, "sum"), text.Draw(t, "what")
		var before, after Table
		if !after.Recover(before.Add(id, sum, what)) {
			t.Fatal("not read as a record")
		}
		if e, ok := after.Find(id); !ok || e != (Entry{1, id, sum, what}) {
			t.Fatalf("recovered as %+v, %v", e, ok)
		}
	})
}

// Earlier versions wrote JSON. It contains a text or a struct of the protocol.
func TestRecordsOfEarlierVersionsAreRead(t *testing.T) {
	t.Parallel()
	var table Table
	for _, val := range []string{
		`{"n":1,"op":"a b  c","sum":5,"what":"n1.ab.1:7"}`,
		`{"n":2,"op":"\u0022","sum":18446744073709551615,"what":{"c":8,"n":1,"op":"x"}}`,
		`{"n":3,"op":"cut","sum":5,"wh`,
	} {
		table.Recover(cluster.Record{Key: "op/0001", Val: []byte(val)})
	}
	for op, want := range map[cluster.OpID]Entry{
		"a b  c": {1, "a b  c", 5, "n1.ab.1:7"},
		`"`:      {2, `"`, 18446744073709551615, `{"c":8,"n":1,"op":"x"}`},
		"cut":    {},
	} {
		if e, _ := table.Find(op); e != want {
			t.Errorf("from %q it remembers %+v, want %+v", op, e, want)
		}
	}
}

// FuzzRecover: the table survives any record.
func FuzzRecover(f *testing.F) {
	f.Add([]byte("1 5 2 opwhat"))
	f.Add([]byte("1 5 7 op"))
	f.Add([]byte("zzzzzzzzzzzzzz 5 -1 op"))
	f.Fuzz(func(t *testing.T, val []byte) {
		var table Table
		table.Recover(cluster.Record{Key: "op/0001", Val: val})
		for op, e := range table.entries {
			if op == "" || e.Count == 0 || e.Op != op {
				t.Fatalf("%q: remembers %+v under %q", val, e, op)
			}
		}
		if table.count < 1<<63 {
			table.Add("\x00new", 1, "")
			if _, ok := table.Find("\x00new"); !ok {
				t.Fatalf("%q: remembers nothing after it", val)
			}
		}
	})
}

func TestSumTellsRequestsApart(t *testing.T) {
	t.Parallel()
	seen := map[uint64]int{}
	for i, r := range [][4]string{
		{"write", "k", "v", ""}, {"read", "k", "v", ""}, {"write", "kv", "", ""}, {"write", "", "kv", ""}, {"write", "k", "", "v"}, {"write", "k", "w", ""},
	} {
		s := Sum(cluster.RequestKind(r[0]), r[1], r[2], r[3])
		if before, twice := seen[s]; twice {
			t.Errorf("requests %d and %d have the same sum", before, i)
		}
		seen[s] = i
		if s != Sum(cluster.RequestKind(r[0]), r[1], r[2], r[3]) {
			t.Errorf("request %d has two sums", i)
		}
	}
}

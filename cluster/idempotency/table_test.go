package idempotency

import (
	"fmt"
	"testing"

	"capplayground/cluster"
)

type note struct {
	Text string `json:"t"`
}

func op(n int) cluster.OpID { return cluster.OpID(fmt.Sprint("op-", n)) }

// TestTheNewestAreRemembered also across a restart, in a disk of bounded size.
func TestTheNewestAreRemembered(t *testing.T) {
	t.Parallel()
	var table Table[note]
	disk := map[string][]byte{}
	add := func(n int) {
		r := table.Add(op(n), uint64(n), note{fmt.Sprint(n)})
		disk[r.Key] = r.Val
	}
	check := func(table *Table[note], first, last int) {
		t.Helper()
		for n := max(0, first-3); n <= last+1; n++ {
			e, ok := table.Find(op(n))
			if want := n >= first && n <= last; ok != want {
				t.Fatalf("operation %d is remembered: %v, want %v", n, ok, want)
			}
			if ok && (e.Op != op(n) || e.Sum != uint64(n) || e.What.Text != fmt.Sprint(n)) {
				t.Fatalf("of operation %d it remembers %+v", n, e)
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

	table = Table[note]{}
	for key, val := range disk {
		if !table.Recover(cluster.Record{Key: key, Val: val}) {
			t.Errorf("%s is not taken for a record of the table", key)
		}
	}
	check(&table, 101, Size+100)
	add(Size + 101) // takes the place of the oldest, as it would have before the restart
	check(&table, 102, Size+101)
	if len(disk) != Size {
		t.Errorf("%d records for %d operations", len(disk), Size)
	}
}

func TestOtherRecordsAreLeftAlone(t *testing.T) {
	t.Parallel()
	var table Table[note]
	for key, ours := range map[string]bool{"key/op/1": false, "o": false, "op": false, "op/0001": true} {
		for _, val := range []string{"", "{", "null", `{"n":0,"op":"x"}`, `{"n":3,"op":""}`} {
			if got := table.Recover(cluster.Record{Key: key, Val: []byte(val)}); got != ours {
				t.Errorf("%s is taken: %v, want %v", key, got, ours)
			}
		}
	}
	if len(table.entries) != 0 || table.count != 0 {
		t.Errorf("of garbage it remembers %+v", table)
	}
}

// A record may have any operation id, and may have been damaged behind it.
func TestARecordIsReadWhenItIsAskedFor(t *testing.T) {
	t.Parallel()
	for _, id := range []cluster.OpID{"7", `"`, `\`, `a","sum":1`, `x","what":{}`, "<é\u2028>", "\n"} {
		var before, after Table[note]
		if !after.Recover(before.Add(id, 5, note{"text"})) {
			t.Fatalf("%q: not taken for a record", id)
		}
		for range 2 {
			if e, ok := after.Find(id); !ok || e.Op != id || e.Count != 1 || e.Sum != 5 || e.What.Text != "text" {
				t.Errorf("%q: recovered as %+v, %v", id, e, ok)
			}
		}
	}
	var table Table[note]
	table.Recover(cluster.Record{Key: "op/0001", Val: []byte(`{"n":1,"op":"x","sum":5,"wh`)})
	if e, ok := table.Find("x"); ok {
		t.Errorf("a damaged record is remembered as %+v", e)
	}
	table.Add("x", 6, note{"again"})
	for n := 3; n <= Size+1; n++ { // the last one takes the place of the damaged record
		table.Add(op(n), 1, note{})
	}
	if e, ok := table.Find("x"); !ok || e.Sum != 6 {
		t.Errorf("the operation of a damaged record is not remembered when it comes again: %+v", e)
	}
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

package sloppy

import (
	"bytes"
	"encoding/json"
	"slices"
	"testing"

	"capplayground/cluster"

	experiment "github.com/go-json-experiment/json"
	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// Twins of the bodies that have no codec of their own, so that encoding/json alone
// reads and writes them.
type (
	keyedJSON struct {
		Key string  `json:"key"`
		Set setJSON `json:"set"`
	}
	valueJSON struct {
		Set     setJSON  `json:"set"`
		Planted *planted `json:"planted,omitempty"`
	}
	wantJSON   want
	askJSON    ask
	resultJSON result

	syncingJSON struct {
		Sets []keyedJSON `json:"sets,omitempty"`
		Want []string    `json:"want,omitempty"`
	}
	digestJSON digest
	handedJSON handed
)

func (s set) json() setJSON { return setJSON{s.live, s.known} }

// TestBodiesAreJSON: encoding/json reads the bodies that this package writes, and this
// package reads the bodies that encoding/json writes. The values do not change.
func TestBodiesAreJSON(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		text := func(name string) string {
			return rapid.OneOf(rapid.StringMatching(`[a-z<&]{0,9}`), rapid.String()).Draw(t, name)
		}
		number := rapid.Int64Range(-5, 1<<60)
		s := rapid.SampledFrom(replicas(t)).Draw(t, "set")
		for i := range s.live {
			s.live[i].Val, s.live[i].TS = text("live"), number.Draw(t, "ts")
		}
		slices.SortFunc(s.live, newer)
		bothWays(t, keyed{text("key"), s}, func(k keyed) any { return keyedJSON{k.Key, k.Set.json()} })
		v := value{Set: s}
		if rapid.Bool().Draw(t, "planted") {
			v.Planted = &planted{Op: cluster.OpID(text("op")), TS: number.Draw(t, "ts"), Val: text("val")}
		}
		bothWays(t, v, func(v value) any { return valueJSON{v.Set.json(), v.Planted} })
		bothWays(t, want{text("key")}, func(w want) any { return wantJSON(w) })
		a := ask{Read: rapid.Bool().Draw(t, "read"), Key: text("key"), Val: text("val"), At: cluster.Time(number.Draw(t, "at")), TS: number.Draw(t, "ts"), Sizes: cluster.DefaultQuorum()}
		if len(s.live) > 0 {
			a.Dot, a.Named = &s.live[0].Dot, &s.known
		}
		bothWays(t, a, func(a ask) any { return askJSON(a) })
		r := result{Found: rapid.Bool().Draw(t, "found"), Val: text("val"), Version: s.version()}
		for range rapid.IntRange(0, 2).Draw(t, "siblings") {
			r.Siblings = append(r.Siblings, cluster.Sibling{Val: text("val"), Version: text("version")})
		}
		bothWays(t, r, func(r result) any { return resultJSON(r) })
		bothWays(t, handed{text("key"), text("hash")}, func(h handed) any { return handedJSON(h) })
		d := digest{Root: text("root"), Started: rapid.Bool().Draw(t, "started")}
		if rapid.Bool().Draw(t, "others") {
			d.Others = map[string]string{text("stray"): text("hash"), "another": "hash"}
		}
		bothWays(t, d, func(d digest) any { return digestJSON(d) })
		var all syncing
		for range rapid.IntRange(0, 2).Draw(t, "sets") {
			all.Sets = append(all.Sets, keyed{text("key"), s})
		}
		for range rapid.IntRange(0, 2).Draw(t, "wanted") {
			all.Want = append(all.Want, text("key"))
		}
		bothWays(t, all, func(s syncing) any {
			out := syncingJSON{Want: s.Want}
			for _, k := range s.Sets {
				out.Sets = append(out.Sets, keyedJSON{k.Key, k.Set.json()})
			}
			return out
		})
	})
}

func bothWays[T any](t *rapid.T, v T, theirs func(T) any) {
	t.Helper()
	ours := body(v)
	want, err := json.Marshal(theirs(v))
	if err != nil || !bytes.Equal(ours, want) {
		t.Fatalf("%s, and encoding/json has %s (%v)", ours, want, err)
	}
	var back T
	if !decode(ours, &back) || !cmp.Equal(string(body(back)), string(ours)) {
		t.Fatalf("%s came back as %s", ours, body(back))
	}
	var spaced bytes.Buffer
	var again T
	if json.Indent(&spaced, ours, "", " ") != nil || !decode(spaced.Bytes(), &again) || !bytes.Equal(body(again), ours) {
		t.Fatalf("%s came back as %s", spaced.Bytes(), body(again))
	}
}

// TestHistoriesAsWritten: if a history keeps the text from which it was read, this text
// is the text that String would write.
func TestHistoriesAsWritten(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		"n1.d1.1:1", "n1.d1.1:1,3-4+n2.d2.1:1", "n1.d1.1:1-2,2", "n1.d1.1:1-1", "n1.d1.1:1+n1.d1.1:3", "n1.d1.1:3,1", "n2.d2.1:1+n1.d1.1:1",
		"n1.d1.1@n1.d1.1:1", "n1.d1.1@n2.d2.1:1+n1.d1.1:1", "n1.d1.1:1,2",
	} {
		h, err := parseHistory([]byte(text))
		if err != nil {
			t.Fatal(err)
		}
		if fresh := (History{spans: h.spans}).String(); h.String() != fresh {
			t.Errorf("%s is written %s, want %s", text, h, fresh)
		}
	}
}

// BenchmarkBodies shows why this package has its own code to read and write bodies. It
// reads and writes each body with this package, with encoding/json and with
// github.com/go-json-experiment/json.
func BenchmarkBodies(b *testing.B) {
	known, err := parseHistory([]byte("n1.0a1b2c3d.1:1-40+n2.0a1b2c3d.1:1-12"))
	if err != nil {
		b.Fatal(err)
	}
	dot, err := parseDot([]byte("n1.0a1b2c3d.1:40"))
	if err != nil {
		b.Fatal(err)
	}
	op := cluster.OpID("0198c0de-0000-7000-8000-000000000000")
	s, err := newSet([]written{{Dot: dot, Op: op, TS: 1_700_000_000_000_000, Val: "Lisboa"}}, known)
	if err != nil {
		b.Fatal(err)
	}
	benchmarkBody(b, "store", keyed{"city", s}, keyedJSON{"city", s.json()})
	a := ask{Key: "city", Val: "Lisboa", At: 5_000_000, TS: 1_700_000_000_000_000, Dot: &dot, Sizes: cluster.DefaultQuorum()}
	benchmarkBody(b, "ask", a, askJSON(a))
}

// benchmarkBody reads and writes v, and its twin T, which has no codec of its own.
func benchmarkBody[V, T any](b *testing.B, name string, v V, twin T) {
	text := body(v)
	for _, c := range []struct {
		name string
		do   func() error
	}{
		{"write/sloppy", func() error { _ = body(v); return nil }},
		{"write/encoding-json", func() error { _, err := json.Marshal(twin); return err }},
		{"write/experiment", func() error { _, err := experiment.Marshal(twin); return err }},
		{"read/sloppy", func() error {
			var into V
			if !decode(text, &into) {
				return errHistory
			}
			return nil
		}},
		{"read/encoding-json", func() error { var into T; return json.Unmarshal(text, &into) }},
		{"read/experiment", func() error { var into T; return experiment.Unmarshal(text, &into) }},
	} {
		b.Run(name+"/"+c.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if err := c.do(); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

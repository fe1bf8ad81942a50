package sloppy

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"testing"

	"capplayground/cluster"

	"pgregory.net/rapid"
)

// TestBodiesComeBack: a body is the same after it is written and read.
func TestBodiesComeBack(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		text := func(name string) string {
			return rapid.OneOf(rapid.StringMatching(`[a-z<&]{0,9}`), rapid.String()).Draw(t, name)
		}
		number := rapid.Int64Range(-5, 1<<60)
		s := rapid.SampledFrom(replicas(t)).Draw(t, "set")
		for i := range s.Live {
			s.Live[i].Val, s.Live[i].TS = text("live"), number.Draw(t, "ts")
		}
		slices.SortFunc(s.Live, newer)
		comesBack(t, keyed{text("key"), s})
		v := value{Set: s}
		if rapid.Bool().Draw(t, "planted") {
			v.Planted = &planted{Op: cluster.OpID(text("op")), TS: number.Draw(t, "ts"), Val: text("val")}
		}
		comesBack(t, v)
		comesBack(t, want{text("key")})
		a := ask{Read: rapid.Bool().Draw(t, "read"), Key: text("key"), Val: text("val"), At: cluster.Time(number.Draw(t, "at")), TS: number.Draw(t, "ts"), Sizes: cluster.DefaultQuorum()}
		if len(s.Live) > 0 {
			a.Dot, a.Named = &s.Live[0].Dot, &s.Known
		}
		comesBack(t, a)
		r := result{Found: rapid.Bool().Draw(t, "found"), Val: text("val"), Version: s.version()}
		for range rapid.IntRange(0, 2).Draw(t, "siblings") {
			r.Siblings = append(r.Siblings, cluster.Sibling{Val: text("val"), Version: text("version")})
		}
		comesBack(t, r)
		comesBack(t, handed{text("key"), text("hash")})
		count := func(label string) int { return rapid.IntRange(0, parts).Draw(t, label) }
		d := digest{From: count("from"), Before: count("before"), Started: rapid.Bool().Draw(t, "started")}
		if rapid.Bool().Draw(t, "sums") {
			d.Sums = map[int]uint64{count("part"): rapid.Uint64().Draw(t, "sum"), parts + 1: 7}
		}
		if rapid.Bool().Draw(t, "others") {
			d.Others = map[string]string{text("stray"): text("hash"), "another": "hash"}
		}
		comesBack(t, d)
		comesBack(t, same{count("next")})
		comesBack(t, hashes{Parts: []int{count("part")}, Keys: map[string]string{text("key"): text("hash")}, Next: count("next")})
		var all syncing
		for range rapid.IntRange(0, 2).Draw(t, "sets") {
			all.Sets = append(all.Sets, keyed{text("key"), s})
		}
		for range rapid.IntRange(0, 2).Draw(t, "wanted") {
			all.Want = append(all.Want, text("key"))
		}
		comesBack(t, all)
	})
}

func comesBack[T any](t *rapid.T, v T) {
	t.Helper()
	text := cluster.MustJSON(v)
	var spaced bytes.Buffer
	if err := json.Indent(&spaced, text, "", " "); err != nil {
		t.Fatal(err)
	}
	for _, b := range [][]byte{text, spaced.Bytes()} {
		var back T
		if !cluster.ReadJSON(b, &back) || !bytes.Equal(cluster.MustJSON(back), text) {
			t.Fatalf("%s came back as %s", b, cluster.MustJSON(back))
		}
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

// BenchmarkBody shows why encoding/json does not read the bodies.
func BenchmarkBody(b *testing.B) {
	known, err := parseHistory([]byte("n1.0a1b2c3d.1:1-40+n2.0a1b2c3d.1:1-12"))
	if err != nil {
		b.Fatal(err)
	}
	dot, err := parseDot([]byte("n1.0a1b2c3d.1:40"))
	if err != nil {
		b.Fatal(err)
	}
	type fields set // without the check of newSet
	benchmarkRead(b, "set", func(op cluster.OpID) fields {
		return fields{[]written{{Dot: dot, Op: op, TS: 1_700_000_000_000_000, Val: "Lisboa"}}, known}
	})
	benchmarkRead(b, "ask", func(cluster.OpID) ask {
		return ask{Key: "city", Val: "Lisboa", At: 5_000_000, TS: 1_700_000_000_000_000, Dot: &dot, Sizes: cluster.DefaultQuorum()}
	})
}

// benchmarkRead reads the bodies of 1,000 operations.
func benchmarkRead[T any](b *testing.B, name string, value func(cluster.OpID) T) {
	var texts [1000][]byte
	for i := range texts {
		texts[i] = cluster.MustJSON(value(cluster.OpID(fmt.Sprintf("%08x-0000-7000-8000-000000000000", i))))
	}
	for _, way := range []struct {
		name string
		do   func(text []byte) bool
	}{
		{"encoding-json", func(text []byte) bool { return json.Unmarshal(text, new(T)) == nil }},
		{"experiment", func(text []byte) bool { return cluster.ReadJSON(text, new(T)) }},
	} {
		b.Run(name+"/read/"+way.name, func(b *testing.B) {
			b.ReportAllocs()
			for i := 0; b.Loop(); i++ {
				if text := texts[i%len(texts)]; !way.do(text) {
					b.Fatalf("cannot read %s", text)
				}
			}
		})
	}
}

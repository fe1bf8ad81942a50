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

// comesBack writes v as JSON, with spaces, and in the compact form if it has one.
func comesBack[T any](t *rapid.T, v T) {
	t.Helper()
	text := cluster.MustJSON(v)
	var spaced bytes.Buffer
	if err := json.Indent(&spaced, text, "", " "); err != nil {
		t.Fatal(err)
	}
	read := func(b []byte, into *T) bool { return cluster.ReadJSON(b, into) }
	forms := [][]byte{text, spaced.Bytes()}
	if c, ok := any(&v).(cluster.Coded); ok {
		read = func(b []byte, into *T) bool { return cluster.Decode(b, any(into).(cluster.Coded)) }
		forms = append(forms, cluster.Encode(c))
	}
	for _, b := range forms {
		var back T
		if !read(b, &back) || !bytes.Equal(cluster.MustJSON(back), text) {
			t.Fatalf("%q came back as %s", b, cluster.MustJSON(back))
		}
	}
}

// BenchmarkBody shows why the bodies of each operation are not JSON.
func BenchmarkBody(b *testing.B) {
	known, err := parseHistory("n1.0a1b2c3d.1:1-40+n2.0a1b2c3d.1:1-12")
	if err != nil {
		b.Fatal(err)
	}
	dot, err := parseDot("n1.0a1b2c3d.1:40")
	if err != nil {
		b.Fatal(err)
	}
	benchmarkBody(b, "keyed", func(op cluster.OpID) keyed {
		return keyed{"city", set{[]written{{Dot: dot, Op: op, TS: 1_700_000_000_000_000, Val: "Lisboa"}}, known}}
	})
	benchmarkBody(b, "ask", func(cluster.OpID) ask {
		return ask{Key: "city", Val: "Lisboa", At: 5_000_000, TS: 1_700_000_000_000_000, Dot: &dot, Sizes: cluster.DefaultQuorum()}
	})
}

// benchmarkBody writes and reads the bodies of 1,000 operations.
func benchmarkBody[T any, P interface {
	*T
	cluster.Coded
}](b *testing.B, name string, value func(cluster.OpID) T) {
	var values [1000]T
	var texts, compact [1000][]byte
	for i := range texts {
		values[i] = value(cluster.OpID(fmt.Sprintf("%08x-0000-7000-8000-000000000000", i)))
		texts[i], compact[i] = cluster.MustJSON(values[i]), cluster.Encode(P(&values[i]))
	}
	for _, way := range []struct {
		name string
		do   func(i int) bool
	}{
		{"read/encoding-json", func(i int) bool { return json.Unmarshal(texts[i], new(T)) == nil }},
		{"read/experiment", func(i int) bool { return cluster.ReadJSON(texts[i], new(T)) }},
		{"read/compact", func(i int) bool { return cluster.Decode(compact[i], P(new(T))) }},
		{"write/encoding-json", func(i int) bool { return len(cluster.MustJSON(&values[i])) > 0 }},
		{"write/compact", func(i int) bool { return len(cluster.Encode(P(&values[i]))) > 0 }},
	} {
		b.Run(name+"/"+way.name, func(b *testing.B) {
			b.ReportAllocs()
			for i := 0; b.Loop(); i++ {
				if !way.do(i % len(texts)) {
					b.Fatalf("cannot read %s", texts[i%len(texts)])
				}
			}
		})
	}
}

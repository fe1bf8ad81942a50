package majority

import (
	"bytes"
	"encoding/json"
	"fmt"
	"reflect"
	"testing"

	experiment "github.com/go-json-experiment/json"
	"pgregory.net/rapid"

	"capplayground/cluster"
)

// This package and encoding/json read the same from a body.
func TestBodiesAreReadAlike(t *testing.T) {
	t.Parallel()
	text := rapid.OneOf(rapid.StringMatching(`[ -~]{0,12}`), rapid.String())
	rapid.Check(t, func(t *rapid.T) {
		v := tagged{
			Tag: tag{
				Counter: rapid.Uint64Max(maxCounter).Draw(t, "counter"), Node: cluster.NodeID(rapid.IntRange(0, cluster.MaxNodes).Draw(t, "node")),
				Boot: rapid.Uint64Max(3).Draw(t, "boot"), Op: cluster.OpID(text.Draw(t, "op")),
			},
			Val: text.Draw(t, "val"),
		}
		n := round{rapid.Uint64Max(1<<40).Draw(t, "boots"), rapid.Uint64Max(1<<40).Draw(t, "n")}
		a := answer{Round: n, Held: v}
		if rapid.Bool().Draw(t, "again") {
			a.Done = &done{v.Tag, rapid.Uint64().Draw(t, "sum")}
		}
		readsAlike(t, query{Round: n, Key: text.Draw(t, "key"), Val: rapid.Bool().Draw(t, "wants the value")}, (*query).read)
		readsAlike(t, a, (*answer).read)
		readsAlike(t, store{Key: text.Draw(t, "key"), Put: v}, (*store).read)
		readsAlike(t, stored{v.Tag}, (*stored).read)
		readsAlike(t, v, (*tagged).read)
	})
}

// readsAlike fails unless read and encoding/json read the same from v: as it is written,
// without escapes of HTML, and with spaces.
func readsAlike[T any](t *rapid.T, v T, read func(*T, *cluster.LineReader)) {
	t.Helper()
	var unescaped, spaced bytes.Buffer
	enc := json.NewEncoder(&unescaped)
	enc.SetEscapeHTML(false)
	text := cluster.MustJSON(v)
	if enc.Encode(v) != nil || json.Indent(&spaced, text, "", " ") != nil {
		t.Fatalf("%+v cannot be written as JSON", v)
	}
	for _, b := range [][]byte{text, bytes.TrimSpace(unescaped.Bytes()), spaced.Bytes()} {
		var again, byReflection T
		if !cluster.ReadLine(b, &again, read) || json.Unmarshal(b, &byReflection) != nil || !reflect.DeepEqual(again, byReflection) {
			t.Fatalf("%s is read as %+v, by encoding/json as %+v", b, again, byReflection)
		}
	}
}

// The bodies of every operation are read without reflection.
func TestUsualBodiesAreReadWithoutReflection(t *testing.T) {
	t.Parallel()
	s := usualStore(1)
	isReadDirectly(t, query{Round: round{1, 7}, Key: "city", Val: true}, (*query).read)
	isReadDirectly(t, answer{Round: round{1, 7}, Held: s.Put}, (*answer).read)
	isReadDirectly(t, s, (*store).read)
	isReadDirectly(t, stored{s.Put.Tag}, (*stored).read)
	isReadDirectly(t, s.Put, (*tagged).read)
}

// isReadDirectly fails if v, as it is written, is left to reflection, which is slow.
func isReadDirectly[T any](t *testing.T, v T, read func(*T, *cluster.LineReader)) {
	t.Helper()
	text, into := cluster.MustJSON(v), new(T)
	r := cluster.NewLineReader(text)
	if read(into, &r); !r.Done() {
		t.Errorf("%s is left to reflection", text)
	}
}

// A tag can be read from the numbers that the table of accepted writes stores, and from the
// JSON that earlier versions stored.
func TestATagComesBackFromItsNumbers(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		v := tag{Counter: rapid.Uint64Max(maxCounter).Draw(t, "counter"), Node: cluster.NodeID(rapid.IntRange(0, 9).Draw(t, "node")), Boot: rapid.Uint64Max(1<<59).Draw(t, "boot")}
		if back, ok := parseNumbers(v.numbers()); !ok || back != v {
			t.Fatalf("%s is read as %+v, %v", v.numbers(), back, ok)
		}
		if back, ok := parseNumbers(string(cluster.MustJSON(v))); !ok || back != v {
			t.Fatalf("%s is read as %+v, %v", cluster.MustJSON(v), back, ok)
		}
	})
	for _, text := range []string{"", "1", "1.2", "1.2.", "x.2.3", "1.2.3.4", "-1.2.3", "{", "null"} {
		if back, ok := parseNumbers(text); ok {
			t.Errorf("%q is read as %+v", text, back)
		}
	}
}

// usualStore returns a store of the i-th operation.
func usualStore(i int) store {
	op := cluster.OpID(fmt.Sprintf("%08x-0000-7000-8000-000000000000", i))
	return store{Key: "city", Put: tagged{tag{8, 1, 2, op}, "Lisboa"}}
}

// BenchmarkBody shows why bodies are not read by reflection.
func BenchmarkBody(b *testing.B) {
	b.Run("query", func(b *testing.B) {
		benchmarkRead(b, func(i int) query { return query{round{1, uint64(i)}, "city", true} }, (*query).read)
	})
	b.Run("answer", func(b *testing.B) {
		benchmarkRead(b, func(i int) answer { return answer{Round: round{1, uint64(i)}, Held: usualStore(i).Put} }, (*answer).read)
	})
	b.Run("store", func(b *testing.B) { benchmarkRead(b, usualStore, (*store).read) })
	b.Run("stored", func(b *testing.B) {
		benchmarkRead(b, func(i int) stored { return stored{usualStore(i).Put.Tag} }, (*stored).read)
	})
}

// benchmarkRead compares how bodies are read by this package, by encoding/json and by
// github.com/go-json-experiment/json. As in a cluster, each body differs from the body
// before: value returns the i-th.
func benchmarkRead[T any](b *testing.B, value func(i int) T, read func(*T, *cluster.LineReader)) {
	var texts [1000][]byte
	for i := range texts {
		texts[i] = cluster.MustJSON(value(i))
	}
	for _, way := range []struct {
		name string
		do   func(text []byte) bool
	}{
		{"majority", func(text []byte) bool { var v T; return cluster.ReadLine(text, &v, read) }},
		{"encoding-json", func(text []byte) bool { var v T; return json.Unmarshal(text, &v) == nil }},
		{"experiment", func(text []byte) bool { var v T; return experiment.Unmarshal(text, &v) == nil }},
	} {
		b.Run("read/"+way.name, func(b *testing.B) {
			b.ReportAllocs()
			for i := 0; b.Loop(); i++ {
				if text := texts[i%len(texts)]; !way.do(text) {
					b.Fatalf("cannot read %s", text)
				}
			}
		})
	}
}

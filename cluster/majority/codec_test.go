package majority

import (
	"testing"

	"pgregory.net/rapid"

	"capplayground/cluster"
	"capplayground/cluster/linetest"
)

// encoding/json reads the bodies that this package writes, and this package reads the bodies
// that encoding/json writes.
func TestBodiesAreJSON(t *testing.T) {
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
		checkBody(t, query{Round: n, Key: text.Draw(t, "key"), Val: rapid.Bool().Draw(t, "wants the value")}, (*query).read)
		checkBody(t, a, (*answer).read)
		checkBody(t, store{Key: text.Draw(t, "key"), Put: v}, (*store).read)
		checkBody(t, stored{v.Tag}, (*stored).read)
		checkBody(t, v, (*tagged).read)
	})
}

func checkBody[T interface{ append([]byte) []byte }](t *rapid.T, v T, read func(*T, *cluster.LineReader)) {
	t.Helper()
	linetest.IsJSON(t, v, body(v), read)
}

// The bodies of every operation are read by hand, not by encoding/json.
func TestUsualBodiesAreReadByHand(t *testing.T) {
	t.Parallel()
	s, a := usualStore(), answer{Round: round{1, 7}, Held: usualStore().Put}
	for text, read := range map[string]func(*cluster.LineReader){
		string(body(query{Round: round{1, 7}, Key: "city", Val: true})): new(query).read,
		string(body(a)):                 new(answer).read,
		string(body(s)):                 new(store).read,
		string(body(stored{s.Put.Tag})): new(stored).read,
		string(body(s.Put)):             new(tagged).read,
	} {
		linetest.IsReadByHand(t, []byte(text), read)
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
		if back, ok := parseNumbers(string(body(v))); !ok || back != v {
			t.Fatalf("%s is read as %+v, %v", body(v), back, ok)
		}
	})
	for _, text := range []string{"", "1", "1.2", "1.2.", "x.2.3", "1.2.3.4", "-1.2.3", "{", "null"} {
		if back, ok := parseNumbers(text); ok {
			t.Errorf("%q is read as %+v", text, back)
		}
	}
}

func usualStore() store {
	return store{Key: "city", Put: tagged{tag{8, 1, 2, "0198c0de-0000-7000-8000-000000000000"}, "Lisboa"}}
}

// BenchmarkBody shows why bodies are not written and read by reflection.
func BenchmarkBody(b *testing.B) {
	s := usualStore()
	linetest.Benchmark(b, "majority", s, func() []byte { return body(s) }, (*store).read)
}

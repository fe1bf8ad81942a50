package majority

import (
	"bytes"
	"encoding/json"
	"reflect"
	"testing"

	"pgregory.net/rapid"

	"capplayground/cluster"
)

// TestBodiesComeBack: a body is the same after it is written and read, in its compact form
// and in the JSON of earlier versions.
func TestBodiesComeBack(t *testing.T) {
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
		comesBack(t, query{Round: n, Key: text.Draw(t, "key"), Val: rapid.Bool().Draw(t, "wants the value")})
		comesBack(t, a)
		comesBack(t, store{Key: text.Draw(t, "key"), Put: v})
		comesBack(t, stored{v.Tag})
		comesBack(t, v)
	})
}

// comesBack writes v in its compact form, as JSON, and as JSON with spaces.
func comesBack[T any, P interface {
	*T
	cluster.Coded
}](t *rapid.T, v T) {
	t.Helper()
	text := cluster.MustJSON(v)
	var spaced bytes.Buffer
	if err := json.Indent(&spaced, text, "", " "); err != nil {
		t.Fatal(err)
	}
	for _, b := range [][]byte{cluster.Encode(P(&v)), text, spaced.Bytes()} {
		var back T
		if !cluster.Decode(b, P(&back)) || !reflect.DeepEqual(back, v) {
			t.Fatalf("%q is read as %+v, want %+v", b, back, v)
		}
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

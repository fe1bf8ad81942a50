package twophase

import (
	"reflect"
	"testing"

	"pgregory.net/rapid"

	"capplayground/cluster"
)

// TestBodiesComeBack: a body or a record is the same after it is written and read, in its
// compact form and in the JSON of earlier versions.
func TestBodiesComeBack(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		text := func(name string) string { return rapid.String().Draw(t, name) }
		number := func(name string) uint64 { return rapid.Uint64().Draw(t, name) }
		b := prepareBody{Key: text("key"), Val: text("val")}
		if rapid.Bool().Draw(t, "known") {
			b.Last = &lastBody{Tx: cluster.OpID(text("last")), Version: number("version")}
		}
		comesBack(t, b)
		comesBack(t, yesBody{number("version"), number("sum")})
		comesBack(t, refusalBody{text("reason")})
		comesBack(t, commitBody{number("version")})
		comesBack(t, value{Val: text("val"), Version: number("version"), ByHand: rapid.Bool().Draw(t, "by hand")})
		comesBack(t, part{Key: text("key"), Val: text("val"), Coordinator: cluster.NodeID(rapid.IntRange(0, cluster.MaxNodes).Draw(t, "node"))})
		comesBack(t, decision{What: text("what"), Version: number("version")})
	})
}

func comesBack[T any, P interface {
	*T
	cluster.Coded
}](t *rapid.T, v T) {
	t.Helper()
	for _, b := range [][]byte{cluster.Encode(P(&v)), cluster.MustJSON(v)} {
		var back T
		if !cluster.Decode(b, P(&back)) || !reflect.DeepEqual(back, v) {
			t.Fatalf("%q is read as %+v, want %+v", b, back, v)
		}
	}
}

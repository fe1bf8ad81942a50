package twophase

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
		n := rapid.Uint64().Draw(t, "version")
		prepare := prepareBody{Key: text.Draw(t, "key"), Val: text.Draw(t, "val")}
		if rapid.Bool().Draw(t, "last") {
			prepare.Last = &lastBody{cluster.OpID(text.Draw(t, "tx")), rapid.Uint64Max(2).Draw(t, "last version")}
		}
		checkBody(t, prepare, (*prepareBody).read)
		checkBody(t, yesBody{n, rapid.Uint64().Draw(t, "sum")}, (*yesBody).read)
		checkBody(t, refusalBody{text.Draw(t, "reason")}, (*refusalBody).read)
		checkBody(t, commitBody{n}, (*commitBody).read)
		checkBody(t, part{Key: text.Draw(t, "key"), Val: text.Draw(t, "val"), Coordinator: cluster.NodeID(rapid.IntRange(0, 9).Draw(t, "coordinator"))}, (*part).read)
		checkBody(t, value{text.Draw(t, "val"), n, rapid.Bool().Draw(t, "by hand")}, (*value).read)
		checkBody(t, decision{text.Draw(t, "what"), n}, (*decision).read)
	})
}

func checkBody[T interface{ append([]byte) []byte }](t *rapid.T, v T, read func(*T, *cluster.LineReader)) {
	t.Helper()
	linetest.IsJSON(t, v, encode(v), read)
}

// The bodies of every transaction are read by hand, not by encoding/json.
func TestUsualBodiesAreReadByHand(t *testing.T) {
	t.Parallel()
	for text, read := range map[string]func(*cluster.LineReader){
		string(encode(usualPrepare())):                                 new(prepareBody).read,
		string(encode(yesBody{7, 18446744073709551615})):               new(yesBody).read,
		string(encode(refusalBody{"city is locked by 0198"})):          new(refusalBody).read,
		string(encode(commitBody{7})):                                  new(commitBody).read,
		string(encode(part{Key: "city", Val: "Rome", Coordinator: 2})): new(part).read,
		string(encode(value{"Rome", 7, true})):                         new(value).read,
		string(encode(decision{"city=Rome", 7})):                       new(decision).read,
	} {
		linetest.IsReadByHand(t, []byte(text), read)
	}
}

func usualPrepare() prepareBody {
	return prepareBody{Key: "city", Val: "Rome", Last: &lastBody{"0198c0de-0000-7000-8000-000000000000", 6}}
}

// BenchmarkBody shows why bodies are not written and read by reflection.
func BenchmarkBody(b *testing.B) {
	p := usualPrepare()
	linetest.Benchmark(b, "twophase", p, func() []byte { return encode(p) }, (*prepareBody).read)
}

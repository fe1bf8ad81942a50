package twophase

import (
	"encoding/json"
	"reflect"
	"testing"

	experiment "github.com/go-json-experiment/json"
	"pgregory.net/rapid"

	"capplayground/cluster"
)

// What is written by hand, encoding/json reads, and the other way round.
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
	ours := encode(v)
	theirs, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	for _, b := range [][]byte{ours, theirs} {
		var again, byThem T
		if !cluster.ReadLine(b, &again, read) || json.Unmarshal(b, &byThem) != nil || !reflect.DeepEqual(again, byThem) {
			t.Fatalf("%s is read as %+v, by encoding/json as %+v", b, again, byThem)
		}
	}
	var fromOurs, fromTheirs T
	if json.Unmarshal(ours, &fromOurs) != nil || json.Unmarshal(theirs, &fromTheirs) != nil || !reflect.DeepEqual(fromOurs, fromTheirs) {
		t.Fatalf("written as %s, by encoding/json as %s", ours, theirs)
	}
}

// What goes with every transaction is read by hand, not by encoding/json.
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
		r := cluster.NewLineReader([]byte(text))
		if read(&r); !r.Done() {
			t.Errorf("%s is left to encoding/json", text)
		}
	}
}

func usualPrepare() prepareBody {
	return prepareBody{Key: "city", Val: "Rome", Last: &lastBody{"0198c0de-0000-7000-8000-000000000000", 6}}
}

// BenchmarkBody shows why bodies are not written and read by reflection: one by this
// package, by encoding/json and by github.com/go-json-experiment/json.
func BenchmarkBody(b *testing.B) {
	p := usualPrepare()
	text := encode(p)
	for name, do := range map[string]func() error{
		"append/twophase":      func() error { encode(p); return nil },
		"append/encoding-json": func() error { _, err := json.Marshal(p); return err },
		"append/experiment":    func() error { _, err := experiment.Marshal(p); return err },
		"read/twophase":        func() error { var p prepareBody; cluster.ReadLine(text, &p, (*prepareBody).read); return nil },
		"read/encoding-json":   func() error { var p prepareBody; return json.Unmarshal(text, &p) },
		"read/experiment":      func() error { var p prepareBody; return experiment.Unmarshal(text, &p) },
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if err := do(); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

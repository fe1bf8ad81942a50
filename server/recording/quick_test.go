package recording

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"testing"

	"capplayground/cluster"
)

// TestQuickReadsWhatTheShapesAllow changes random bytes of the lines of a real run. If
// quick reads a line, the shapes allow it too, and both readers return the same event.
// quick reads nearly all lines that were not changed.
func TestQuickReadsWhatTheShapesAllow(t *testing.T) {
	t.Parallel()
	lines := bytes.Split(bytes.TrimSpace(good(t)), []byte("\n"))[2:]
	for _, line := range []string{
		`{"seq":1,"kind":"status","node":6,"t":1,"lc":1,"status":"up"}`,
		`{"seq":1,"kind":"status","node":1,"t":1,"lc":1,"status":1000}`,
		`{"seq":1,"kind":"sent","node":1,"t":1,"lc":1,"from":1,"to":6}`,
		`{"seq":1,"kind":"progress","node":1,"t":1,"lc":1,"yes":[1,6]}`,
		`{"seq":1,"kind":"link","node":1,"t":1,"lc":1,"link":{"from":1,"to":6}}`,
		`{"seq":1,"kind":"rule","node":1,"t":1,"lc":1,"rules":[{"from":"*","to":6}]}`,
		`{"seq":1,"kind":"return","node":1,"t":90071992547409931,"lc":1,"status":201}`,
		`{"seq":1,"kind":"verdict","node":1,"t":1,"lc":1,"report":{"keys":1}}`,
	} {
		lines = append(lines, []byte(line))
	}
	const signs = `0123456789",:{}[]xe-\`
	c := checker{nodes: 5}
	quick, changed := 0, 0
	for i, line := range lines {
		if _, ok := c.quick(line); ok {
			quick++
		}
		for seed := range uint64(60) {
			dice := rand.New(rand.NewPCG(uint64(i), seed))
			other := bytes.Clone(line)
			for range dice.IntN(3) {
				other[dice.IntN(len(other))] = signs[dice.IntN(len(signs))]
			}
			e, ok := c.quick(other)
			if !ok {
				continue
			}
			changed++
			slow, err := slowly(c, other)
			if err != nil {
				t.Fatalf("quick reads a line that the shapes refuse: %v\n%s", err, other)
			}
			if got, want := e.AppendJSON(nil), slow.AppendJSON(nil); !bytes.Equal(got, want) {
				t.Fatalf("quick reads\n%s, the shapes\n%s", got, want)
			}
		}
	}
	if quick < 200 || changed < 1000 {
		t.Errorf("quick reads %d of %d lines, and %d changed ones: this test compares too little", quick, len(lines), changed)
	}
}

// slowly reads an event by its shapes.
func slowly(c checker, line []byte) (e cluster.Event, err error) {
	object, err := decode(line)
	if err != nil {
		return e, err
	}
	kind, _ := object["kind"].(string)
	p := &parser{rec: &Recording{Head: Head{Nodes: c.nodes}}, headed: true}
	for _, name := range []string{"seq", "node", "t"} {
		if _, ok := object[name]; !ok {
			return e, fmt.Errorf("no %s", name)
		}
	}
	return e, p.into(kind, object, &e)
}

// BenchmarkRead reads a recording of a real run. The unit is one event.
func BenchmarkRead(b *testing.B) {
	text := good(b)
	n := 0
	for b.Loop() {
		r, err := Read(bytes.NewReader(text))
		if err != nil {
			b.Fatal(err)
		}
		n += len(r.Events)
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(n), "ns/event")
	b.ReportMetric(0, "ns/op")
}

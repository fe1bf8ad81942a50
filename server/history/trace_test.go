package history

import (
	"testing"

	"capplayground/cluster"
)

// The cause of a stale read is a message that would have brought the write to the
// read. A message that brings the value to no node of the read is not a cause.
func TestCauseOfAStaleRead(t *testing.T) {
	t.Parallel()
	const write, read = "w", "r"
	type message struct {
		op        cluster.OpID
		from, to  cluster.NodeID
		class     cluster.Class
		delivered bool
	}
	// Node 1 wrote, and node 2 took the write in and answered yes. Then node 3 reads. In
	// some cases it asks node 2 or node 4.
	before := []message{{write, 1, 2, cluster.ClassRequest, true}, {write, 2, 1, cluster.ClassYes, true}}
	for name, c := range map[string]struct {
		then []message
		want int // the number of the message in then, from 1; 0: there is no cause
	}{
		"the write's own to the reader":             {[]message{{write, 1, 3, cluster.ClassRequest, false}}, 1},
		"the write's own to whom it asked":          {[]message{{write, 1, 4, cluster.ClassRequest, false}, {read, 4, 3, cluster.ClassYes, true}}, 1},
		"a message of the write to another node":    {[]message{{write, 1, 5, cluster.ClassRequest, false}}, 0},
		"an answer to the write":                    {[]message{{write, 1, 3, cluster.ClassRequest, true}, {write, 4, 3, cluster.ClassYes, false}}, 0},
		"the read's question to a node that had it": {[]message{{read, 3, 2, cluster.ClassRequest, false}}, 1},
		"the read's question to a node without it":  {[]message{{read, 3, 5, cluster.ClassRequest, false}}, 0},
		"the answer of a node that had it":          {[]message{{read, 3, 2, cluster.ClassRequest, true}, {read, 2, 3, cluster.ClassYes, false}}, 2},
		"an answer to a node that had it":           {[]message{{read, 5, 2, cluster.ClassYes, false}}, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			all := newTraces()
			var ids []string
			for i, m := range append(append([]message{}, before...), c.then...) {
				ids = append(ids, string(rune('a'+i)))
				told := cluster.Transit{Op: m.op, Msg: ids[i], From: m.from, To: m.to, Class: m.class}
				all.fold(&cluster.Event{Body: &cluster.Sent{Transit: told}})
				if m.delivered {
					all.fold(&cluster.Event{Body: &cluster.Delivered{Transit: told}})
				}
			}
			got, want := "", ""
			if cause := all.cause(write, &Op{ID: read, Node: 3}); cause != nil {
				got = cause.Msg
			}
			if c.want > 0 {
				want = ids[len(before)+c.want-1]
			}
			if got != want {
				t.Errorf("the cause is message %q, want %q", got, want)
			}
		})
	}
}

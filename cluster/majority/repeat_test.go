package majority

import (
	"errors"
	"slices"
	"testing"

	"capplayground/cluster"
)

// cast is a cluster of five nodes. A test can make the disk of a node fail.
type cast struct {
	t       *testing.T
	bug     string
	nodes   [6]cluster.Machine // node i at i
	disks   [6]map[string][]byte
	mail    []cluster.Message
	replies []cluster.Reply
	away    cluster.NodeID // all messages to and from this node are lost
	failing cluster.NodeID // the disk of this node fails
}

func newCast(t *testing.T, bug string) *cast {
	t.Helper()
	c := &cast{t: t, bug: bug}
	for n := cluster.NodeID(1); n <= 5; n++ {
		c.disks[n] = map[string][]byte{}
		c.restart(n)
	}
	return c
}

// restart starts a node from its disk.
func (c *cast) restart(n cluster.NodeID) {
	var records []cluster.Record
	for key, val := range c.disks[n] {
		records = append(records, cluster.Record{Key: key, Val: val})
	}
	slices.SortFunc(records, func(a, b cluster.Record) int { return len(a.Key) - len(b.Key) })
	c.mail = slices.DeleteFunc(c.mail, func(m cluster.Message) bool { return m.To == n })
	c.nodes[n] = New(cluster.Config{ID: n, Nodes: []cluster.NodeID{1, 2, 3, 4, 5}, Bug: c.bug})
	c.step(n, cluster.Input{Kind: cluster.InputStart, Records: records})
}

// step does one Step of a node. If its disk fails, only the messages in Ahead leave.
func (c *cast) step(n cluster.NodeID, in cluster.Input) {
	in.Now = 1
	out := c.nodes[n].Step(in)
	c.mail = append(c.mail, out.Ahead...)
	if c.failing == n && len(out.Records) > 0 {
		return
	}
	for _, r := range out.Records {
		c.disks[n][r.Key] = r.Val
	}
	c.mail = append(c.mail, out.Messages...)
	c.replies = append(c.replies, out.Replies...)
}

// settle delivers all messages except those for which lost returns true.
func (c *cast) settle(lost func(cluster.Message) bool) {
	for len(c.mail) > 0 {
		m := c.mail[0]
		c.mail = c.mail[1:]
		if m.To == c.away || m.From == c.away || lost != nil && lost(m) {
			continue
		}
		c.step(m.To, cluster.Input{Kind: cluster.InputMessage, Message: m})
	}
}

// ask sends a request to node n and returns the reply. Without a reply, it returns the zero
// Reply.
func (c *cast) ask(n cluster.NodeID, kind cluster.RequestKind, op cluster.OpID, val string) cluster.Reply {
	c.replies = nil
	c.step(n, cluster.Input{Kind: cluster.InputRequest, Request: cluster.Request{Op: op, Kind: kind, Key: "k", Val: val}})
	c.settle(nil)
	if len(c.replies) > 1 {
		c.t.Errorf("%d replies to op=%s", len(c.replies), op)
	}
	return append(c.replies, cluster.Reply{})[0]
}

// heldAt returns the value that node n holds.
func (c *cast) heldAt(n cluster.NodeID) string {
	for _, k := range c.nodes[n].Snapshot().Keys {
		return k.Val
	}
	return ""
}

// oneTagTwoValues: a coordinator sends a store ahead of its own record, and crashes. The
// client sends its operation id again with another value. Meanwhile the replica that stored
// the first value is away. The results are the values that node 2 and node 3 hold at the end.
func oneTagTwoValues(t *testing.T, bug string) (at2, at3 string) {
	t.Helper()
	c := newCast(t, bug)
	c.step(1, cluster.Input{Kind: cluster.InputRequest, Request: cluster.Request{Op: "U", Kind: cluster.OpWrite, Key: "k", Val: "A"}})
	c.failing = 1
	c.settle(func(m cluster.Message) bool { return m.Type == typeStore && m.To != 2 || m.Type == typeStored })
	if c.heldAt(2) != "A" {
		t.Fatalf("node 2 holds %q, want A", c.heldAt(2))
	}
	c.failing = 0
	c.restart(1)
	c.away = 2
	if r := c.ask(1, cluster.OpWrite, "U", "B"); r.Err != nil {
		t.Fatalf("the second write ends with %v", r.Err)
	}
	c.away = 0
	for n := cluster.NodeID(1); n <= 5; n++ {
		if r := c.ask(n, cluster.OpRead, cluster.OpID("read at "+n.String()), ""); r.Val != "B" {
			t.Logf("a read at %v answers %q", n, r.Val)
		}
	}
	return c.heldAt(2), c.heldAt(3)
}

// TestNoTwoWritesShareATag: the second write has another tag, although the coordinator has
// lost the first one.
func TestNoTwoWritesShareATag(t *testing.T) {
	t.Parallel()
	if at2, at3 := oneTagTwoValues(t, ""); at2 != "B" || at3 != "B" {
		t.Errorf("node 2 holds %q and node 3 holds %q, want B", at2, at3)
	}
	if at2, at3 := oneTagTwoValues(t, BugNoBoot); at2 == at3 {
		t.Errorf("with %q planted both hold %q: this test would not notice", BugNoBoot, at2)
	}
}

// TestARepeatedOperationIsDoneOnce: the same id with the same value is the same write. This
// holds at another node, after a restart of all nodes, and after newer writes.
func TestARepeatedOperationIsDoneOnce(t *testing.T) {
	t.Parallel()
	c := newCast(t, "")
	first := c.ask(1, cluster.OpWrite, "U", "A")
	if first.Err != nil || first.Version == "" {
		t.Fatalf("the first is answered %+v", first)
	}
	if again := c.ask(2, cluster.OpWrite, "U", "A"); again.Err != nil || again.Version != first.Version {
		t.Errorf("at another node the same write is answered %+v, want version %s", again, first.Version)
	}
	c.ask(3, cluster.OpWrite, "V", "B")
	for n := cluster.NodeID(1); n <= 5; n++ {
		c.restart(n)
	}
	for n := cluster.NodeID(1); n <= 5; n++ {
		if again := c.ask(n, cluster.OpWrite, "U", "A"); again.Err != nil || again.Version != first.Version {
			t.Errorf("after a restart %v answers %+v, want version %s", n, again, first.Version)
		}
		if r := c.ask(n, cluster.OpRead, cluster.OpID("R"+n.String()), ""); r.Val != "B" {
			t.Errorf("%v reads %q: the repeated write was done again", n, r.Val)
		}
	}
}

// TestAnotherOperationUnderAnIDIsRefused: it has no effect.
func TestAnotherOperationUnderAnIDIsRefused(t *testing.T) {
	t.Parallel()
	c := newCast(t, "")
	c.ask(1, cluster.OpWrite, "U", "A")
	for _, kind := range []cluster.RequestKind{cluster.OpWrite, cluster.OpRead} {
		if r := c.ask(2, kind, "U", "B"); !errors.Is(r.Err, cluster.ErrRefused) {
			t.Errorf("another %s under the id is answered %+v", kind, r)
		}
	}
	if r := c.ask(3, cluster.OpRead, "R", ""); r.Val != "A" {
		t.Errorf("the refused write left %q", r.Val)
	}
}

// TestALateStoreOfAnEarlierTryIsIgnored: the client has sent its write again, and the write
// has another tag now.
func TestALateStoreOfAnEarlierTryIsIgnored(t *testing.T) {
	t.Parallel()
	c := newCast(t, "")
	c.step(1, cluster.Input{Kind: cluster.InputRequest, Request: cluster.Request{Op: "U", Kind: cluster.OpWrite, Key: "k", Val: "A"}})
	var late []cluster.Message
	c.settle(func(m cluster.Message) bool {
		if m.Type == typeStore {
			late = append(late, m)
		}
		return m.Type == typeStore
	})
	c.away = 1
	second := c.ask(2, cluster.OpWrite, "U", "A")
	c.ask(3, cluster.OpWrite, "V", "B")
	for i, m := range late {
		if late[i].To == 3 {
			c.replies = nil
			c.mail = append(c.mail, m)
			before := len(c.mail)
			c.step(3, cluster.Input{Kind: cluster.InputMessage, Message: m})
			if len(c.mail) != before || c.heldAt(3) != "B" {
				t.Errorf("the late store is acknowledged, and node 3 holds %q", c.heldAt(3))
			}
		}
	}
	if second.Err != nil || len(late) != 4 {
		t.Errorf("the second try is answered %+v after %d stores", second, len(late))
	}
}

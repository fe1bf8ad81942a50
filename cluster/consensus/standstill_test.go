package consensus

import (
	"flag"
	"fmt"
	"strings"
	"testing"
	"time"

	"capplayground/cluster"
)

var benchKeys = flag.Int("consensus.keys", 100_000, "the number of keys of BenchmarkStandstill")

// BenchmarkStandstill measures the longest Step while a leader gets many distinct keys, and
// while a follower that was away gets all of them.
func BenchmarkStandstill(b *testing.B) {
	for b.Loop() {
		t := newTrio(DefaultLimits())
		for n := range *benchKeys {
			t.write(n, n, "value")
		}
		writing := t.longest
		t.longest = 0
		t.comeBack()
		b.ReportMetric(writing.Seconds()*1000, "ms-writing")
		b.ReportMetric(t.longest.Seconds()*1000, "ms-catching-up")
	}
}

// TestNoStepGrowsWithTheState: four times as many keys make no Step longer, neither while they
// are written nor while a follower that was away gets all of them. And the state is not written
// again and again: all records of keys and operations have fewer bytes than those of entries.
func TestNoStepGrowsWithTheState(t *testing.T) {
	t.Parallel()
	const keys = 5000
	var records, bytes, body [2]int
	for i := range 2 {
		c := newTrio(DefaultLimits())
		for n := range keys << (2 * i) {
			c.write(n, n, "value")
		}
		if c.stateBytes > c.entryBytes {
			t.Errorf("the records of the state have %d bytes, those of entries %d", c.stateBytes, c.entryBytes)
		}
		if c.comeBack(); c.parts == 0 {
			t.Fatal("no snapshot was needed")
		}
		records[i], bytes[i], body[i] = c.records, c.bytes, c.body
	}
	t.Logf("at most %v records, %v bytes in records, %v bytes in a message", records, bytes, body)
	for what, most := range map[string][2]int{"records": records, "bytes in records": bytes, "bytes in a message": body} {
		if most[1] > most[0]+most[0]/5 {
			t.Errorf("%d %s in a Step with %d keys, %d with %d keys", most[0], what, keys, most[1], 4*keys)
		}
	}
}

// TestALargeStateReachesAFollower: a follower that was away gets a state that is larger than any
// frame between nodes (64 MiB), and has it after a restart.
func TestALargeStateReachesAFollower(t *testing.T) {
	t.Parallel()
	const size, keys = 60 << 10, 1200
	c := newTrio(DefaultLimits())
	val := strings.Repeat("v", size)
	for n := range keys + keys/4 { // more than the log holds
		c.write(n, n%keys, val)
	}
	c.comeBack()
	if c.parts < 2 || c.body > 1<<20 {
		t.Errorf("%d parts of a snapshot, and messages of up to %d bytes", c.parts, c.body)
	}
	again, _ := started(3, c.disks[3].records()...)
	for name, m := range map[string]testMachine{"the follower": c.nodes[3], "after a restart": again} {
		if s := m.Snapshot(); len(s.Keys) != keys || len(s.Keys[keys-1].Val) != size {
			t.Errorf("%s: %d keys", name, len(s.Keys))
		}
	}
}

// trio is a leader, node 1, with a follower, and with a node 3 that is away: its messages are
// lost.
type trio struct {
	nodes   map[cluster.NodeID]testMachine
	disks   map[cluster.NodeID]disk
	away    bool
	now     cluster.Time
	waiting []cluster.Message

	longest                time.Duration // of a Step
	records, bytes, body   int           // the most of a Step: records, bytes in them, bytes of a message
	parts                  int           // of snapshots
	entryBytes, stateBytes int           // in records of node 1
}

func newTrio(limit Limits) *trio {
	c := &trio{nodes: make(map[cluster.NodeID]testMachine), disks: make(map[cluster.NodeID]disk), now: 1}
	for _, id := range three {
		c.nodes[id], c.disks[id] = newTestMachine(cluster.Config{ID: id, Nodes: three}, limit), disk{}
		c.step(id, cluster.Input{Kind: cluster.InputStart})
	}
	c.step(1, cluster.Input{Kind: cluster.InputTimer, Timer: cluster.Timer{Name: timerElection, Due: 1 << 40}})
	c.deliver()
	c.away = true
	return c
}

// write is write number n: it writes a key at node 1. There are 10,000 writes in a second.
func (c *trio) write(n, key int, val string) {
	c.now += 100
	c.step(1, cluster.Input{Kind: cluster.InputRequest, Request: cluster.Request{
		Op: cluster.OpID(fmt.Sprintf("01234567-89ab-cdef-0123-%012d", n)), Kind: cluster.OpWrite, Key: fmt.Sprintf("key-%08d", key), Val: val,
	}})
	c.deliver()
	if n%1000 == 0 {
		c.tick()
	}
}

// comeBack lets node 3 be there again, until it has all entries.
func (c *trio) comeBack() {
	for c.away = false; c.nodes[3].Status().Applied < c.nodes[1].Status().Applied; {
		c.tick()
	}
}

func (c *trio) tick() {
	c.now += 100_000
	for _, id := range three {
		c.step(id, cluster.Input{Kind: cluster.InputTimer, Timer: cluster.Timer{Name: timerTick, Quiet: true}})
	}
	c.deliver()
}

func (c *trio) step(id cluster.NodeID, in cluster.Input) {
	if id == 3 && c.away {
		return
	}
	in.Now, in.Unwatched, in.Summed = c.now, true, true
	start := time.Now()
	out := c.nodes[id].Step(in)
	c.longest = max(c.longest, time.Since(start))
	c.disks[id].write(out)
	bytes := 0
	for _, r := range out.Records {
		size := len(r.Key) + len(r.Val)
		bytes += size
		switch {
		case id != 1 || r.Val == nil:
		case strings.HasPrefix(r.Key, recordEntry):
			c.entryBytes += size
		default:
			c.stateBytes += size
		}
	}
	c.records, c.bytes = max(c.records, len(out.Records)), max(c.bytes, bytes)
	for _, msg := range append(out.Ahead, out.Messages...) {
		c.body = max(c.body, len(msg.Body))
		if msg.Type == typeSnapshot {
			c.parts++
		}
		c.waiting = append(c.waiting, msg)
	}
}

func (c *trio) deliver() {
	for len(c.waiting) > 0 {
		msg := c.waiting[0]
		c.waiting = c.waiting[1:]
		if msg.From != 3 || !c.away {
			c.step(msg.To, cluster.Input{Kind: cluster.InputMessage, Message: msg})
		}
	}
}

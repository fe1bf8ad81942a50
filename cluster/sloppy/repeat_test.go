package sloppy

import (
	"slices"
	"testing"
	"time"

	"capplayground/cluster"
	"capplayground/cluster/quorum"
)

// coordinator is one node that coordinates the writes of "city". The test gives it its
// inputs.
type coordinator struct {
	t      *testing.T
	bug    string
	id     cluster.NodeID
	others []cluster.NodeID
	homes  []cluster.NodeID // without the coordinator itself
	disk   map[string][]byte
	m      cluster.Machine
	now    cluster.Time
	seq    uint64
}

func newCoordinator(t *testing.T, bug string) *coordinator {
	t.Helper()
	walk := quorum.Walk("city", []cluster.NodeID{1, 2, 3, 4, 5})
	c := &coordinator{t: t, bug: bug, id: walk[0], others: walk[1:], homes: walk[1:3], disk: map[string][]byte{}, now: 1_000_000}
	c.restart()
	return c
}

func (c *coordinator) restart() {
	var records []cluster.Record
	for key, val := range c.disk {
		records = append(records, cluster.Record{Key: key, Val: val})
	}
	c.m = New(cluster.Config{ID: c.id, Nodes: []cluster.NodeID{1, 2, 3, 4, 5}, Database: "d", Bug: c.bug})
	c.step(cluster.Input{Kind: cluster.InputStart, Records: records})
}

func (c *coordinator) step(in cluster.Input) []cluster.Message {
	in.Now, in.Wall = c.now, int64(c.now)
	out := c.m.Step(in)
	for _, r := range out.Records {
		c.disk[r.Key] = r.Val
	}
	return slices.Concat(out.Ahead, out.Messages)
}

// forward gives the coordinator an operation for which a client called caller, and
// returns the messages that the coordinator sends.
func (c *coordinator) forward(caller cluster.NodeID, op cluster.OpID, val string) []cluster.Message {
	c.seq++
	actor := Actor{Node: caller, Database: databaseName("d"), Start: 1}
	dot := Dot{Origin{actor, actor}, c.seq}
	return c.step(cluster.Input{Kind: cluster.InputMessage, Message: cluster.Message{
		From: caller, To: c.id, Type: typeForward, Op: op, Deadline: c.now.Add(cluster.OpTimeout),
		Body: cluster.Encode(&ask{Key: "city", Val: val, At: c.now, TS: int64(c.now), Dot: &dot, Sizes: cluster.DefaultQuorum()}),
	}})
}

// stored gives the coordinator a home's acknowledgement of an operation.
func (c *coordinator) stored(home cluster.NodeID, op cluster.OpID) []cluster.Message {
	return c.step(cluster.Input{Kind: cluster.InputMessage, Message: cluster.Message{From: home, To: c.id, Type: typeStored, Op: op}})
}

// results returns the results that the messages carry, by called node.
func results(t *testing.T, messages []cluster.Message) map[cluster.NodeID]result {
	t.Helper()
	all := map[cluster.NodeID]result{}
	for _, m := range messages {
		var r result
		if m.Type != typeResult {
			continue
		}
		if !cluster.Decode(m.Body, &r) {
			t.Fatalf("cannot read %q", m.Body)
		}
		all[m.To] = r
	}
	return all
}

func (c *coordinator) value() string { return c.m.Snapshot().Keys[0].Val }

// TestEveryCallerGetsTheAnswer: if a client calls several nodes for one operation, each
// gets the answer. Its forward may arrive before the answer or after it.
func TestEveryCallerGetsTheAnswer(t *testing.T) {
	t.Parallel()
	answered := func(bug string) map[cluster.NodeID]result {
		c := newCoordinator(t, bug)
		c.forward(c.others[0], "U", "London")
		c.forward(c.others[1], "U", "London")
		return results(t, c.stored(c.homes[0], "U"))
	}
	if got := answered(""); len(got) != 2 {
		t.Errorf("%d of two callers are answered: %+v", len(got), got)
	}
	if got := answered(BugAnswersFirstCaller); len(got) != 1 {
		t.Errorf("with %q planted %d callers are answered: this test would not notice", BugAnswersFirstCaller, len(got))
	}
	c := newCoordinator(t, "")
	c.forward(c.others[0], "U", "London")
	first := results(t, c.stored(c.homes[0], "U"))[c.others[0]]
	if later := results(t, c.forward(c.others[2], "U", "London"))[c.others[2]]; !later.Found || later.Version != first.Version {
		t.Errorf("a later caller is answered %+v, and the first %+v", later, first)
	}
}

// TestARepeatedOperationIsDoneOnce: a repeated operation is done once, also after a
// restart of its coordinator, and if a newer write has superseded it.
func TestARepeatedOperationIsDoneOnce(t *testing.T) {
	t.Parallel()
	repeat := func(bug string) (first, again result, value string) {
		c := newCoordinator(t, bug)
		c.forward(c.others[0], "U", "London")
		first = results(t, c.stored(c.homes[0], "U"))[c.others[0]]
		c.now = c.now.Add(time.Second)
		c.forward(c.others[0], "V", "Paris")
		c.now = c.now.Add(time.Minute)
		c.restart()
		c.forward(c.others[1], "U", "London")
		return first, results(t, c.stored(c.homes[0], "U"))[c.others[1]], c.value()
	}
	if first, again, value := repeat(""); !again.Found || again.Version != first.Version || value != "Paris" {
		t.Errorf("first it is answered %+v, then %+v, and %s is there", first, again, value)
	}
	if first, again, value := repeat(BugRepeatedAnew); again.Version == first.Version && value == "Paris" {
		t.Errorf("with %q planted nothing is wrong: this test would not notice", BugRepeatedAnew)
	}
}

// TestAnotherOperationUnderAnIDIsRefused: it has no effect.
func TestAnotherOperationUnderAnIDIsRefused(t *testing.T) {
	t.Parallel()
	c := newCoordinator(t, "")
	c.forward(c.others[0], "U", "London")
	check := func(when string) {
		t.Helper()
		got := c.forward(c.others[1], "U", "Rome")
		if r := results(t, got)[c.others[1]]; r.Found || r.Refused == "" {
			t.Errorf("%s another operation is answered %+v", when, r)
		}
		if slices.ContainsFunc(got, func(m cluster.Message) bool { return m.Type == typeStore }) || c.value() != "London" {
			t.Errorf("%s another operation has an effect: %v, %s", when, got, c.value())
		}
	}
	check("while it is under way")
	c.stored(c.homes[0], "U")
	check("when it is done")
	c.now = c.now.Add(time.Minute)
	c.restart()
	check("after a restart")
	delete(c.disk, "op/0001")
	c.restart()
	check("where only its version is left")
}

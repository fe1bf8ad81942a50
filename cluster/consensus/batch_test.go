package consensus

import (
	"fmt"
	"testing"

	"capplayground/cluster"
)

// TestProposalsShareAnAppend counts the appends of a leader that gets ten writes at once. It
// sends the first write in an append of its own. The nine other writes come before the answer
// to this append, and the leader sends them in one more append.
func TestProposalsShareAnAppend(t *testing.T) {
	t.Parallel()
	machines := map[cluster.NodeID]testMachine{}
	for _, id := range three {
		machines[id], _ = started(id)
	}
	leader := machines[1]
	fired := cluster.Timer{Name: timerElection, Due: 1 << 40}
	exchange(machines, leader.Step(cluster.Input{Kind: cluster.InputTimer, Now: 2, Timer: fired}))
	if !leader.leads() {
		t.Fatalf("node 1 is %s", leader.Snapshot().Role)
	}
	var first, later []cluster.Message
	const writes = 10
	for i := range writes {
		req := cluster.Request{Op: cluster.OpID(fmt.Sprint("w", i)), Kind: cluster.OpWrite, Key: fmt.Sprint("k", i), Val: "v"}
		out := leader.Step(cluster.Input{Kind: cluster.InputRequest, Now: 3, Request: req})
		first = append(first, appendsTo(2, out)...)
	}
	if len(first) != 1 {
		t.Errorf("%d appends to node 2 before its answer, want 1", len(first))
	}
	answer := machines[2].Step(cluster.Input{Kind: cluster.InputMessage, Now: 3, Message: first[0]})
	for _, msg := range answer.Messages {
		later = append(later, appendsTo(2, leader.Step(cluster.Input{Kind: cluster.InputMessage, Now: 3, Message: msg}))...)
	}
	if len(later) != 1 {
		t.Fatalf("%d appends to node 2 after its answer, want 1", len(later))
	}
	machines[2].Step(cluster.Input{Kind: cluster.InputMessage, Now: 3, Message: later[0]})
	if got, want := machines[2].lastIndex(), uint64(1+writes); got != want {
		t.Errorf("the last entry of node 2 is %d, want %d", got, want)
	}
}

// exchange delivers all messages of an Output, and their answers.
func exchange(machines map[cluster.NodeID]testMachine, out cluster.Output) {
	waiting := append(out.Ahead, out.Messages...)
	for len(waiting) > 0 {
		msg := waiting[0]
		out := machines[msg.To].Step(cluster.Input{Kind: cluster.InputMessage, Now: 2, Message: msg})
		waiting = append(append(waiting[1:], out.Ahead...), out.Messages...)
	}
}

// appendsTo returns the appends with entries that an Output has for one node.
func appendsTo(to cluster.NodeID, out cluster.Output) (appends []cluster.Message) {
	for _, msg := range append(out.Ahead, out.Messages...) {
		if msg.To == to && msg.Type == typeAppend && msg.Class == cluster.ClassRequest {
			appends = append(appends, msg)
		}
	}
	return appends
}

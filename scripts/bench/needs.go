package main

import "time"

// need is what an operation must do at least, by the protocol of its mode: its messages,
// its rounds and its synced records. floor sums the times of these parts. Bare nodes do
// these parts and nothing else.
type need struct {
	mode, kind string // kind is "write" or "read"
	// handedOver: another node than the called one coordinates the operation. The called
	// node sends it to the coordinator, which answers that it has taken it, and later sends
	// the result. One of five operations is not sent, because its coordinator was called.
	handedOver bool
	rounds     []round // one after another
}

// round is one message to some nodes, and their answers.
type round struct {
	peers   int  // nodes that get a message; each of them answers it
	answers int  // answers that the coordinator waits for; 0: the operation is done before
	synced  bool // each peer makes a record durable before it answers
	own     when // when the coordinator makes its record durable
}

// when is a point of time in a round.
type when int

const (
	never  when = iota
	beside      // while the messages are under way
	before      // before the messages leave
)

// needs has every operation that is measured.
var needs = []need{
	{mode: "CA", kind: "write", rounds: []round{ // prepare; then the decision and commit
		{peers: 4, answers: 4, synced: true},
		{peers: 4, synced: true, own: before},
	}},
	{mode: "CA", kind: "read"}, // a node reads its own copy
	{mode: "AP", kind: "write", handedOver: true, rounds: []round{{peers: 2, answers: 1, synced: true, own: beside}}},
	{mode: "AP", kind: "read", handedOver: true, rounds: []round{{peers: 2, answers: 1}}},
	{mode: "CP", kind: "write", rounds: []round{ // the highest tag; then the store
		{peers: 4, answers: 2},
		{peers: 4, answers: 2, synced: true, own: beside},
	}},
	{mode: "CP", kind: "read", rounds: []round{{peers: 4, answers: 2}}},
	{mode: "RAFT", kind: "write", handedOver: true, rounds: []round{{peers: 4, answers: 2, synced: true, own: beside}}},
	{mode: "RAFT", kind: "read", handedOver: true, rounds: []round{{peers: 4, answers: 2}}},
}

// needOf returns the need of a kind of operation in a mode.
func needOf(mode, kind string) need {
	for _, n := range needs {
		if n.mode == mode && n.kind == kind {
			return n
		}
	}
	panic("no operation " + mode + " " + kind)
}

// floor is the least time of one operation of a single client: the HTTP request, the round
// trips of messages and the synced writes, one after another. Several nodes sync at the
// same time, so their writes count once.
func (n need) floor(f floors) time.Duration {
	total := f.http
	if n.handedOver {
		total += f.stream
	}
	for _, r := range n.rounds {
		if r.own == before {
			total += f.sync[1]
		}
		if r.answers == 0 {
			continue
		}
		total += f.stream
		if r.synced {
			total += f.sync[r.peers+1]
		}
	}
	return total
}

// cpu is the sum of the processor times of its parts.
func (n need) cpu(c cpuFloors) time.Duration {
	total := c.http
	if n.handedOver {
		total += 3 * c.message * (nodes - 1) / nodes
	}
	for _, r := range n.rounds {
		total += time.Duration(2*r.peers) * c.message
		if r.synced {
			total += time.Duration(r.peers) * c.sync
		}
		if r.own != never {
			total += c.sync
		}
	}
	return total
}

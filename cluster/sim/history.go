package sim

import (
	"slices"
	"time"

	"capplayground/cluster"
)

// Outcome is what a client knows about its operation.
type Outcome int

// The outcomes.
const (
	Unknown Outcome = iota // no answer, a broken connection, or ErrUnknown: it may happen, at any later time
	OK                     // it happened; a read of no value is one too
	Aborted                // an error that says that it has not happened and never will
)

func (o Outcome) String() string {
	return [...]string{"unknown", "ok", "aborted"}[o]
}

// Op is one client operation of a run.
type Op struct {
	ID      cluster.OpID
	Client  int
	Node    cluster.NodeID // the node that the client called
	Kind    cluster.RequestKind
	Key     string
	Val     string // written, or read; written values are unique in a run
	None    bool   // a read that found no value
	IfMatch string // the version that a write was told to supersede
	Final   bool   // after the faults, when all had settled
	Attempt int    // how often its client brought the same id before

	// Call and Return place the operation among all others of the run: each
	// number is used once. Return is 0 where no answer came.
	Call, Return     int64
	CallAt, ReturnAt cluster.Time

	Outcome  Outcome
	Version  string
	Siblings []cluster.Sibling
	Err      error
	Quorum   cluster.Quorum // the sizes that held when it was called

}

// Run is what happened in one simulation.
type Run struct {
	Config  Config
	History []Op // ascending by Call
	// Settled is what each node held (node i at i-1) once the faults had ended and
	// the time to settle had passed, before the final reads.
	Settled []cluster.Snapshot
	Disks   [][]cluster.Record // of each node at the same time, ascending by key
	// Wipes are the nodes that lost their database, in order: at most one, and
	// none in a run where a write had W=1.
	Wipes []cluster.NodeID

	// Converged is how long after the end of the faults all copies of all keys were
	// first equal; 0 for never.
	Converged time.Duration
	Quick     bool // the disks are so quick that no node is late when nothing is wrong

	Virtual  time.Duration // how long it took, in virtual time
	Messages int           // sent
	Hash     uint64        // of the transcript, where one was asked for

	decided  map[cluster.OpID]verdict
	versions map[cluster.OpID][]string // the versions that the coordinators of a write gave it
	breaches []error                   // of the contract of cluster.Machine, as the driver saw them
}

// verdict is which decisions about one transaction were sent, or are on a disk.
type verdict struct{ commit, abort bool }

// recordDecision remembers the decision that a message tells.
func (r *Run) recordDecision(m cluster.Message) {
	v := r.decided[m.Op]
	v.commit = v.commit || m.Sense == cluster.SenseCommit
	v.abort = v.abort || m.Sense == cluster.SenseAbort
	r.decided[m.Op] = v
}

// otherValue says whether the client used the id of an operation for several
// values.
func (r *Run) otherValue(op Op) bool {
	return slices.ContainsFunc(r.History, func(o Op) bool { return o.ID == op.ID && o.Val != op.Val })
}

// abortedEachTime says whether all tries of a client's write were aborted.
func (r *Run) abortedEachTime(op Op) bool {
	return op.Outcome == Aborted && !slices.ContainsFunc(r.History, func(o Op) bool {
		return o.ID == op.ID && o.Val == op.Val && o.Outcome != Aborted
	})
}

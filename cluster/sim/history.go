package sim

import (
	"time"

	"capplayground/cluster"
	"capplayground/cluster/sloppy"
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

	// Of the whole history, for the checks; nil until the first of them asks.
	tried  map[attempt]bool          // see attempts
	parsed map[string]sloppy.Version // see version
	vals   map[cluster.OpID]int      // how many values came with each id
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

// attempt is what a client's operation is recognised by: a client may bring an id
// again, with the same value or with another one.
type attempt struct {
	id  cluster.OpID
	val string
}

// attempts says of each attempt in the history whether some try of it was not
// aborted.
func (r *Run) attempts() map[attempt]bool {
	if r.tried == nil {
		r.tried = make(map[attempt]bool, len(r.History))
		r.vals = make(map[cluster.OpID]int, len(r.History))
		for i := range r.History {
			op := &r.History[i]
			a := attempt{op.ID, op.Val}
			before, known := r.tried[a]
			if !known {
				r.vals[op.ID]++
			}
			r.tried[a] = before || op.Outcome != Aborted
		}
	}
	return r.tried
}

// otherValue says whether the client used the id of an operation for several
// values.
func (r *Run) otherValue(op *Op) bool {
	r.attempts()
	return r.vals[op.ID] > 1
}

// abortedEachTime says whether all tries of a client's write were aborted.
func (r *Run) abortedEachTime(op *Op) bool {
	return op.Outcome == Aborted && !r.attempts()[attempt{op.ID, op.Val}]
}

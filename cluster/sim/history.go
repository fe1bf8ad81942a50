package sim

import (
	"time"

	"capplayground/cluster"
	"capplayground/cluster/sloppy"
)

// Outcome is the result of an operation, as far as its client knows it.
type Outcome int

// The outcomes.
const (
	Unknown Outcome = iota // no answer, a broken connection, or ErrUnknown: it may still take effect
	OK                     // it took effect; a read that found no value is OK, too
	Aborted                // it has not taken effect and never will, as its error says
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
	Val     string // the value written or read; written values are unique in a run
	None    bool   // a read that found no value
	IfMatch string // the version that a write may supersede; empty: any
	Final   bool   // called after the faults had ended and the nodes had settled
	Attempt int    // counts the earlier calls of its client with the same id

	// Call and Return order the calls and answers of the run. Each number is used once.
	// Return is 0 if no answer came.
	Call, Return     int64
	CallAt, ReturnAt cluster.Time

	Outcome  Outcome
	Version  string
	Siblings []cluster.Sibling
	Err      error
	Quorum   cluster.Quorum // the quorum sizes when it was called

}

// Run is the result of one simulation.
type Run struct {
	Config  Config
	History []Op // ascending by Call
	// Settled is the state of each node (node i at i-1) after the faults had ended and
	// the nodes had settled, and before the final reads.
	Settled []cluster.Snapshot
	Disks   [][]cluster.Record // of each node at the same time, ascending by key
	// Wipes are the nodes that lost their database, in order: at most one node, and no
	// node in a run where a write had W=1.
	Wipes []cluster.NodeID

	Refused int // how often a node did not start because of its disk

	// Converged is the time from the end of the faults until all copies of all keys were
	// equal for the first time. 0: they were never equal.
	Converged time.Duration
	Quick     bool // the disks are so quick that no node is late while there are no faults

	Virtual  time.Duration // how long the run took, in virtual time
	Messages int           // how many were sent
	Hash     uint64        // hash of the transcript, if Config.Trace is set

	decided  map[cluster.OpID]verdict
	versions map[cluster.OpID][]string // the versions that the coordinators of a write gave it
	breaches []error                   // breaches of the contract of cluster.Machine

	// Indexes of the whole history, for the checks. nil: no check has needed them yet.
	tried  map[attempt]bool          // see attempts
	parsed map[string]sloppy.Version // see version
	vals   map[cluster.OpID]int      // how many values came with each id
}

// verdict says which decisions about one transaction were sent or are on a disk.
type verdict struct{ commit, abort bool }

// recordDecision records the decision in a message.
func (r *Run) recordDecision(m cluster.Message) {
	v := r.decided[m.Op]
	v.commit = v.commit || m.Sense == cluster.SenseCommit
	v.abort = v.abort || m.Sense == cluster.SenseAbort
	r.decided[m.Op] = v
}

// attempt identifies a client's operation. The id is not enough, because a client may use
// an id again, with the same value or with another value.
type attempt struct {
	id  cluster.OpID
	val string
}

// attempts reports, for each attempt in the history, whether at least one try of it was not
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

// otherValue reports whether the client used the id of an operation for several values.
func (r *Run) otherValue(op *Op) bool {
	r.attempts()
	return r.vals[op.ID] > 1
}

// abortedEachTime reports whether all tries of a client's write were aborted.
func (r *Run) abortedEachTime(op *Op) bool {
	return op.Outcome == Aborted && !r.attempts()[attempt{op.ID, op.Val}]
}

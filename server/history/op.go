package history

import "capplayground/cluster"

// Op is one client operation, as its client saw it.
type Op struct {
	ID     cluster.OpID        `json:"op"`
	Node   cluster.NodeID      `json:"node"`
	Client string              `json:"client,omitempty"`
	Kind   cluster.RequestKind `json:"op_kind"`
	Key    string              `json:"key"`
	Val    string              `json:"val,omitempty"` // written or read; cut for the page
	Hash   string              `json:"val_hash,omitempty"`
	Invoke int64               `json:"invoke"`                // microseconds since the epoch
	Return int64               `json:"return,omitempty"`      // 0 while open
	Status int                 `json:"status,omitempty"`      // the HTTP status; 0 while open
	Split  bool                `json:"conflicting,omitempty"` // the answer of the read had siblings
	Word   *Word               `json:"word,omitempty"`

	slowed    bool   // it ran in slow motion for a part of its time
	version   string // in the answer to a write
	began     int64  // of a write: when the first of its tries began that may have done it; 0 is Invoke
	unreached bool   // its node did not run, or died before it answered
	late      bool   // its invoke came after the operations that follow it were judged
	slack     int64  // microseconds by which its node's clock may be wrong
}

// callID names a call of a client. Two calls at two nodes may have the same
// operation id: the second is a retry, and its client gets its own answer.
type callID struct {
	node cluster.NodeID
	op   cluster.OpID
}

func (o *Op) call() callID { return callID{o.Node, o.ID} }

// from and to bound the time in which the operation took effect, however wrong
// its node's clock is within slack. Only an answered operation has a to.
func (o *Op) from() int64 {
	if o.began != 0 {
		return o.began
	}
	return o.Invoke - o.slack
}

func (o *Op) to() int64 { return o.Return + o.slack }

// Outcome is what is known of an operation's effect.
type Outcome string

// The outcomes.
const (
	Open     Outcome = "open"     // not answered yet, or its node died first
	Accepted Outcome = "accepted" // 2xx, or 404 for a read
	Refused  Outcome = "refused"  // it has not happened and never will
	Unknown  Outcome = "unknown"  // it may have happened, or may yet: 504, or its client left
)

// Outcome returns what is known of the operation.
func (o *Op) Outcome() Outcome {
	switch {
	case o.Status == 0:
		return Open
	case o.Status >= 200 && o.Status < 300, o.Status == 404 && o.Kind == cluster.OpRead:
		return Accepted
	case o.Status == clientGone, o.Status >= 500 && o.Status != 503:
		return Unknown
	}
	return Refused
}

// clientGone is the status of an operation whose client left before the answer.
const clientGone = 499

func (o *Op) write() bool { return o.Kind == cluster.OpWrite }

// byHand reports whether the operation sets a key without the protocol.
func (o *Op) byHand() bool {
	switch o.Kind {
	case cluster.OpPropose, cluster.OpCommit, cluster.OpRollback, cluster.OpPlant:
		return true
	}
	return false
}

// Word is the judgement of one read's answer: a word, and the writes that the
// read missed.
type Word struct {
	Word   string       `json:"word"`
	Missed int          `json:"missed,omitempty"` // how many writes were acknowledged after the one it returned and before it began
	Newest cluster.OpID `json:"newest,omitempty"` // the last of those writes
	Cause  *Cause       `json:"cause,omitempty"`  // the message that would have brought the newest write to the read
}

// Cause is a message that did not arrive in time for a read to see a write: one
// of the write's own, the read's question to a node that knew, or such a node's
// answer.
type Cause struct {
	Msg  string         `json:"msg"`
	Op   cluster.OpID   `json:"op"`
	From cluster.NodeID `json:"from"`
	To   cluster.NodeID `json:"to"`
	Type string         `json:"type"`
	Why  string         `json:"why,omitempty"` // as in its lost event; "" while it is under way
	// Answer: the message is an answer to a question of another node.
	Answer bool `json:"answer,omitempty"`
}

// The words for a read.
const (
	WordLatest      = "latest"
	WordStale       = "stale"
	WordConflicting = "conflicting"
	WordLost        = "lost write" // stale, and no node holds the write that it missed
)

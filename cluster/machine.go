package cluster

import "time"

// OpTimeout is how long a client's operation may take, in virtual time.
const OpTimeout = 2 * time.Second

// MinTimer is the shortest timer that a protocol may set, in virtual time. With a shorter
// one, a change of the pace could look like a peer that does not answer. Timer.Quiet is
// the only exception.
const MinTimer = 300 * time.Millisecond

// Machine is one node's side of a protocol. Its outputs depend only on its earlier
// inputs. Step runs one at a time. It never blocks, and it never panics, even if a peer
// or a client sends nonsense. It is deterministic: the same inputs in the same order give
// the same outputs. So no iteration over a map may decide the content of an Output.
type Machine interface {
	Step(Input) Output
	// Snapshot returns the present state. It changes nothing.
	Snapshot() Snapshot
}

// LossHandler is a Machine that gets an InputLost for each of its messages that its node
// knows to be lost. Other machines get none.
type LossHandler interface {
	Machine
	HandlesLoss()
}

// Config holds what a machine is made with.
type Config struct {
	ID    NodeID
	Nodes []NodeID // all nodes of the cluster, this one included, ascending
	// Database names this node's database. The name changes when the database is emptied,
	// because the promises that depend on it are gone then.
	Database string
	Quorum   Quorum // the sizes at the start, if the mode has sizes; the zero value means the default
	// Tight makes the limits of a machine, if it has any, so small that a short run reaches
	// them. Only tests and simulations set it.
	Tight bool
	// Bug plants a known mistake by its name. Each protocol lists its own. Only tests set
	// it.
	Bug string
}

// Quorum holds the sizes of sloppy quorums: each key has N homes, a read needs R answers,
// and a write needs W answers.
type Quorum struct {
	N int `json:"n"`
	R int `json:"r"`
	W int `json:"w"`
}

// DefaultQuorum is N=3, R=2, W=2: R+W > N.
func DefaultQuorum() Quorum { return Quorum{N: 3, R: 2, W: 2} }

// InputKind is the kind of an Input.
type InputKind int

// The inputs.
const (
	InputStart   InputKind = iota + 1 // the first input, once: Records has the records from the disk
	InputRequest                      // a client sends a request
	InputMessage                      // a message arrives
	InputTimer                        // a timer fires, because it is due or by hand
	InputQuorum                       // new sizes for operations that start later
	// InputLost informs a LossHandler that its own node knows that a Message of this
	// machine is lost: the link was cut, the receiver refused it, or a queue was full. If
	// only the receiver knows of the loss, there is no such input.
	InputLost
)

// Input is one input of a machine. Beside the times, exactly the field of its Kind is
// set.
type Input struct {
	Kind InputKind
	Now  Time  // virtual time; never less than in the Input before
	Wall int64 // microseconds since the epoch, of a clock that may be wrong and may jump
	// Two hints that save time. Unwatched: the Notes of this step are not shown, so the
	// machine may leave them out. Summed: the messages of this step are only counted in
	// sums, so the machine may leave out their labels and its Progressed notes.
	Unwatched, Summed bool

	Records []Record
	Request Request
	Message Message
	Timer   Timer
	Quorum  Quorum
}

// Output has all effects of one Step. The driver carries them out in the order of the
// fields.
type Output struct {
	// Ahead are messages to other nodes that do not depend on the Records below. They
	// only wait for the records of earlier Outputs.
	Ahead    []Message
	Records  []Record  // to make durable before any of the fields below leaves
	Notes    []Body    // for progress, key, role and screen events, which the driver makes
	Messages []Message // to other nodes
	Timers   []Timer   // timers to set
	Replies  []Reply   // to clients
	// Stale says that the timer of this Input has no effect any more.
	Stale bool
}

// Record is one entry on a node's disk. It sets the value of Key, or removes Key if Val
// is nil. The protocol chooses the keys, and groups them by prefix.
type Record struct {
	Key string `json:"k"`
	Val []byte `json:"v"`
}

// Timer is a message of a machine to itself, at a time. A timer is never cancelled. When
// a machine gets one, it checks by Name and Op whether the timer still has an effect.
type Timer struct {
	Name string `json:"name"` // a word of the protocol, such as "votes"
	Op   OpID   `json:"op,omitempty"`
	Due  Time   `json:"due"`
	// Quiet marks the regular ticks of an engine. A quiet timer has no event, cannot be
	// fired by hand, and may be due in less than MinTimer. When a machine gets one, it
	// sets the next.
	Quiet bool `json:"quiet,omitempty"`
	// Flow is set by the driver, as in a Message: the node is busy, and this timer has no
	// event.
	Flow bool `json:"flow,omitempty"`
}

// ID names the timer at its node, for events and for firing it by hand: "votes:91be…", or
// only the name if the timer belongs to no operation.
func (t Timer) ID() string {
	if t.Op == "" {
		return t.Name
	}
	return t.Name + ":" + string(t.Op)
}

// RequestKind is the kind of a client's request.
type RequestKind string

// The requests. All modes have the first two.
const (
	OpRead     RequestKind = "read"
	OpWrite    RequestKind = "write"
	OpPropose  RequestKind = "propose"    // prepares a transaction by hand, at this node alone
	OpCommit   RequestKind = "commit"     // commits a transaction that was proposed by hand
	OpRollback RequestKind = "rollback"   // rolls back a transaction that was proposed by hand
	OpPlant    RequestKind = "plant"      // plants a value at this node alone
	OpHolds    RequestKind = "local-read" // reads what this node alone holds
)

// Request is one operation that a client asks of the node that it called.
type Request struct {
	Op       OpID // names the operation, and its Reply
	Kind     RequestKind
	Key      string
	Val      string
	Tx       OpID   // propose, commit, rollback: the id of the transaction
	TS       int64  // plant: the timestamp of the value, microseconds since the epoch
	IfMatch  string // of a write, if the mode allows it: the version that the write supersedes, as a reply named it; "": the version that the coordinator holds
	Deadline Time   // when the caller gives up
}

// Reply answers one Request. Err is nil, or it wraps one of the sentinels of this
// package. Its text is for the client.
type Reply struct {
	Op       OpID
	Err      error
	Key      string
	Val      string
	Version  string
	Siblings []Sibling // if writes can conflict: the concurrent versions beside Val, newest first
}

// Sibling is one of several concurrent versions of a key.
type Sibling struct {
	Val     string `json:"val"`
	Version string `json:"version"`
}

// Snapshot is what one node holds: the answer of its dump, and a part of /admin/state.
type Snapshot struct {
	Role      string         `json:"role,omitempty"`
	Term      uint64         `json:"term,omitempty"`
	Keys      []KeyState     `json:"keys"` // ascending by key
	Undecided []Undecided    `json:"undecided,omitempty"`
	Hints     []Hint         `json:"hints,omitempty"`
	Badges    map[string]int `json:"badges,omitempty"`
	Quorum    *Quorum        `json:"quorum,omitempty"`
	Log       *ReplicatedLog `json:"log,omitempty"` // if the mode has one
}

// NodeState is a node's view of itself: the answer of /admin/state.
type NodeState struct {
	ID          NodeID `json:"id"`
	Mode        Mode   `json:"mode"`
	Epoch       int    `json:"epoch"`
	Incarnation string `json:"incarnation"`
	Database    string `json:"database"`
	Pace        Pace   `json:"pace"`
	Now         Time   `json:"now"`    // virtual time
	Linked      bool   `json:"linked"` // a playground hears it
	Process     Vitals `json:"process"`
	Snapshot
}

// KeyState is one key as one node holds it.
type KeyState struct {
	Key      string    `json:"key"`
	Val      string    `json:"val"`
	Version  string    `json:"version,omitempty"` // "" if the key has no value yet
	LockedBy OpID      `json:"locked_by,omitempty"`
	Siblings []Sibling `json:"siblings,omitempty"`
	Homes    []NodeID  `json:"homes,omitempty"`
	ByHand   bool      `json:"by_hand,omitempty"` // set by a user, not by the protocol
}

// Undecided is a transaction for which this node has voted and whose end it does not
// know.
type Undecided struct {
	Tx          OpID   `json:"tx"`
	Key         string `json:"key"`
	Val         string `json:"val"`
	Coordinator NodeID `json:"coordinator,omitempty"` // 0: proposed by hand
	InDoubt     bool   `json:"in_doubt,omitempty"`    // it asked, and no node knew how it ended
}

// Hint is a version kept for a home that did not answer.
type Hint struct {
	Key     string `json:"key"`
	For     NodeID `json:"for"`
	Val     string `json:"val"`
	Version string `json:"version"`
}

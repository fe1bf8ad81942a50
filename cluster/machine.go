package cluster

import "time"

// OpTimeout is how long a client's operation may take, in virtual time.
const OpTimeout = 2 * time.Second

// MinTimer is the shortest timer that a protocol may set, in virtual time: a
// step of the pace must never be mistaken for a silent peer. Timer.Quiet is the
// one exception.
const MinTimer = 300 * time.Millisecond

// Machine is one node's side of a protocol: a pure function of its inputs with
// a memory. Step runs one at a time, never blocks, never panics, whatever a
// peer or client sent, and is deterministic: the same inputs in the same order
// give the same outputs (so no iteration over a map reaches an Output).
type Machine interface {
	Step(Input) Output
	// Snapshot is what the node holds now; it changes nothing.
	Snapshot() Snapshot
}

// LossHandler is a Machine that wants an InputLost for each of its messages that
// its node knows to be lost. Other machines get none.
type LossHandler interface {
	Machine
	HandlesLoss()
}

// Config is what a machine knows from birth.
type Config struct {
	ID    NodeID
	Nodes []NodeID // the whole cluster, ID included, ascending
	// Database names this node's database: it changes when the database is
	// emptied, and with it everything that was promised in its name.
	Database string
	Quorum   Quorum // the sizes at birth, where the mode has them; the zero value means the default
	// Bug plants a known mistake, by name; each protocol lists its own. Only
	// tests set it.
	Bug string
}

// Quorum holds the sizes of sloppy quorums: N homes to a key, R answers to a read, W to a write.
type Quorum struct {
	N int `json:"n"`
	R int `json:"r"`
	W int `json:"w"`
}

// DefaultQuorum is N=3, R=2, W=2: R+W > N.
func DefaultQuorum() Quorum { return Quorum{N: 3, R: 2, W: 2} }

// InputKind tells the inputs apart.
type InputKind int

// The inputs.
const (
	InputStart   InputKind = iota + 1 // first, once: Records holds what the disk kept
	InputRequest                      // a client asks
	InputMessage                      // a message is taken in
	InputTimer                        // a timer fires, due or by hand
	InputQuorum                       // the sizes change, for operations that start later
	// InputLost tells a LossHandler that its own node knows that Message, which
	// this machine sent, is lost: the link was cut, the receiver refused it, or a
	// queue was full. A loss that only the receiver's side knows is not told.
	InputLost
)

// Input is one thing that happens to a machine. Exactly the field of its Kind
// is set, beside the times.
type Input struct {
	Kind InputKind
	Now  Time  // virtual; never less than in the Input before
	Wall int64 // microseconds since the epoch, of a clock that may be wrong and may jump
	// Two hints that save time. Unwatched: nothing shows the Notes of this step, so the
	// machine may leave them out. Summed: only sums tell of its messages, so the machine
	// may leave out their labels and its Progressed notes.
	Unwatched, Summed bool

	Records []Record
	Request Request
	Message Message
	Timer   Timer
	Quorum  Quorum
}

// Output is all that one Step wants done. The driver carries it out in the
// order of the fields.
type Output struct {
	// Ahead are messages to other nodes that promise nothing of the Records
	// below, and need not wait for them, only for those of earlier Outputs.
	Ahead    []Message
	Records  []Record  // to make durable before anything below
	Notes    []Body    // of progress, key, role and screen events; the driver makes the events
	Messages []Message // to other nodes
	Timers   []Timer   // to set
	Replies  []Reply   // to clients
	// Stale says that the timer of this Input had nothing left to do.
	Stale bool
}

// Record is one entry of a node's disk: an upsert of Key, or its removal when
// Val is nil. Keys are the protocol's own, grouped by prefix.
type Record struct {
	Key string `json:"k"`
	Val []byte `json:"v"`
}

// Timer is a message to oneself at a time. None is ever cancelled: a machine
// that gets one back checks by Name and Op whether it still means anything.
type Timer struct {
	Name string `json:"name"` // the protocol's own word, as in "votes"
	Op   OpID   `json:"op,omitempty"`
	Due  Time   `json:"due"`
	// Quiet is for the regular ticks of an engine. No event tells of a
	// quiet timer, it cannot be fired by hand, and it may be due in less than
	// MinTimer. A machine sets the next tick when it gets one.
	Quiet bool `json:"quiet,omitempty"`
	// Flow is the driver's, as in a Message: the node is busy and no event tells of
	// this timer.
	Flow bool `json:"flow,omitempty"`
}

// ID names the timer at its node, for events and for firing it by hand:
// "votes:91be…", or just the name where it belongs to no operation.
func (t Timer) ID() string {
	if t.Op == "" {
		return t.Name
	}
	return t.Name + ":" + string(t.Op)
}

// RequestKind is what a client asks for.
type RequestKind string

// The requests. All modes have the first two.
const (
	OpRead     RequestKind = "read"
	OpWrite    RequestKind = "write"
	OpPropose  RequestKind = "propose"    // prepare by hand, on this node alone
	OpCommit   RequestKind = "commit"     // end what was proposed by hand
	OpRollback RequestKind = "rollback"   // end what was proposed by hand
	OpPlant    RequestKind = "plant"      // the trick: a value on this node alone
	OpHolds    RequestKind = "local-read" // what this node alone holds
)

// Request is one client operation at the node that the client called.
type Request struct {
	Op       OpID // names the operation and its Reply
	Kind     RequestKind
	Key      string
	Val      string
	Tx       OpID   // propose, commit, rollback: the transaction's id
	TS       int64  // plant: its timestamp, microseconds since the epoch
	IfMatch  string // of a write, where the mode allows it: the version that it supersedes, as a reply named it; "" for what the coordinator holds
	Deadline Time   // when the caller gives up
}

// Reply answers one Request. Err is nil or wraps one of the sentinels of this
// package; its text is for the client.
type Reply struct {
	Op       OpID
	Err      error
	Key      string
	Val      string
	Version  string
	Siblings []Sibling // where writes can conflict: the concurrent versions beside Val, newest first
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
	Log       *ReplicatedLog `json:"log,omitempty"` // where the mode keeps one
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
	Version  string    `json:"version,omitempty"` // "" where the key has no value yet
	LockedBy OpID      `json:"locked_by,omitempty"`
	Siblings []Sibling `json:"siblings,omitempty"`
	Homes    []NodeID  `json:"homes,omitempty"`
	ByHand   bool      `json:"by_hand,omitempty"` // set past the protocol, by a person
}

// Undecided is a transaction that this node has voted for and not seen ended.
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

package cluster

import (
	"encoding/json"
	"hash/fnv"
	"strconv"
)

// The bodies of the events, one struct for each kind. A new field is added
// here and nowhere else: scripts/generate writes the code that encodes and
// decodes it (bodies_json.go) and the page's type (static/js/model/wire.d.ts).
// The order of the fields is the order on the wire. The comment "event:word"
// says of which kind a struct is the body.

// Transit describes a message in an event. It has all that the page needs to draw the
// message, but not the body.
type Transit struct {
	Msg      string `json:"msg,omitempty"` // unique across restarts
	From     NodeID `json:"from,omitempty"`
	To       NodeID `json:"to,omitempty"`
	Type     string `json:"type,omitempty"` // the protocol's own word
	Class    Class  `json:"class,omitempty"`
	Sense    Sense  `json:"sense,omitempty"`
	Op       OpID   `json:"op,omitempty"`
	Label    string `json:"label,omitempty"` // a text for people
	Due      Time   `json:"due,omitempty"`   // when its receiver may take it in; 0: at once
	Deadline Time   `json:"deadline,omitempty"`
	DupOf    string `json:"dup_of,omitempty"` // the id of the message of which this one is a copy
	Via      Via    `json:"via,omitempty"`
	For      NodeID `json:"for,omitempty"`  // the node for which it is meant, if another node gets it first
	Held     bool   `json:"held,omitempty"` // it is not delivered when it is due, but by hand
}

// TransitOf returns the description of m.
func TransitOf(m Message) Transit {
	return Transit{
		Msg: m.ID, From: m.From, To: m.To, Type: m.Type, Class: m.Class, Sense: m.Sense,
		Op: m.Op, Label: m.Label, Due: m.Due, Deadline: m.Deadline, DupOf: m.DupOf,
		Via: m.Via, For: m.For, Held: m.Held,
	}
}

// Sent: a message left its sender.
//
//event:sent
type Sent struct {
	Transit
}

// Delivered: a message was taken in by its receiver.
//
//event:delivered
type Delivered struct {
	Transit
	Late string `json:"late,omitempty"` // why its way took so long
}

// Lost: a message will never be taken in.
//
//event:lost
type Lost struct {
	Transit
	Why string `json:"why,omitempty"`
}

// Value is a value in an event. It is cut at MaxEventVal characters.
type Value struct {
	Val  string `json:"val,omitempty"`
	Hash string `json:"val_hash,omitempty"` // of the whole value: values with equal hashes are equal
}

// MaxEventVal is the number of characters at which a value in an event is cut.
const MaxEventVal = 200

// ValueOf returns v as events contain it.
func ValueOf(v string) Value {
	h := fnv.New64a()
	_, _ = h.Write([]byte(v))
	return Value{Val: Cut(v, MaxEventVal), Hash: strconv.FormatUint(h.Sum64(), 16)}
}

// LoadClient is the client of the operations that a load makes.
const LoadClient = "load"

// ClientCall describes an operation of a client.
type ClientCall struct {
	Op       OpID        `json:"op,omitempty"`
	Deadline Time        `json:"deadline,omitempty"`
	Client   string      `json:"client,omitempty"` // "curl", "page", "load"
	OpKind   RequestKind `json:"op_kind,omitempty"`
	Tx       OpID        `json:"tx,omitempty"` // of an operation by hand: the id that the user gave to the transaction
	Key      string      `json:"key,omitempty"`
	Value                // the value that is written; in the return of a read, the value that was read
}

// Invoked: a client's operation began at this node.
//
//event:invoke
type Invoked struct {
	ClientCall
}

// Returned: a client's operation ended.
//
//event:return
type Returned struct {
	ClientCall
	Status   Status    `json:"status,omitempty"` // of HTTP
	Version  string    `json:"version,omitempty"`
	Siblings []Sibling `json:"siblings,omitempty"` // the concurrent versions beside the value, newest first
	Text     string    `json:"text,omitempty"`     // the reason, if the client got no answer that names it
}

// Progressed: how the quorum of one phase of an operation stands.
//
//event:progress
type Progressed struct {
	Op      OpID        `json:"op,omitempty"`
	OpKind  RequestKind `json:"op_kind,omitempty"`
	Key     string      `json:"key,omitempty"`
	Phase   string      `json:"phase,omitempty"`
	Need    int         `json:"need,omitempty"`
	Yes     []NodeID    `json:"yes,omitempty"`
	No      []NodeID    `json:"no,omitempty"`
	Waiting []NodeID    `json:"waiting,omitempty"`
	Hinted  []NodeID    `json:"hinted,omitempty"`
	Homes   []NodeID    `json:"homes,omitempty"`
	Timer   string      `json:"timer,omitempty"` // Timer.ID of the timer that this phase waits for
	Version string      `json:"version,omitempty"`
	Term    uint64      `json:"term,omitempty"` // of a ballot
}

// KeyChanged: what this node now holds of a key.
//
//event:key
type KeyChanged struct {
	Key string `json:"key,omitempty"`
	Value
	Homes    []NodeID  `json:"homes,omitempty"`
	Version  string    `json:"version,omitempty"`
	LockedBy OpID      `json:"locked_by,omitempty"`
	Siblings []Sibling `json:"siblings,omitempty"`
	HintFor  NodeID    `json:"hint_for,omitempty"` // the value is a hint for that home
	ByHand   bool      `json:"by_hand,omitempty"`  // set by a user, not by the protocol
	Gone     bool      `json:"gone,omitempty"`     // the node handed the hint over and no longer has this key
}

// RoleChanged: what this node is in its protocol.
//
//event:role
type RoleChanged struct {
	Role   string         `json:"role,omitempty"`
	Term   uint64         `json:"term,omitempty"`
	Badges map[string]int `json:"badges,omitempty"` // "hints", "undecided", "in doubt"
}

// LogChanged: what this node shows of its replicated log.
//
//event:log
type LogChanged struct {
	Log *ReplicatedLog `json:"log,omitempty"`
}

// TimerChanged: a timer was set, fired, or found stale.
//
//event:timer
type TimerChanged struct {
	Op    OpID   `json:"op,omitempty"`
	Due   Time   `json:"due,omitempty"`
	Timer string `json:"timer,omitempty"` // Timer.ID
	Name  string `json:"name,omitempty"`  // Timer.Name
	State string `json:"state,omitempty"`
}

// StatusChanged: how a node is, as the playground sees it.
//
//event:status
type StatusChanged struct {
	Status      Status `json:"status,omitempty"`
	PID         int    `json:"pid,omitempty"`
	Incarnation string `json:"incarnation,omitempty"`
	Silent      bool   `json:"silent,omitempty"`
	Freeze      string `json:"freeze,omitempty"` // "signal", "self" or "simulated"
	Was         Status `json:"was,omitempty"`    // the status before it, added by the playground
	WasSilent   bool   `json:"was_silent,omitempty"`
}

// ScreenLine: the node wrote a line on its screen.
//
//event:screen
type ScreenLine struct {
	Text string `json:"text,omitempty"`
}

// Gap: this node lost events before they reached the playground.
//
//event:gap
type Gap struct {
	N uint64 `json:"n,omitempty"`
}

// Flow sums the messages of one link and class. The sums are cumulative, since
// the process began (as nodes send them) or in this epoch (as viewers get them).
//
//event:flow
type Flow struct {
	From      NodeID `json:"from,omitempty"`
	To        NodeID `json:"to,omitempty"`
	Class     Class  `json:"class,omitempty"`
	Sent      uint64 `json:"sent,omitempty"`
	Delivered uint64 `json:"delivered,omitempty"`
	Lost      uint64 `json:"lost,omitempty"`
	SeqFrom   uint64 `json:"seq_from,omitempty"` // the seq that it covers, both ends included
	SeqTo     uint64 `json:"seq_to,omitempty"`
	Epoch     int    `json:"epoch,omitempty"`
}

// LinkChanged: one direction of a link has new settings.
//
//event:link
type LinkChanged struct {
	From NodeID `json:"from,omitempty"`
	To   NodeID `json:"to,omitempty"`
	Link *Link  `json:"link,omitempty"`
}

// PaceChanged: virtual time has a new pace.
//
//event:pace
type PaceChanged struct {
	Pace *Pace `json:"pace,omitempty"`
}

// QuorumChanged: the sizes N, R and W of a mode that has them.
//
//event:quorum
type QuorumChanged struct {
	Quorum *Quorum `json:"quorum,omitempty"`
}

// RulesChanged: all rules that are left.
//
//event:rule
type RulesChanged struct {
	Rules []Rule `json:"rules,omitempty"`
}

// PointChanged: a node stands at the Point of a Rule, or what the rule says could not
// be done there.
//
//event:point
type PointChanged struct {
	Op    OpID   `json:"op,omitempty"`  // of the message
	Msg   string `json:"msg,omitempty"` // the message that the node took in
	Rule  string `json:"rule,omitempty"`
	When  *Point `json:"when,omitempty"`
	Then  string `json:"then,omitempty"`
	State string `json:"state,omitempty"` // PointReached, PointPassed or PointFailed
	Text  string `json:"text,omitempty"`  // why it failed
}

// ModeChanged: all nodes start again in a mode, with empty databases.
//
//event:mode
type ModeChanged struct {
	Mode  Mode `json:"mode,omitempty"`
	Epoch int  `json:"epoch,omitempty"` // counts the changes of mode since the playground started
}

// Reset: every database was emptied and the history forgotten.
//
//event:reset
type Reset struct {
	Epoch int `json:"epoch,omitempty"`
}

// Judged is what GET /api/verdict says, in short; at most once a second.
//
//event:verdict
type Judged struct {
	Report json.RawMessage `json:"report,omitempty"`
}

// Compared is how far a comparison is, as GET /api/compare says it.
//
//event:compare
type Compared struct {
	Report json.RawMessage `json:"report,omitempty"`
}

// TalkChanged is what each event about the talk says: the whole talk as it then
// stands, as scenario.Talk. The newest one is all that a viewer needs.
type TalkChanged struct {
	Report json.RawMessage `json:"report,omitempty"`
}

// TalkReport is the whole talk, in JSON.
func (t *TalkChanged) TalkReport() json.RawMessage { return t.Report }

// ScenarioChanged: another scenario, step or phase, or an answer came.
//
//event:scenario
type ScenarioChanged struct{ TalkChanged }

// Asked: a question opened.
//
//event:ask
type Asked struct{ TalkChanged }

// Voted: how many have voted.
//
//event:vote
type Voted struct{ TalkChanged }

// Revealed: the votes are shown.
//
//event:reveal
type Revealed struct{ TalkChanged }

// Blackened: the screens of the room are black, or are again not.
//
//event:black
type Blackened struct{ TalkChanged }

// Other is the body of an event of a kind that this version does not know. Its
// fields are dropped.
type Other struct {
	Word EventKind `json:"-"`
}

// Kind is the word that the event had.
func (o *Other) Kind() EventKind { return o.Word }

// Operation implements Body.
func (*Other) Operation() OpID { return "" }

// Message implements Body.
func (*Other) Message() *Transit { return nil }

func (*Other) appendFields(b []byte) []byte { return b }

// readField knows no field, so encoding/json reads the event, and drops them.
func (*Other) readFields(*LineReader) {}

package cluster

import (
	"encoding/json"
	"fmt"
	"hash/fnv"
	"strconv"
	"unicode/utf8"
)

// EventKind tells the events apart.
type EventKind string

// The events, as DESIGN section 5 has them.
const (
	KindHello     EventKind = "hello"
	KindSent      EventKind = "sent"
	KindDelivered EventKind = "delivered"
	KindLost      EventKind = "lost"
	KindInvoke    EventKind = "invoke"
	KindReturn    EventKind = "return"
	KindProgress  EventKind = "progress"
	KindKey       EventKind = "key"
	KindRole      EventKind = "role"
	KindTimer     EventKind = "timer"
	KindStatus    EventKind = "status"
	KindLink      EventKind = "link"
	KindPace      EventKind = "pace"
	KindMode      EventKind = "mode"
	KindQuorum    EventKind = "quorum"
	KindRule      EventKind = "rule"
	KindScreen    EventKind = "screen"
	KindGap       EventKind = "gap"
	KindFlow      EventKind = "flow"
	KindReset     EventKind = "reset"
	KindVerdict   EventKind = "verdict" // what is measured, at most once a second
	KindCompare   EventKind = "compare" // how far a comparison is
)

// The reasons for which a message is lost.
const (
	WhyCut      = "cut"      // its link was cut, at departure or in flight
	WhyLoss     = "loss"     // by the link's loss setting
	WhyDropped  = "dropped"  // by hand or by a rule
	WhyRefused  = "refused"  // nobody listens there, or not to us
	WhyTimeout  = "timeout"  // the network took it and never gave it up
	WhyOverflow = "overflow" // a bounded queue was full
	WhyDown     = "down"     // its receiver died with it
)

// The reasons for which a delivery was late.
const (
	LatePace   = "pace"
	LateLink   = "link"
	LateFrozen = "frozen"
	LateQueue  = "queue"
)

// The states of a node, as the playground sees it.
const (
	StatusStarting = "starting"
	StatusUp       = "up"
	StatusFrozen   = "frozen"
	StatusKilled   = "killed"
)

// The states of a timer.
const (
	TimerSet   = "set"
	TimerFired = "fired"
	TimerStale = "stale"
)

// Event is one thing that happened, as it travels from a node to the
// playground, to the stage and into a recording. Which fields are set depends
// on Kind; DESIGN section 5 has the table.
type Event struct {
	Seq  uint64    `json:"seq,omitempty"` // the playground's total order, without gaps
	Kind EventKind `json:"kind"`
	Node NodeID    `json:"node"`        // 0 is the playground
	T    int64     `json:"t"`           // microseconds since the epoch, at its origin
	LC   uint64    `json:"lc"`          // Lamport clock of its node
	V    Time      `json:"v,omitempty"` // virtual time at its origin

	// sent, delivered, lost (flow has From, To, Class)
	Msg      string `json:"msg,omitempty"`
	From     NodeID `json:"from,omitempty"`
	To       NodeID `json:"to,omitempty"`
	Type     string `json:"type,omitempty"`
	Class    Class  `json:"class,omitempty"`
	Sense    Sense  `json:"sense,omitempty"`
	Op       OpID   `json:"op,omitempty"` // also of invoke, return, progress, timer
	Label    string `json:"label,omitempty"`
	Due      Time   `json:"due,omitempty"` // also of timer
	Deadline Time   `json:"deadline,omitempty"`
	DupOf    string `json:"dup_of,omitempty"`
	Via      Via    `json:"via,omitempty"`
	For      NodeID `json:"for,omitempty"`
	Held     bool   `json:"held,omitempty"`
	Late     string `json:"late,omitempty"`
	Why      string `json:"why,omitempty"`

	// invoke, return
	Client string      `json:"client,omitempty"` // "curl", "page", "load"
	OpKind RequestKind `json:"op_kind,omitempty"`
	Key    string      `json:"key,omitempty"`
	Val    string      `json:"val,omitempty"`      // cut at MaxEventVal characters
	Hash   string      `json:"val_hash,omitempty"` // of the whole value; equal hashes, equal values
	Status Status      `json:"status,omitempty"`   // return: an HTTP status; status: one of the words

	// progress
	Phase   string   `json:"phase,omitempty"`
	Need    int      `json:"need,omitempty"`
	Yes     []NodeID `json:"yes,omitempty"`
	No      []NodeID `json:"no,omitempty"`
	Waiting []NodeID `json:"waiting,omitempty"`
	Hinted  []NodeID `json:"hinted,omitempty"`
	Homes   []NodeID `json:"homes,omitempty"` // also of key
	Timer   string   `json:"timer,omitempty"` // Timer.ID of what this phase waits for

	// key (Key, Val and Hash as above)
	Version  string    `json:"version,omitempty"`
	LockedBy OpID      `json:"locked_by,omitempty"`
	Siblings []Sibling `json:"siblings,omitempty"`
	HintFor  NodeID    `json:"hint_for,omitempty"` // Val is a hint held for that home
	ByHand   bool      `json:"by_hand,omitempty"`
	Gone     bool      `json:"gone,omitempty"` // the hint was handed over, the key is no more

	// role
	Role   string         `json:"role,omitempty"`
	Term   uint64         `json:"term,omitempty"`
	Badges map[string]int `json:"badges,omitempty"` // "hints", "undecided", "in doubt"

	// timer
	Name  string `json:"name,omitempty"` // Timer.Name
	State string `json:"state,omitempty"`

	// status
	PID         int    `json:"pid,omitempty"`
	Incarnation string `json:"incarnation,omitempty"`
	Silent      bool   `json:"silent,omitempty"`
	Freeze      string `json:"freeze,omitempty"` // "signal" or "self"

	// screen, gap, flow
	Text     string `json:"text,omitempty"`
	N        uint64 `json:"n,omitempty"`
	SentN    uint64 `json:"sent,omitempty"`      // flow: cumulative in this epoch
	DeliverN uint64 `json:"delivered,omitempty"` // flow
	LostN    uint64 `json:"lost,omitempty"`      // flow
	SeqFrom  uint64 `json:"seq_from,omitempty"`  // flow: the seq that it covers, both ends included
	SeqTo    uint64 `json:"seq_to,omitempty"`

	// link, pace, quorum, mode, rule: what holds from now on
	Link   *Link   `json:"link,omitempty"`
	Pace   *Pace   `json:"pace,omitempty"`
	Quorum *Quorum `json:"quorum,omitempty"`
	Rules  []Rule  `json:"rules,omitempty"`
	Mode   Mode    `json:"mode,omitempty"`
	Epoch  int     `json:"epoch,omitempty"` // mode: counts the modes since the playground began

	// verdict, compare: as GET /api/verdict and /api/compare have it, in short
	Report json.RawMessage `json:"report,omitempty"`
}

// MaxEventVal is how many characters of a value travel in an event.
const MaxEventVal = 200

// SetVal puts a value into the event: cut at MaxEventVal characters, with the
// hash of the whole beside it.
func (e *Event) SetVal(v string) {
	h := fnv.New64a()
	_, _ = h.Write([]byte(v))
	e.Hash = strconv.FormatUint(h.Sum64(), 16)
	e.Val = Cut(v, MaxEventVal)
}

// Cut returns the first n characters of s.
func Cut(s string, n int) string {
	if len(s) <= n || utf8.RuneCountInString(s) <= n {
		return s
	}
	for i := range s {
		if n == 0 {
			return s[:i]
		}
		n--
	}
	return s
}

// Transit is the event of the given kind about a message: all that the stage
// needs to draw it, without its body.
func Transit(kind EventKind, m Message) Event {
	return Event{
		Kind: kind, Msg: m.ID, From: m.From, To: m.To, Type: m.Type, Class: m.Class,
		Sense: m.Sense, Op: m.Op, Label: m.Label, Due: m.Due, Deadline: m.Deadline,
		DupOf: m.DupOf, Via: m.Via, For: m.For, Held: m.Held,
	}
}

// Status is an HTTP status ("201", a number in JSON) or a node's state ("up",
// a string in JSON): the two share a field name on the wire.
type Status string

// HTTPStatus returns code as a Status.
func HTTPStatus(code int) Status { return Status(strconv.Itoa(code)) }

// Code returns the HTTP status, or 0 for a word. "01" is a word: as a number it
// would be no JSON.
func (s Status) Code() int {
	n, err := strconv.Atoi(string(s))
	if err != nil || strconv.Itoa(n) != string(s) {
		return 0
	}
	return n
}

// MarshalJSON writes a number for an HTTP status, a string for a word.
func (s Status) MarshalJSON() ([]byte, error) {
	if s.Code() != 0 {
		return []byte(s), nil
	}
	return json.Marshal(string(s))
}

// UnmarshalJSON reads either form.
func (s *Status) UnmarshalJSON(b []byte) error {
	var text string
	if err := json.Unmarshal(b, &text); err == nil {
		*s = Status(text)
		return nil
	}
	var n int
	if err := json.Unmarshal(b, &n); err != nil {
		return fmt.Errorf("status %s: want a number or a word", b)
	}
	*s = HTTPStatus(n)
	return nil
}

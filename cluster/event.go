package cluster

import (
	"encoding/json"
	"fmt"
	"strconv"
	"unicode/utf8"
)

// EventKind is the kind of an Event.
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
	KindLog       EventKind = "log"
	KindTimer     EventKind = "timer"
	KindStatus    EventKind = "status"
	KindLink      EventKind = "link"
	KindPace      EventKind = "pace"
	KindMode      EventKind = "mode"
	KindQuorum    EventKind = "quorum"
	KindRule      EventKind = "rule"
	KindPoint     EventKind = "point" // a node stands at the point of a rule
	KindScreen    EventKind = "screen"
	KindGap       EventKind = "gap"
	KindFlow      EventKind = "flow"
	KindReset     EventKind = "reset"
	KindVerdict   EventKind = "verdict" // what is measured, at most once a second
	KindCompare   EventKind = "compare" // how far a comparison is

	// The events about the talk. The report of each is the whole talk after the event, so
	// a viewer needs only the newest.
	KindScenario EventKind = "scenario" // another step, phase or answer
	KindAsk      EventKind = "ask"      // a question opened
	KindVote     EventKind = "vote"     // how many have voted
	KindReveal   EventKind = "reveal"   // the votes are shown
	KindBlack    EventKind = "black"    // the screens became black, or stopped being black
)

// The reasons for which a message is lost.
const (
	WhyCut      = "cut"      // its link was cut, at departure or in flight
	WhyLoss     = "loss"     // by the link's loss setting
	WhyDropped  = "dropped"  // by hand or by a rule
	WhyRefused  = "refused"  // its receiver does not listen, or refused the stream
	WhyTimeout  = "timeout"  // it was written to the network, and its receiver never got it
	WhyOverflow = "overflow" // a bounded queue was full
	WhyDown     = "down"     // its receiver died with it
	WhyGap      = "gap"      // its end is one of the events that a node lost
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

// What happened at the Point of a Rule.
const (
	PointReached = "reached" // the node stopped there
	PointPassed  = "passed"  // the playground did not answer, so the node continued
	PointFailed  = "failed"  // the action of the rule was not possible
)

// The states of a timer.
const (
	TimerSet   = "set"
	TimerFired = "fired"
	TimerStale = "stale"
)

// Event is one thing that happened. A node sends it to the playground, which sends it to
// the pages and writes it into recordings. The fields say where and when, the body says
// what. As JSON it is one flat object: the fields, "kind", and the fields of the body.
type Event struct {
	Seq  uint64 `json:"seq,omitempty"` // the playground's total order, without gaps
	Node NodeID `json:"node"`          // 0 is the playground
	T    int64  `json:"t"`             // microseconds since the epoch, at its origin
	LC   uint64 `json:"lc"`            // Lamport clock of its node
	V    Time   `json:"v,omitempty"`   // virtual time at its origin
	Body Body   `json:"-"`             // what happened; nil in an empty event
}

// Body is the content of one kind of event: a pointer to one of the structs of bodies.go.
// It does not change after its event is made, because events share it.
type Body interface {
	Kind() EventKind
	// Operation returns the id of the operation to which the event belongs, or "".
	Operation() OpID
	// Message returns the description of the message, or nil if the kind is not sent,
	// delivered or lost.
	Message() *Transit

	appendFields(b []byte) []byte // as JSON, with a comma before each
	readFields(r *LineReader)     // as appendFields writes them
}

// Kind returns the kind of the body, or "" for an event without a body.
func (e Event) Kind() EventKind {
	if e.Body == nil {
		return ""
	}
	return e.Body.Kind()
}

// Operation returns the operation of the body, or "" for an event without a body.
func (e Event) Operation() OpID {
	if e.Body == nil {
		return ""
	}
	return e.Body.Operation()
}

// Message returns the message of the body, or nil for an event without a body.
func (e Event) Message() *Transit {
	if e.Body == nil {
		return nil
	}
	return e.Body.Message()
}

// BodyOf returns the body of e if it is a B, and otherwise an empty B. It is for code
// that reads a field and works with any kind.
func BodyOf[B any](e Event) *B {
	if b, ok := any(e.Body).(*B); ok {
		return b
	}
	return new(B)
}

// MarshalJSON writes the event as AppendJSON does.
func (e Event) MarshalJSON() ([]byte, error) { return e.AppendJSON(nil), nil }

// UnmarshalJSON reads an event by reflection. Its fields may be in any order.
// Fields that its kind does not have are dropped.
func (e *Event) UnmarshalJSON(b []byte) error {
	type fields Event
	var head struct {
		fields
		Kind EventKind `json:"kind"`
	}
	if err := json.Unmarshal(b, &head); err != nil {
		return err
	}
	*e = Event(head.fields)
	if head.Kind == "" {
		return nil
	}
	e.Body = newBody(head.Kind)
	return json.Unmarshal(b, e.Body)
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

// Status is an HTTP status ("201", a number in JSON) or a node's state ("up",
// a string in JSON): the two share a field name on the wire.
type Status string

// HTTPStatus returns code as a Status.
func HTTPStatus(code int) Status { return Status(strconv.Itoa(code)) }

// Code returns the HTTP status, or 0 for a word. "01" is a word: JSON has no such number.
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

// UnmarshalJSON reads both forms.
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

package cluster

import (
	"encoding/json"
	"errors"
	"fmt"
	"time"
)

// Link is one direction of the link between two nodes, with its settings for the messages
// that leave from now on.
type Link struct {
	From     NodeID  `json:"from"`
	To       NodeID  `json:"to"`
	Cut      bool    `json:"cut"`
	DelayMS  float64 `json:"delay_ms"`  // virtual milliseconds
	JitterMS float64 `json:"jitter_ms"` // uniform, added to the delay; virtual milliseconds
	Loss     float64 `json:"loss"`      // 0 to 1
	// Gen counts the changes of this link. Messages carry it.
	Gen uint64 `json:"gen,omitempty"`
	// Floor is the Gen of the last cut. A message of an older generation was on the link
	// when the link was cut. Its receiver drops it, even if the receiver learns of the
	// cut, or of the heal after it, much later.
	Floor uint64 `json:"floor,omitempty"`
}

// Perfect reports whether the settings have no effect on messages.
func (l Link) Perfect() bool { return !l.Cut && l.DelayMS == 0 && l.JitterMS == 0 && l.Loss == 0 }

// Rule is one of two things. With Do it acts on messages: it holds or drops the next
// messages of a type on a link. The sender applies it; with From "*" each sender has its
// own count. With Then it acts at a point of the protocol: see Point.
type Rule struct {
	ID    string  `json:"id"`
	From  AnyNode `json:"from,omitempty"`
	To    AnyNode `json:"to,omitempty"`
	Type  string  `json:"type,omitempty"`  // "*": any type
	Do    string  `json:"do,omitempty"`    // RuleHold or RuleDrop
	Count int     `json:"count,omitempty"` // 0: until the rule is deleted
	// When and Then belong together. A rule that has them has nothing else but an ID.
	When Point  `json:"when,omitzero"`
	Then string `json:"then,omitempty"` // ThenKill, ThenFreeze or ThenIsolate
}

// What a Rule does with a message.
const (
	RuleHold = "hold"
	RuleDrop = "drop"
)

// Point is a point of the protocol: a node takes in the Count-th message of a type
// that belongs to one operation. Messages that belong to no operation count
// together. Messages count from when the node knows the rule.
//
// At the point the node stops. What its machine did with the message does not
// leave: no record, no message, no timer and no reply. The playground then does what
// the rule says, and ends the rule. A node that still lives goes on when the rule is
// over, or after PointPatience.
type Point struct {
	Type  string  `json:"type"`
	Count int     `json:"count"` // from 1
	Node  AnyNode `json:"node"`  // "*": the first node that gets there
}

// PointPatience is how long a node stands at a Point, in real time, if the playground
// does not answer.
const PointPatience = 5 * time.Second

// What a Rule does with the node that stands at its Point.
const (
	ThenKill    = "kill"
	ThenFreeze  = "freeze"
	ThenIsolate = "isolate"
)

// Matches reports whether a rule with Do applies to m.
func (r Rule) Matches(m Message) bool {
	return r.Do != "" && (r.From == 0 || NodeID(r.From) == m.From) && (r.To == 0 || NodeID(r.To) == m.To) && (r.Type == "*" || r.Type == m.Type)
}

// At reports whether that node can be at the point.
func (p Point) At(node NodeID) bool { return p.Node == 0 || NodeID(p.Node) == node }

// MarshalJSON writes the fields of this kind of rule, and "*" for any node.
func (r Rule) MarshalJSON() ([]byte, error) {
	if r.Then != "" {
		return json.Marshal(struct {
			ID   string `json:"id"`
			When Point  `json:"when"`
			Then string `json:"then"`
		}{r.ID, r.When, r.Then})
	}
	return json.Marshal(struct {
		ID    string  `json:"id"`
		From  AnyNode `json:"from"`
		To    AnyNode `json:"to"`
		Type  string  `json:"type"`
		Do    string  `json:"do"`
		Count int     `json:"count,omitempty"`
	}{r.ID, r.From, r.To, r.Type, r.Do, r.Count})
}

// AnyNode is a node; zero means any node and is "*" in JSON.
type AnyNode NodeID

// MarshalJSON writes "*" for any node.
func (n AnyNode) MarshalJSON() ([]byte, error) {
	if n == 0 {
		return []byte(`"*"`), nil
	}
	return json.Marshal(int(n))
}

// UnmarshalJSON reads "*" or a number.
func (n *AnyNode) UnmarshalJSON(b []byte) error {
	if string(b) == `"*"` {
		*n = 0
		return nil
	}
	var i int
	if err := json.Unmarshal(b, &i); err != nil || i < 1 || i > MaxNodes {
		return fmt.Errorf("%w: %s (want a number or \"*\")", ErrNoSuchNode, b)
	}
	*n = AnyNode(i)
	return nil
}

// The errors of faults, and of actions on messages, timers and rules. StatusOf has their
// statuses.
var (
	ErrNotNow        = errors.New("makes no sense now")
	ErrNoSuchMessage = errors.New("no such message") // it has arrived, was lost, or never existed
	ErrNoSuchTimer   = errors.New("no such timer")
	ErrNoSuchRule    = errors.New("no such rule")
	ErrBadFault      = errors.New("not a possible setting")
)

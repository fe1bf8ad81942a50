package cluster

import (
	"strings"
)

// Class says of what kind a message is, in any protocol: all that
// the stage needs to choose a look.
type Class string

// The classes.
const (
	ClassRequest    Class = "request"    // asks a node to do or tell something
	ClassYes        Class = "yes"        // a vote for, an acknowledgement, an answer
	ClassNo         Class = "no"         // a vote against, a refusal
	ClassDecide     Class = "decide"     // the outcome of a transaction; see Sense
	ClassRepair     Class = "repair"     // brings a replica up to date
	ClassBackground Class = "background" // heartbeats, anti-entropy: drawn faintly
)

// Sense tells the two kinds of ClassDecide apart.
type Sense string

// The senses.
const (
	SenseCommit Sense = "commit"
	SenseAbort  Sense = "abort"
)

// Via says that a message goes another way than straight; For then names the
// node that it is meant for, where there is one.
type Via string

// The ways.
const (
	ViaForward  Via = "forward"  // handed to the node that shall coordinate
	ViaHint     Via = "hint"     // kept by a fallback for the home in For
	ViaHandover Via = "handover" // a hint on its way home
)

// Message goes from one node to another. A machine fills in the first part;
// the loop and the link fill in the second, and no machine reads it. A machine
// never sends to itself.
type Message struct {
	From     NodeID `json:"from"`
	To       NodeID `json:"to"`
	Type     string `json:"type"` // the protocol's own word, as in "prepare"
	Class    Class  `json:"class"`
	Sense    Sense  `json:"sense,omitempty"`
	Op       OpID   `json:"op,omitempty"`
	Label    string `json:"label,omitempty"` // for people: "tx=7 city=London"
	Via      Via    `json:"via,omitempty"`
	For      NodeID `json:"for,omitempty"`
	Deadline Time   `json:"deadline,omitempty"` // when its operation's caller gives up; 0 for none
	Body     []byte `json:"body,omitempty"`     // the protocol's own struct, encoded

	ID    string `json:"id,omitempty"`     // unique across restarts: node, incarnation, count
	Sent  Time   `json:"sent,omitempty"`   // when it left
	Due   Time   `json:"due,omitempty"`    // not to be taken in before; 0 is at once
	Gen   uint64 `json:"gen,omitempty"`    // the link's generation when it left
	LC    uint64 `json:"lc,omitempty"`     // the sender's Lamport clock
	DupOf string `json:"dup_of,omitempty"` // the message that this doubles
	Held  bool   `json:"held,omitempty"`   // it is not delivered when it is due, but by hand
	Flow  bool   `json:"flow,omitempty"`   // its sender sums it: told in flow events only, at both ends
}

// String is the message as one line, as scripts, transcripts and screens show
// it: "n1->n3 prepare tx=7 city=London".
func (m Message) String() string {
	var b strings.Builder
	b.WriteString(m.From.String())
	b.WriteString("->")
	b.WriteString(m.To.String())
	b.WriteByte(' ')
	b.WriteString(m.Type)
	if m.Label != "" {
		b.WriteByte(' ')
		b.WriteString(m.Label)
	}
	return b.String()
}

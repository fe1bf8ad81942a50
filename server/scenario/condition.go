package scenario

import (
	"encoding/json"

	"capplayground/cluster"
)

// Condition is one thing that must hold. Beside Lane, exactly one of the fields is set.
type Condition struct {
	// Lane names the lanes in which the condition must hold; empty: in every lane of the
	// scenario.
	Lane         Lanes        `json:"lane,omitempty"`
	Answer       *AnswerIs    `json:"answer,omitempty"`
	Value        *ValueIs     `json:"value,omitempty"`
	Sent         *Count       `json:"sent,omitempty"`
	Delivered    *Count       `json:"delivered,omitempty"`
	Lost         *Count       `json:"lost,omitempty"`
	Locked       *LockedIs    `json:"locked,omitempty"`
	Siblings     *SiblingsAre `json:"siblings,omitempty"`
	Hints        *HintsAre    `json:"hints,omitempty"`
	Role         *RoleIs      `json:"role,omitempty"`
	Verdict      Verdict      `json:"verdict,omitempty"`
	Stale        *Amount      `json:"stale,omitempty"`
	Availability *Amount      `json:"availability,omitempty"`
}

// Lanes names lanes by their modes. A file may write one lane as a word.
type Lanes []cluster.Mode

// UnmarshalJSON reads a mode or a list of modes.
func (l *Lanes) UnmarshalJSON(b []byte) error {
	var one cluster.Mode
	if json.Unmarshal(b, &one) == nil {
		*l = Lanes{one}
		return nil
	}
	var all []cluster.Mode
	err := json.Unmarshal(b, &all)
	*l = all
	return err
}

// AnswerIs is about the answer to one operation.
type AnswerIs struct {
	Ref
	Status   int      `json:"status"`
	Val      string   `json:"val,omitempty"`
	Siblings []string `json:"siblings,omitempty"` // the values that conflict with Val, in any order
}

// ValueIs is about the value of a key at nodes.
type ValueIs struct {
	Nodes  Nodes  `json:"node"`
	Key    string `json:"key"`
	Val    string `json:"val,omitempty"`
	Absent bool   `json:"absent,omitempty"` // the node holds nothing
}

// Nodes is a list of nodes. A file may write one node as a number, and all
// nodes as "all", which is nil here; "none" is empty.
type Nodes []cluster.NodeID

// UnmarshalJSON reads a number, a list of numbers, "all" or "none".
func (n *Nodes) UnmarshalJSON(b []byte) error {
	switch string(b) {
	case `"all"`:
		*n = nil
		return nil
	case `"none"`:
		*n = Nodes{}
		return nil
	}
	var one cluster.NodeID
	if json.Unmarshal(b, &one) == nil {
		*n = Nodes{one}
		return nil
	}
	var all []cluster.NodeID
	err := json.Unmarshal(b, &all)
	*n = all
	return err
}

// Count is about how many messages of a kind there were since the step began.
// Without bounds it means at least one.
type Count struct {
	From cluster.AnyNode `json:"from,omitempty"`
	To   cluster.AnyNode `json:"to,omitempty"`
	Type string          `json:"type,omitempty"`
	Via  cluster.Via     `json:"via,omitempty"`
	For  cluster.NodeID  `json:"for,omitempty"`
	Why  string          `json:"why,omitempty"` // of lost
	Amount
}

// Amount bounds a number. A bound that is nil has no effect.
type Amount struct {
	AtLeast *float64 `json:"at_least,omitempty"`
	AtMost  *float64 `json:"at_most,omitempty"`
}

// LockedIs is about the nodes that hold a lock on a key: exactly these nodes.
type LockedIs struct {
	Key   string `json:"key"`
	Nodes Nodes  `json:"node"`
}

// SiblingsAre is about the conflicting values that a node holds of a key: all
// of them, in any order.
type SiblingsAre struct {
	Node cluster.NodeID `json:"node"`
	Key  string         `json:"key"`
	Vals []string       `json:"vals"`
}

// HintsAre is about how many hints a node (0: all nodes) keeps, for one home
// (0: for any).
type HintsAre struct {
	Node cluster.NodeID `json:"node,omitempty"`
	For  cluster.NodeID `json:"for,omitempty"`
	Amount
}

// RoleIs is about the role of a node.
type RoleIs struct {
	Node cluster.NodeID `json:"node"`
	Role string         `json:"role"`
}

// Verdict is how the history of the clients is judged.
type Verdict string

// The verdicts that a scenario can expect.
const (
	Linearizable    Verdict = "linearizable"
	NotLinearizable Verdict = "not linearizable"
)

package sloppy

import (
	"strings"

	"capplayground/cluster"
)

// The types of the messages.
const (
	typeForward  = "forward"  // called node to coordinator
	typeTaken    = "taken"    // coordinator to called node: it has begun
	typeResult   = "result"   // coordinator to called node: the answer
	typeStore    = "store"    // coordinator to replica; with a hint where For is set
	typeStored   = "stored"   //
	typeRead     = "read"     // coordinator to replica
	typeValue    = "value"    //
	typeRepair   = "repair"   // coordinator to a replica whose answer was stale
	typeHandover = "handover" // holder of a hint to the home
	typeHanded   = "handed"   //
	typeDigest   = "digest"   // anti-entropy: one hash of all that both look after
	typeSame     = "same"     // it was equal
	typeHashes   = "hashes"   // it was not: one hash per key
	typeSync     = "sync"     // sets of keys that differ
)

// ask is an operation as the called node stamped it: the body of a forward.
// Its deadline is the message's.
type ask struct {
	Read  bool           `json:"read,omitempty"`
	Key   string         `json:"key"`
	Val   string         `json:"val,omitempty"`
	At    cluster.Time   `json:"at,omitempty"` // virtual time of the call, of a write
	TS    int64          `json:"ts,omitempty"`
	Dot   *Dot           `json:"dot,omitempty"`   // of a write
	Named *History       `json:"named,omitempty"` // what If-Match names
	Sizes cluster.Quorum `json:"q"`
}

// result is the answer to a forward.
type result struct {
	Found    bool              `json:"found"`
	Val      string            `json:"val,omitempty"`
	Version  string            `json:"version,omitempty"`
	Siblings []cluster.Sibling `json:"siblings,omitempty"`
	// Refused says why there is no answer: the coordinator knows another
	// operation of that id. It is "" in any other result.
	Refused string `json:"refused,omitempty"`
}

func (r result) class() cluster.Class {
	if r.Refused != "" {
		return cluster.ClassNo
	}
	return cluster.ClassYes
}

// keyed is a key and its set: the body of store, repair and handover.
type keyed struct {
	Key string `json:"key"`
	Set set    `json:"set"`
}

// want is the body of read.
type want struct {
	Key string `json:"key"`
}

// value is what a replica holds, as a record and as the body of the message of that type.
type value struct {
	Set     set      `json:"set"`
	Planted *planted `json:"planted,omitempty"`
}

// handed acknowledges the handover of just the set with this hash.
type handed struct {
	Key  string `json:"key"`
	Hash string `json:"hash"`
}

// digest opens an exchange: a hash over the keys that both are homes of, as
// far as the sender holds them. Strays are the other keys that the sender holds and
// the receiver is a home of.
//
// Started says that the sender has just started: what it coordinated before may
// have reached some homes and not others.
type digest struct {
	Root   string            `json:"root"`
	Strays map[string]string `json:"strays,omitempty"`

	Started bool `json:"started,omitempty"`
}

// hashes tells the hash of each of its sender's keys from From on and before
// Before, both left out where there is no bound.
type hashes struct {
	From   *string           `json:"from,omitempty"`
	Before *string           `json:"before,omitempty"`
	Keys   map[string]string `json:"keys"`
}

// syncing carries sets, and asks for others.
type syncing struct {
	Sets []keyed  `json:"sets,omitempty"`
	Want []string `json:"want,omitempty"`
}

// labelMax is how many characters of a key or a value a label shows.
const labelMax = 24

// label describes a message to people: "op=7 city=London", or "op=7 city". A
// message that nothing shows has none.
func (m *Machine) label(op cluster.OpID, key, val string) string {
	if m.summed {
		return ""
	}
	var b strings.Builder
	if op != "" {
		b.WriteString("op=" + op.Short() + " ")
	}
	b.WriteString(cluster.Cut(key, labelMax))
	if val != "" {
		b.WriteString("=" + cluster.Cut(val, labelMax))
	}
	return b.String()
}

// labelSet is label with the value that a client would be answered with.
func (m *Machine) labelSet(op cluster.OpID, key string, v value) string {
	if m.summed {
		return ""
	}
	return m.label(op, key, holding{set: v.Set, planted: v.Planted}.first().Val)
}

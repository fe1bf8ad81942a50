package sloppy

import (
	"strings"

	"capplayground/cluster"
)

// The types of the messages.
const (
	typeForward  = "forward"  // called node to coordinator
	typeTaken    = "taken"    // coordinator to called node: the operation has begun
	typeResult   = "result"   // coordinator to called node: the answer
	typeStore    = "store"    // coordinator to replica; if For is set, the replica keeps a hint
	typeStored   = "stored"   // replica to coordinator
	typeRead     = "read"     // coordinator to replica
	typeValue    = "value"    // replica to coordinator
	typeRepair   = "repair"   // coordinator to a replica whose answer was stale
	typeHandover = "handover" // holder of a hint to the home
	typeHanded   = "handed"   // home to holder of a hint
	typeDigest   = "digest"   // anti-entropy: hashes of the keys that both are homes of
	typeSame     = "same"     // answer to a digest: the hashes are equal
	typeHashes   = "hashes"   // answer to a digest: some differ; one hash for each key of these
	typeSync     = "sync"     // sets of keys that differ
)

// ask is an operation with the times and the dot that the called node gave it. It is the
// body of a forward. The deadline of the message is its deadline.
type ask struct {
	Read  bool           `json:"read,omitempty"`
	Key   string         `json:"key"`
	Val   string         `json:"val,omitempty"`
	At    cluster.Time   `json:"at,omitempty"` // virtual time of the call; set for a write
	TS    int64          `json:"ts,omitempty"`
	Dot   *Dot           `json:"dot,omitempty"`   // set for a write
	Named *History       `json:"named,omitempty"` // the dots that If-Match names
	Sizes cluster.Quorum `json:"q"`
}

// result is the answer to a forward.
type result struct {
	Found    bool              `json:"found"`
	Val      string            `json:"val,omitempty"`
	Version  string            `json:"version,omitempty"`
	Siblings []cluster.Sibling `json:"siblings,omitempty"`
	// Refused is the reason why there is no answer: the coordinator knows another
	// operation with the same id. It is "" in any other result.
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

// value is the state of a key at a replica, as a record and as the body of the message
// of that type.
type value struct {
	Set     set      `json:"set"`
	Planted *planted `json:"planted,omitempty"`
}

// handed acknowledges the handover of exactly the set with this hash.
type handed struct {
	Key  string `json:"key"`
	Hash string `json:"hash"`
}

// digest opens an exchange, or continues it. It is about the parts of the index from From
// on and before Before. Sums has the hash of each part: over the keys that the sender holds
// and that both nodes are homes of. A part without such keys is left out. Others are the
// other keys that the sender holds and that the receiver is a home of, with the hashes of
// their sets.
//
// Started says that the sender has just started. The writes that it coordinated
// before may have reached some homes and not others.
type digest struct {
	From   int               `json:"from,omitempty"`
	Before int               `json:"before"`
	Sums   map[int]uint64    `json:"sums,omitempty"`
	Others map[string]string `json:"others,omitempty"`

	Started bool `json:"started,omitempty"`
}

// same answers a digest if all parts are equal. Next is the part with which the
// exchange continues. It is parts if all parts were compared.
type same struct {
	Next int `json:"next"`
}

// hashes answers a digest if some parts differ: it has the number of each such part, and the
// hash of each shared key in it. Parts that differ and have larger numbers than Next are left
// for the rest of the exchange.
type hashes struct {
	Parts []int             `json:"parts"`
	Keys  map[string]string `json:"keys"`
	Next  int               `json:"next"`
}

// syncing carries sets, and asks for others.
type syncing struct {
	Sets []keyed  `json:"sets,omitempty"`
	Want []string `json:"want,omitempty"`
}

// labelMax is the number of characters of a key or a value that a label shows.
const labelMax = 24

// label describes a message for people: "op=7 city=London", or "op=7 city". It is ""
// if no label is shown.
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

// labelSet is label with the value that the answer to a client would have.
func (m *Machine) labelSet(op cluster.OpID, key string, v value) string {
	if m.summed {
		return ""
	}
	return m.label(op, key, holding{set: v.Set, planted: v.Planted}.first().Val)
}

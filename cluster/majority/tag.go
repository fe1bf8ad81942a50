package majority

import (
	"cmp"
	"strconv"

	"capplayground/cluster"
)

// tag orders the writes of a key. No two writes share one. The zero tag is
// that of no value.
//
// Counter and Node are the tag of Lynch and Shvartsman. Op tells two writes
// apart that one node coordinates at the same time. Boot tells a write apart
// from one that its coordinator forgot in a crash: the messages of a store
// phase may leave before the coordinator's own record is durable, and a client
// may bring the same operation id again with another value.
type tag struct {
	Counter uint64         `json:"c"`
	Node    cluster.NodeID `json:"n"`
	Boot    uint64         `json:"b,omitempty"` // of its coordinator; 0 on disks of before there was one
	Op      cluster.OpID   `json:"op"`
}

// maxCounter bounds the counters that are believed from outside, so that adding
// one never wraps around.
const maxCounter = 1 << 62

// compare orders by counter, then node, then boot, then operation.
func (t tag) compare(u tag) int {
	return cmp.Or(cmp.Compare(t.Counter, u.Counter), cmp.Compare(t.Node, u.Node), cmp.Compare(t.Boot, u.Boot), cmp.Compare(t.Op, u.Op))
}

// valid says whether a tag from outside can be one: the zero tag, or a counter
// that can still grow. (Planted bugs make tags without node and operation.)
func (t tag) valid() bool {
	return t == tag{} || t.Counter >= 1 && t.Counter <= maxCounter && t.Node >= 0 && t.Node <= cluster.MaxNodes
}

// String is the version as people see it: counter, node and the beginning of
// the operation's id, as in "8.4.91be"; "" for no value.
func (t tag) String() string {
	if t == (tag{}) {
		return ""
	}
	return strconv.FormatUint(t.Counter, 10) + "." + strconv.Itoa(int(t.Node)) + "." + t.Op.Short()
}

// tagged is a value with the tag of the write that made it.
type tagged struct {
	Tag tag    `json:"tag"`
	Val string `json:"val"`
}

package majority

import (
	"cmp"
	"strconv"

	"capplayground/cluster"
)

// tag orders the writes of a key. The zero tag is that of no value.
type tag struct {
	Counter uint64         `json:"c"`
	Node    cluster.NodeID `json:"n"`
	Op      cluster.OpID   `json:"op"`
}

// maxCounter bounds what is believed from outside, so that adding one to it
// never wraps around.
const maxCounter = 1 << 62

// compare orders by counter, then node, then operation.
func (t tag) compare(u tag) int {
	return cmp.Or(cmp.Compare(t.Counter, u.Counter), cmp.Compare(t.Node, u.Node), cmp.Compare(t.Op, u.Op))
}

// valid says whether a tag from outside can be one: none, or a counter that can
// be counted on. (Planted mistakes make tags without node and operation.)
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

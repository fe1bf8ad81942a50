package majority

import (
	"cmp"
	"errors"
	"strconv"
	"strings"

	"capplayground/cluster"
)

// tag orders the writes of a key. No two writes share a tag. The zero tag means that
// there is no value.
//
// Counter and Node are the tag of Lynch and Shvartsman. Op distinguishes two writes that
// one node coordinates at the same time. Boot distinguishes a write from one that its
// coordinator lost in a crash: the messages of a store phase may leave before the
// coordinator's own record is durable, and a client may send the same operation id again
// with another value.
type tag struct {
	Counter uint64         `json:"c"`
	Node    cluster.NodeID `json:"n"`
	Boot    uint64         `json:"b,omitempty"` // of its coordinator; 0 on disks that are older than this field
	Op      cluster.OpID   `json:"op"`
}

// maxCounter bounds the counters that a node accepts from messages and from its disk, so
// that adding one never wraps around.
const maxCounter = 1 << 62

// compare compares by counter, then node, then boot, then operation.
func (t tag) compare(u tag) int {
	return cmp.Or(cmp.Compare(t.Counter, u.Counter), cmp.Compare(t.Node, u.Node), cmp.Compare(t.Boot, u.Boot), cmp.Compare(t.Op, u.Op))
}

// valid reports whether a tag from a message or from the disk is possible: the zero tag,
// or a counter that can still grow. (Planted bugs make tags without node and operation.)
func (t tag) valid() bool {
	return t == tag{} || t.Counter >= 1 && t.Counter <= maxCounter && t.Node >= 0 && t.Node <= cluster.MaxNodes
}

// String is the version as people see it: counter, node and the beginning of the
// operation's id, as in "8.4.91be". It is "" if there is no value.
func (t tag) String() string {
	if t == (tag{}) {
		return ""
	}
	return strconv.FormatUint(t.Counter, 10) + "." + strconv.Itoa(int(t.Node)) + "." + t.Op.Short()
}

// numbers is the tag without its operation, in the form of the table of writes that a
// replica remembers: counter, node and boot.
func (t tag) numbers() string {
	b := strconv.AppendUint(make([]byte, 0, 24), t.Counter, 10)
	b = strconv.AppendInt(append(b, '.'), int64(t.Node), 10)
	return string(strconv.AppendUint(append(b, '.'), t.Boot, 10))
}

// parseNumbers reads the text that numbers writes, and reports whether it could. It also
// reads the JSON that earlier versions of this program wrote.
func parseNumbers(text string) (t tag, ok bool) {
	if strings.HasPrefix(text, "{") {
		ok = cluster.Decode([]byte(text), &t)
		return t, ok
	}
	counter, rest, _ := strings.Cut(text, ".")
	node, boot, _ := strings.Cut(rest, ".")
	var errs [3]error
	t.Counter, errs[0] = strconv.ParseUint(counter, 10, 64)
	n, err := strconv.Atoi(node)
	t.Node, errs[1] = cluster.NodeID(n), err
	t.Boot, errs[2] = strconv.ParseUint(boot, 10, 64)
	return t, errors.Join(errs[:]...) == nil
}

// tagged is a value with the tag of the write that made it.
type tagged struct {
	Tag tag    `json:"tag"`
	Val string `json:"val"`
}

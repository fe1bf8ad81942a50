package majority

import (
	"strings"

	"capplayground/cluster"
)

// The types of the messages.
const (
	typeQuery     = "query"
	typeAnswer    = "answer"
	typeStore     = "store"
	typeWriteBack = "write-back"
	typeStored    = "stored"
)

// round identifies one query phase for ever: the number of boots of its coordinator, and
// a count since the last boot. An operation id alone is not enough, because a client may
// send the same id again.
type round struct {
	Boot uint64 `json:"boot"`
	N    uint64 `json:"n"`
}

// query asks for the version that a replica holds under Key: the tag, and also the value
// if Val is set.
type query struct {
	Round round  `json:"round"`
	Key   string `json:"key"`
	Val   bool   `json:"val,omitempty"`
}

// answer is the version that a replica held when it got the query.
type answer struct {
	Round round  `json:"round"`
	Held  tagged `json:"held"`
	// Done is set if the replica has taken a write under the operation id of the query:
	// the client has sent its operation again.
	Done *done `json:"done,omitempty"`
}

// done is a write that a replica remembers by its operation id.
type done struct {
	Tag tag    `json:"tag"`
	Sum uint64 `json:"sum"` // of the client's request
}

// store asks a replica to hold Put, unless the replica holds a higher version. A
// write-back has the same body.
type store struct {
	Key string `json:"key"`
	Put tagged `json:"put"`
}

// stored acknowledges that a replica holds Tag or a higher tag, durably.
type stored struct {
	Tag tag `json:"tag"`
}

// The keys of the records: one for each register, and the count of boots.
const (
	recordKey  = "key/"
	recordBoot = "boot"
)

// labelMax is how many characters of a value a label shows.
const labelMax = 24

// label describes a message to people: "op=7 city=London 8.4.7", or without a value "op=7
// city 8.4.7". If the Step is summed, messages are not shown, and the label is "".
func (m *Machine) label(op cluster.OpID, key string, t tag, val string) string {
	if m.summed {
		return ""
	}
	var b strings.Builder
	b.WriteString("op=")
	b.WriteString(op.Short())
	b.WriteByte(' ')
	b.WriteString(cluster.Cut(key, labelMax))
	if val != "" {
		b.WriteByte('=')
		b.WriteString(cluster.Cut(val, labelMax))
	}
	if v := t.String(); v != "" {
		b.WriteByte(' ')
		b.WriteString(v)
	}
	return b.String()
}

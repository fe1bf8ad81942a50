// Package idempotency remembers the operations of clients in which a node has taken part.
// So the node recognises an operation id that comes again, also after a restart. The
// table holds the newest [Size] operations, in memory and in the node's records.
package idempotency

import (
	"encoding/binary"
	"encoding/json"
	"hash/fnv"
	"strconv"
	"strings"

	"capplayground/cluster"
)

// Size is the number of operations that a Table remembers.
const Size = 1 << 14

// Prefix is the beginning of the keys of a Table's records.
const Prefix = "op/"

// Table remembers the newest operations. The zero Table is empty. A Table is not
// safe for concurrent use.
type Table struct {
	entries map[cluster.OpID]*Entry
	ring    []*Entry // by Entry.Count modulo Size, as far as it is used; nil: the place is empty
	count   uint64   // of the newest entry
}

// Entry is one operation that a Table remembers.
type Entry struct {
	Count uint64 // its place in the order of additions, from 1
	Op    cluster.OpID
	Sum   uint64 // see the function Sum
	What  string // what the protocol needs to know about the operation, in its own form
}

// Sum is equal for two requests that ask for the same: their kind, key, value and
// If-Match are equal. It differs for all other requests.
func Sum(kind cluster.RequestKind, key, val, ifMatch string) uint64 {
	h := fnv.New64a()
	var space [256]byte // most requests fit in, and need no other memory
	b := space[:0]
	for _, s := range [...]string{string(kind), key, val, ifMatch} {
		b = append(binary.BigEndian.AppendUint64(b, uint64(len(s))), s...)
	}
	_, _ = h.Write(b)
	return h.Sum64()
}

// Find returns the entry of an operation, and whether there is one.
func (t *Table) Find(op cluster.OpID) (Entry, bool) {
	e := t.entries[op]
	if e == nil {
		return Entry{}, false
	}
	return *e, true
}

// Add remembers an operation, which must not be in the Table yet. If the Table is full,
// the operation replaces the oldest one. The record that Add returns makes that durable.
func (t *Table) Add(op cluster.OpID, sum uint64, what string) cluster.Record {
	e := &Entry{Count: t.count + 1, Op: op, Sum: sum, What: what}
	t.put(e)
	return cluster.Record{Key: recordKey(e.Count % Size), Val: e.record()}
}

// record is the text of an entry on the disk: count, sum, length of the operation
// id, operation id, what. A write has one such record on each disk, so it is short,
// and written without reflection.
func (e *Entry) record() []byte {
	b := make([]byte, 0, 48+len(e.Op)+len(e.What))
	b = append(strconv.AppendUint(b, e.Count, 36), ' ')
	b = append(strconv.AppendUint(b, e.Sum, 36), ' ')
	b = append(strconv.AppendInt(b, int64(len(e.Op)), 36), ' ')
	return append(append(b, e.Op...), e.What...)
}

// parse reads what record has written, and reports whether it could.
func parse(record string) (e Entry, ok bool) {
	count, rest, _ := strings.Cut(record, " ")
	sum, rest, _ := strings.Cut(rest, " ")
	length, rest, ok := strings.Cut(rest, " ")
	n, badLength := strconv.ParseUint(length, 36, 31)
	var badCount, badSum error
	e.Count, badCount = strconv.ParseUint(count, 36, 64)
	e.Sum, badSum = strconv.ParseUint(sum, 36, 64)
	if !ok || badCount != nil || badSum != nil || badLength != nil || n > uint64(len(rest)) {
		return Entry{}, false
	}
	e.Op, e.What = cluster.OpID(rest[:n]), rest[n:]
	return e, true
}

// parseJSON reads a record of an earlier version. There What is a text, or the JSON of
// the protocol.
func parseJSON(record []byte) (e Entry, ok bool) {
	var old struct {
		Count uint64          `json:"n"`
		Op    cluster.OpID    `json:"op"`
		Sum   uint64          `json:"sum"`
		What  json.RawMessage `json:"what"`
	}
	if json.Unmarshal(record, &old) != nil {
		return Entry{}, false
	}
	e = Entry{Count: old.Count, Op: old.Op, Sum: old.Sum, What: string(old.What)}
	var text string
	if json.Unmarshal(old.What, &text) == nil {
		e.What = text
	}
	return e, true
}

// Recover reads one of the node's records, and reports whether it is a record of a Table.
// A record that cannot be read is left out.
func (t *Table) Recover(r cluster.Record) bool {
	if e, ok := Read(r); ok {
		t.put(&e)
	}
	return strings.HasPrefix(r.Key, Prefix)
}

// Read returns the entry of a Table's record. It returns false for every other record,
// and for one that cannot be read.
func Read(r cluster.Record) (e Entry, ok bool) {
	if !strings.HasPrefix(r.Key, Prefix) {
		return Entry{}, false
	}
	if e, ok = parse(string(r.Val)); !ok {
		e, ok = parseJSON(r.Val)
	}
	return e, ok && e.Op != "" && e.Count > 0
}

func (t *Table) put(e *Entry) {
	if t.entries == nil {
		t.entries = map[cluster.OpID]*Entry{}
	}
	place := t.place(e.Count % Size)
	if oldest := *place; oldest != nil && t.entries[oldest.Op] == oldest {
		delete(t.entries, oldest.Op)
	}
	t.entries[e.Op], *place = e, e
	t.count = max(t.count, e.Count)
}

// place is a place of the ring, which grows as far as that.
func (t *Table) place(i uint64) **Entry {
	if missing := int(i) + 1 - len(t.ring); missing > 0 {
		t.ring = append(t.ring, make([]*Entry, missing)...)
	}
	return &t.ring[i]
}

// recordKey returns the key of the record at a place below Size: "op/" and four
// hexadecimal digits.
func recordKey(place uint64) string {
	const digits = "0123456789abcdef"
	return Prefix + string([]byte{digits[place>>12&15], digits[place>>8&15], digits[place>>4&15], digits[place&15]})
}

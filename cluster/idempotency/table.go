// Package idempotency remembers which client operations a node has taken part
// in, so that an operation id that comes again is recognised, also after a
// restart. It keeps the newest [Size] of them, in memory and in the node's
// records.
package idempotency

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"hash/fnv"
	"strconv"
	"strings"

	"capplayground/cluster"
)

// Size is how many operations a Table remembers.
const Size = 1 << 14

// Prefix is how the keys of a Table's records begin.
const Prefix = "op/"

// Table remembers the newest operations, each with a T of the protocol's own.
// The zero Table is empty. A Table is not safe for concurrent use.
type Table[T any] struct {
	entries map[cluster.OpID]*kept[T]
	ring    []*kept[T] // by Entry.Count modulo Size, as far as it is used; nil: the place is empty
	count   uint64     // of the newest entry
}

// Entry is one operation that a Table remembers, in the form of its record.
type Entry[T any] struct {
	Count uint64       `json:"n"` // its place in the order of additions, from 1
	Op    cluster.OpID `json:"op"`
	Sum   uint64       `json:"sum"` // see Sum
	What  T            `json:"what"`
}

// kept is an Entry in its Table. Of one that the disk kept, Count and Op are read
// at once, and the rest when it is first asked for: few ever are, and a node that
// starts may find Size of them.
type kept[T any] struct {
	Entry[T]
	record []byte // what the disk kept; nil once all of it is read
}

// Sum is the same for two requests that ask for the same thing: their kind, key,
// value and If-Match are equal. It differs for others.
func Sum(kind cluster.RequestKind, key, val, ifMatch string) uint64 {
	h := fnv.New64a()
	var space [256]byte // most requests are shorter than this, and need no other
	b := space[:0]
	for _, s := range [...]string{string(kind), key, val, ifMatch} {
		b = append(binary.BigEndian.AppendUint64(b, uint64(len(s))), s...)
	}
	_, _ = h.Write(b)
	return h.Sum64()
}

// Find returns what is remembered of an operation, and whether anything is.
func (t *Table[T]) Find(op cluster.OpID) (Entry[T], bool) {
	e := t.entries[op]
	if e == nil {
		return Entry[T]{}, false
	}
	if e.record != nil {
		if json.Unmarshal(e.record, &e.Entry) != nil {
			delete(t.entries, op)
			return Entry[T]{}, false
		}
		e.record = nil
	}
	return e.Entry, true
}

// Add remembers an operation, which must not be in the Table yet, in the place
// of the oldest if the Table is full. The record that it returns makes that
// durable.
func (t *Table[T]) Add(op cluster.OpID, sum uint64, what T) cluster.Record {
	e := &kept[T]{Entry: Entry[T]{Count: t.count + 1, Op: op, Sum: sum, What: what}}
	t.put(e)
	val, err := json.Marshal(&e.Entry)
	if err != nil {
		panic(err) // a T is a struct of texts and numbers
	}
	return cluster.Record{Key: recordKey(e.Count % Size), Val: val}
}

// Recover takes one of the node's records, and says whether it is one of a
// Table. One that cannot be read is left out.
func (t *Table[T]) Recover(r cluster.Record) bool {
	if !strings.HasPrefix(r.Key, Prefix) {
		return false
	}
	e := &kept[T]{}
	var ok bool
	if e.Count, e.Op, ok = readHead(r.Val); ok {
		e.record = r.Val
	} else if json.Unmarshal(r.Val, &e.Entry) != nil {
		return true
	}
	if e.Op != "" && e.Count > 0 {
		t.put(e)
	}
	return true
}

// readHead reads Count and Op of a record as Add writes it. It is false for any
// other, and where Op needs more than its quotes: encoding/json must read those.
func readHead(record []byte) (count uint64, op cluster.OpID, ok bool) {
	rest, ok := bytes.CutPrefix(record, []byte(`{"n":`))
	if !ok {
		return 0, "", false
	}
	number, rest, _ := bytes.Cut(rest, []byte(`,"op":"`))
	id, _, ok := bytes.Cut(rest, []byte(`","sum":`))
	count, err := strconv.ParseUint(string(number), 10, 64)
	if !ok || err != nil || bytes.ContainsAny(id, `"\`) {
		return 0, "", false
	}
	return count, cluster.OpID(id), true
}

func (t *Table[T]) put(e *kept[T]) {
	if t.entries == nil {
		t.entries = map[cluster.OpID]*kept[T]{}
	}
	place := t.place(e.Count % Size)
	if oldest := *place; oldest != nil && t.entries[oldest.Op] == oldest {
		delete(t.entries, oldest.Op)
	}
	t.entries[e.Op], *place = e, e
	t.count = max(t.count, e.Count)
}

// place is a place of the ring, which grows as far as that.
func (t *Table[T]) place(i uint64) **kept[T] {
	if missing := int(i) + 1 - len(t.ring); missing > 0 {
		t.ring = append(t.ring, make([]*kept[T], missing)...)
	}
	return &t.ring[i]
}

// recordKey is the key of the record at a place below Size: "op/" and four
// hexadecimal digits.
func recordKey(place uint64) string {
	const digits = "0123456789abcdef"
	return Prefix + string([]byte{digits[place>>12&15], digits[place>>8&15], digits[place>>4&15], digits[place&15]})
}

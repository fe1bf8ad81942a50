//go:build !noraft

package consensus

import (
	"encoding/binary"
	"errors"
	"math"

	"capplayground/cluster"
)

// The parts of a snapshot, and the records of keys and of finished operations, are
// numbers as varints, and texts with their length in front.

// partHead is the beginning of a part. All keys and operations of a snapshot are numbered:
// first the keys, then the operations.
type partHead struct {
	first int          // the number of the first one in this part
	keys  int          // how many keys the snapshot has
	all   int          // how many keys and operations it has
	time  cluster.Time // of its state
}

func appendHead(b []byte, h partHead) []byte {
	b = binary.AppendUvarint(b, uint64(h.first))
	b = binary.AppendUvarint(b, uint64(h.keys))
	b = binary.AppendUvarint(b, uint64(h.all))
	return binary.AppendVarint(b, int64(h.time))
}

func appendDone(b []byte, d *done) []byte {
	b = binary.AppendUvarint(b, d.index)
	b = binary.AppendVarint(b, int64(d.deadline))
	return appendText(b, string(d.op))
}

func appendKey(b []byte, h *held) []byte { return appendValue(appendText(b, h.key), h) }

func appendValue(b []byte, h *held) []byte {
	return appendText(binary.AppendUvarint(b, h.index), h.val)
}

func appendText(b []byte, text string) []byte {
	return append(binary.AppendUvarint(b, uint64(len(text))), text...)
}

// decoder reads what the functions above have written.
type decoder struct {
	rest []byte
	bad  bool // something is missing
}

var errBroken = errors.New("a record is broken")

func (d *decoder) err() error {
	if d.bad {
		return errBroken
	}
	return nil
}

func (d *decoder) head() partHead {
	h := partHead{first: d.count(), keys: d.count(), all: d.count(), time: cluster.Time(d.varint())}
	d.bad = d.bad || h.first > h.all || h.keys > h.all
	return h
}

func (d *decoder) done() *done {
	return &done{index: d.uvarint(), deadline: cluster.Time(d.varint()), op: cluster.OpID(d.text())}
}

func (d *decoder) key() (key, val string, index uint64) {
	key = d.text()
	index, val = d.value()
	return key, val, index
}

func (d *decoder) value() (index uint64, val string) { return d.uvarint(), d.text() }

func (d *decoder) count() int {
	n := d.uvarint()
	d.bad = d.bad || n > math.MaxInt32
	return int(n)
}

func (d *decoder) uvarint() uint64 {
	n, size := binary.Uvarint(d.rest)
	d.skip(size)
	return n
}

func (d *decoder) varint() int64 {
	n, size := binary.Varint(d.rest)
	d.skip(size)
	return n
}

func (d *decoder) text() string {
	n := d.uvarint()
	if n > uint64(len(d.rest)) {
		d.bad, d.rest = true, nil
		return ""
	}
	text := string(d.rest[:n])
	d.rest = d.rest[n:]
	return text
}

// skip skips a number of that size; 0 and less mean that there was none.
func (d *decoder) skip(size int) {
	if size <= 0 {
		d.bad, d.rest = true, nil
		return
	}
	d.rest = d.rest[size:]
}

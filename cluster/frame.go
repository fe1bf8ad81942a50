package cluster

import (
	"encoding/binary"
	"errors"
	"slices"
)

// A frame is a message as nodes send it to each other:
//
//	the length of what follows   uvarint
//	from, to, for, flags         one byte each
//	deadline, sent, due          varint
//	gen, lc                      uvarint
//	the texts, then the body     each with its length in front, a uvarint
//
// The texts stand as they are, so that a packet capture shows the ids and the
// labels of the messages.

// The flags of a frame.
const (
	flagHeld = 1 << iota
	flagFlow
)

// errFrame is returned for bytes that are not the frame of a message.
var errFrame = errors.New("not the frame of a message")

// texts are all texts of a message, in the order of the frame.
func (m *Message) texts() [8]*string {
	return [...]*string{
		&m.ID, &m.Type, (*string)(&m.Class), (*string)(&m.Sense), (*string)(&m.Op), &m.Label, (*string)(&m.Via), &m.DupOf,
	}
}

// AppendFrame appends the frame of a message. From, To and For are at most
// MaxNodes.
func (m *Message) AppendFrame(b []byte) []byte {
	start := len(b)
	var flags byte
	if m.Held {
		flags |= flagHeld
	}
	if m.Flow {
		flags |= flagFlow
	}
	b = append(b, byte(m.From), byte(m.To), byte(m.For), flags)
	b = binary.AppendVarint(b, int64(m.Deadline))
	b = binary.AppendVarint(b, int64(m.Sent))
	b = binary.AppendVarint(b, int64(m.Due))
	b = binary.AppendUvarint(b, m.Gen)
	b = binary.AppendUvarint(b, m.LC)
	for _, text := range m.texts() {
		b = append(binary.AppendUvarint(b, uint64(len(*text))), *text...)
	}
	b = append(binary.AppendUvarint(b, uint64(len(m.Body))), m.Body...)
	var length [binary.MaxVarintLen64]byte
	n := binary.PutUvarint(length[:], uint64(len(b)-start))
	return slices.Insert(b, start, length[:n]...)
}

// ParseFrame reads a message from a frame without its length. The message does not
// refer to the frame.
func (m *Message) ParseFrame(frame []byte) error {
	r := frameReader{rest: frame}
	*m = Message{From: NodeID(r.byte()), To: NodeID(r.byte()), For: NodeID(r.byte())}
	flags := r.byte()
	m.Held, m.Flow = flags&flagHeld != 0, flags&flagFlow != 0
	m.Deadline, m.Sent, m.Due = Time(r.varint()), Time(r.varint()), Time(r.varint())
	m.Gen, m.LC = r.uvarint(), r.uvarint()
	r.texts(m.texts())
	if body := r.bytes(); len(body) > 0 {
		m.Body = slices.Clone(body)
	}
	if r.bad || len(r.rest) > 0 || flags&^(flagHeld|flagFlow) != 0 {
		return errFrame
	}
	return nil
}

// frameReader reads the parts of a frame.
type frameReader struct {
	rest []byte
	bad  bool // a part is missing
}

func (r *frameReader) byte() byte {
	if len(r.rest) == 0 {
		r.bad = true
		return 0
	}
	b := r.rest[0]
	r.rest = r.rest[1:]
	return b
}

func (r *frameReader) uvarint() uint64 {
	n, size := binary.Uvarint(r.rest)
	r.skip(size)
	return n
}

func (r *frameReader) varint() int64 {
	n, size := binary.Varint(r.rest)
	r.skip(size)
	return n
}

// bytes returns a part of the frame that has its length in front.
func (r *frameReader) bytes() []byte {
	n := r.uvarint()
	if n > uint64(len(r.rest)) {
		r.bad, r.rest = true, nil
		return nil
	}
	part := r.rest[:n]
	r.rest = r.rest[n:]
	return part
}

// texts reads all texts. They are parts of one string, so that they need one allocation.
func (r *frameReader) texts(into [8]*string) {
	begin := r.rest
	var from, to [len(into)]int
	for i := range into {
		length := len(r.bytes())
		to[i] = len(begin) - len(r.rest)
		from[i] = to[i] - length
	}
	all := string(begin[:to[len(to)-1]])
	for i, text := range into {
		*text = all[from[i]:to[i]]
	}
}

// skip skips a number of that size; 0 and less mean that there was none.
func (r *frameReader) skip(size int) {
	if size <= 0 {
		r.bad, r.rest = true, nil
		return
	}
	r.rest = r.rest[size:]
}

package cluster

import (
	"bytes"
	"encoding/binary"
	"sync"
	"unicode/utf8"
)

// Coded is a body of a message, or a value on the disk, that has a compact form: its fields
// one after another, each number as a varint, each text as it is behind its length. Code
// passes all fields to the Codec, in their order. So one method both writes and reads.
type Coded interface{ Code(*Codec) }

// compact is the first byte of the compact form. No JSON begins with it.
const compact = 1

// Codec writes the fields that are passed to it, or fills them in with what it reads. Code
// that reads must work with any values: what it has read may come from another program.
type Codec struct {
	reading bool
	failed  bool   // what is read is not what should be there
	written []byte // so far
	read    []byte
	at      int // index of the next byte to read
	texts   texts
}

// codecs are used again. The texts of several bodies share memory.
var codecs = sync.Pool{New: func() any { return new(Codec) }}

// Encode returns the compact form of v.
func Encode(v Coded) []byte {
	c := codecs.Get().(*Codec)
	c.reading, c.written = false, append(c.written[:0], compact)
	v.Code(c)
	b := bytes.Clone(c.written)
	codecs.Put(c)
	return b
}

// Decode reads what Encode wrote into v, and reports whether it could. It also reads JSON,
// which earlier versions of this program wrote to the disk.
func Decode(b []byte, v Coded) bool {
	if len(b) == 0 || b[0] != compact {
		return ReadJSON(b, v)
	}
	c := codecs.Get().(*Codec)
	c.reading, c.failed, c.read, c.at = true, false, b, 1
	v.Code(c)
	ok := !c.failed && c.at == len(b)
	c.read = nil
	codecs.Put(c)
	return ok
}

// Reading reports whether the Codec reads.
func (c *Codec) Reading() bool { return c.reading }

// Check makes Decode fail unless ok.
func (c *Codec) Check(ok bool) { c.failed = c.failed || !ok }

// Uint codes a number. Most numbers need one byte.
func (c *Codec) Uint(n *uint64) {
	switch {
	case !c.reading && *n < 0x80:
		c.written = append(c.written, byte(*n))
	case !c.reading:
		c.written = binary.AppendUvarint(c.written, *n)
	case c.at < len(c.read) && c.read[c.at] < 0x80:
		*n = uint64(c.read[c.at])
		c.at++
	default:
		var size int
		*n, size = binary.Uvarint(c.read[c.at:])
		c.Check(size > 0)
		c.at += max(size, 0)
	}
}

// Int codes a number that may be negative.
func (c *Codec) Int(n *int64) {
	zigzag := uint64(*n)<<1 ^ uint64(*n>>63)
	c.Uint(&zigzag)
	*n = int64(zigzag>>1) ^ -int64(zigzag&1)
}

// Small codes a number for which int is large enough.
func (c *Codec) Small(n *int) {
	long := int64(*n)
	c.Int(&long)
	*n = int(long)
}

// Yes codes a bool.
func (c *Codec) Yes(yes *bool) {
	var n uint64
	if *yes {
		n = 1
	}
	c.Uint(&n)
	c.Check(n <= 1)
	*yes = n == 1
}

// Optional codes whether there is a value, and reports it. It makes an empty value to read
// into.
func Optional[T any](c *Codec, v **T) bool {
	is := *v != nil
	c.Yes(&is)
	if is && c.reading {
		*v = new(T)
	}
	return is
}

// List codes the length of a list. It makes a list of as many empty elements to read into.
func List[T any](c *Codec, all *[]T) {
	if n := c.count(len(*all)); n > 0 && c.reading {
		*all = make([]T, n)
	}
}

// count codes the number of elements or bytes that follow. It never reads more than there
// are bytes left, because each element has at least one.
func (c *Codec) count(n int) int {
	count := uint64(n)
	c.Uint(&count)
	if c.reading && count > uint64(len(c.read)-c.at) {
		c.failed, count = true, 0
	}
	return int(count)
}

// Text codes a text, which must be valid UTF-8.
func (c *Codec) Text(s *string) {
	n := c.count(len(*s))
	if c.reading {
		text := c.read[c.at : c.at+n]
		c.at += n
		c.Check(utf8.Valid(text))
		*s = c.texts.keep(text, len(c.read)-c.at)
	} else {
		c.written = append(c.written, *s...)
	}
}

// Raw codes bytes of a known number.
func (c *Codec) Raw(b []byte) {
	if c.reading {
		n := copy(b, c.read[c.at:])
		c.Check(n == len(b))
		c.at += n
	} else {
		c.written = append(c.written, b...)
	}
}

package sloppy

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"hash/fnv"
	"strconv"
	"strings"

	"capplayground/cluster"
)

// Actor is one start of one database of one node.
type Actor struct {
	Node     cluster.NodeID
	Database Database
	Start    uint64 // number of the start of that database, from 1
}

// Database is the short name of a node's database: up to 8 of 0-9a-z, then
// zeros. It is an array, so that dots hold no pointers and compare as numbers.
type Database [databaseMax]byte

// Dot names a write to a key, and the node that coordinated it. Called and Seq name
// the write for ever: it is the Seq-th write to this key for which Called was called.
// If a write is coordinated twice, its dots differ in By.
type Dot struct {
	Origin
	Seq uint64 // from 1
}

// Origin is the called node and the coordinator of a write.
type Origin struct {
	Called Actor
	By     Actor
}

func (a *Actor) compare(b *Actor) int {
	switch {
	case a.Node != b.Node:
		return cmp.Compare(a.Node, b.Node)
	case a.Database != b.Database:
		return cmp.Compare(binary.BigEndian.Uint64(a.Database[:]), binary.BigEndian.Uint64(b.Database[:]))
	}
	return cmp.Compare(a.Start, b.Start)
}

func (o *Origin) compare(p *Origin) int {
	if c := o.Called.compare(&p.Called); c != 0 {
		return c
	}
	return o.By.compare(&p.By)
}

func (a Actor) String() string { return string(a.append(nil)) }

func (a Actor) append(b []byte) []byte {
	b = append(b, 'n', byte('0'+a.Node), '.')
	b = append(append(b, a.Database.bytes()...), '.')
	return strconv.AppendUint(b, a.Start, 10)
}

// String is the origin as "n1.d1.1@n5.d5.1", or as "n1.d1.1" if the called node
// coordinates.
func (o Origin) String() string { return string(o.append(nil)) }

func (o *Origin) append(b []byte) []byte {
	b = o.Called.append(b)
	if o.Called != o.By {
		b = o.By.append(append(b, '@'))
	}
	return b
}

// String is the dot as "n1.d1.1@n5.d5.1:3".
func (d Dot) String() string {
	var space [64]byte // most dots fit in, and need no allocation
	return string(d.append(space[:0]))
}

func (d Dot) append(b []byte) []byte {
	return strconv.AppendUint(append(d.Origin.append(b), ':'), d.Seq, 10)
}

// Same reports whether both dots name one write. Its coordinators may differ.
func (d Dot) Same(o Dot) bool { return d.Called == o.Called && d.Seq == o.Seq }

// MarshalText writes what String does.
func (d Dot) MarshalText() ([]byte, error) { return d.append(nil), nil }

// UnmarshalText reads what MarshalText wrote.
func (d *Dot) UnmarshalText(b []byte) (err error) {
	*d, err = parseDot(string(b))
	return err
}

// databaseMax is the longest name of a database in a dot, in bytes.
const databaseMax = 8

// databaseName shortens the name of a database to databaseMax bytes. A short name of
// 0-9a-z stays as it is, so that the dots in scripts are readable.
func databaseName(s string) (d Database) {
	if !plain(s) || s == "" {
		h := fnv.New32a()
		_, _ = h.Write([]byte(s))
		s = strconv.FormatUint(uint64(h.Sum32()), 36)
	}
	copy(d[:], s)
	return d
}

// bytes returns the name without the zeros.
func (d *Database) bytes() []byte {
	if n := bytes.IndexByte(d[:], 0); n >= 0 {
		return d[:n]
	}
	return d[:]
}

// usable reports whether databaseName may have made the name: it is not empty, and has only
// zeros behind its end.
func (d *Database) usable() bool {
	n := 0
	for n < len(d) && !isOdd(d[n]) {
		n++
	}
	for _, c := range d[n:] {
		if c != 0 {
			return false
		}
	}
	return n > 0
}

// isOdd reports whether a byte cannot be in the name of a database.
func isOdd(c byte) bool { return (c < '0' || c > '9') && (c < 'a' || c > 'z') }

func plain(s string) bool {
	return len(s) <= databaseMax && strings.Trim(s, "0123456789abcdefghijklmnopqrstuvwxyz") == ""
}

package recording

import (
	"bufio"
	"bytes"
	"compress/flate"
	"compress/gzip"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"unicode/utf8"

	"capplayground/cluster"
	"capplayground/server/collect"
)

// ErrRecording is wrapped by all errors about what a file holds.
var ErrRecording = errors.New("not a recording")

// Error says what is wrong with one line.
type Error struct {
	Line int // from 1
	Text string
}

func (e *Error) Error() string { return fmt.Sprintf("line %d: %s", e.Line, e.Text) }

// Unwrap returns ErrRecording.
func (e *Error) Unwrap() error { return ErrRecording }

// Read reads a recording, compressed or not. The error is an *Error that names a line, or
// the error of r. If the end of a file is missing, Read reads what is there, but the head
// must be whole.
func Read(r io.Reader) (*Recording, error) {
	lines, err := unpack(r)
	if err != nil {
		return nil, err
	}
	p := &parser{rec: &Recording{}}
	for {
		line, whole, err := p.next(lines)
		if err != nil {
			return nil, err
		}
		if line == nil {
			break
		}
		if err := p.take(line, whole); err != nil {
			return nil, err
		}
	}
	return p.finish()
}

// unpack returns the text of the file. The first two bytes show whether it is compressed
// (RFC 1952, section 2.3.1).
func unpack(r io.Reader) (*bufio.Reader, error) {
	in := bufio.NewReaderSize(r, 64<<10)
	if magic, _ := in.Peek(2); len(magic) < 2 || magic[0] != 0x1f || magic[1] != 0x8b {
		return in, nil
	}
	z, err := gzip.NewReader(in)
	if err != nil {
		return nil, &Error{1, "the file is compressed, and its first bytes are cut off or damaged"}
	}
	return bufio.NewReaderSize(z, 64<<10), nil
}

// parser reads one line after another.
type parser struct {
	rec  *Recording
	line int
	size int    // of the text so far, in bytes
	buf  []byte // of the present line

	cut    bool // the end of the file is missing
	headed bool // the head was read
	lost   uint64
	lostAt int // the line before which the first events are missing
}

// next returns the next line without its end, nil at the end of the file. whole
// is false for a last line that does not end.
func (p *parser) next(in *bufio.Reader) (line []byte, whole bool, err error) {
	if p.cut {
		return nil, false, nil
	}
	p.line++
	p.buf = p.buf[:0]
	for {
		part, err := in.ReadSlice('\n')
		p.buf = append(p.buf, part...)
		p.size += len(part)
		switch {
		case len(p.buf) > MaxLine:
			return nil, false, &Error{p.line, fmt.Sprintf("longer than %d bytes", MaxLine)}
		case p.size > MaxBytes:
			return nil, false, &Error{p.line, fmt.Sprintf("the recording is longer than %d bytes", MaxBytes)}
		case errors.Is(err, bufio.ErrBufferFull):
			continue
		case err == nil:
			return bytes.TrimSuffix(p.buf[:len(p.buf)-1], []byte("\r")), true, nil
		case errors.Is(err, io.EOF):
			if len(p.buf) == 0 {
				return nil, false, nil
			}
			return p.buf, false, nil
		case errors.Is(err, io.ErrUnexpectedEOF): // of compressed data
			p.cut = true
			return p.buf, false, nil
		case isDamage(err):
			return nil, false, &Error{p.line, "the compressed data are damaged here or before"}
		default:
			return nil, false, err
		}
	}
}

// isDamage reports whether compressed data is damaged.
func isDamage(err error) bool {
	_, corrupt := errors.AsType[flate.CorruptInputError](err)
	return corrupt || errors.Is(err, gzip.ErrChecksum) || errors.Is(err, gzip.ErrHeader)
}

// take reads one line. Only the last line of a file may be incomplete.
func (p *parser) take(line []byte, whole bool) error {
	if text := bytes.TrimLeft(line, " \t\r"); len(text) == 0 || text[0] == '#' {
		return nil
	}
	err := p.parse(line)
	if err == nil {
		p.rec.Text = append(append(p.rec.Text, line...), '\n')
		return nil
	}
	if !whole && errors.Is(err, errSyntax) {
		p.cut = true
		return nil
	}
	return &Error{p.line, err.Error()}
}

// errSyntax is wrapped by the error for a line that is not JSON, such as an incomplete
// one.
var errSyntax = errors.New("no JSON")

func (p *parser) parse(line []byte) error {
	if p.rec.Hello != nil && len(p.rec.Events)+len(p.rec.Markers) < MaxEvents {
		if e, ok := (checker{nodes: p.rec.Head.Nodes}).quick(line); ok {
			return p.order(e)
		}
	}
	object, err := decode(line)
	if err != nil {
		return err
	}
	kind, _ := object["kind"].(string)
	if kind == "" {
		return errors.New("no kind")
	}
	switch {
	case kind == KindHead:
		return p.head(object)
	case !p.headed:
		return errors.New("no head: the first line of a recording is its head")
	case kind == string(cluster.KindHello):
		return p.hello(object)
	case p.rec.Hello == nil:
		return errors.New("no hello: the second line of a recording is the hello")
	}
	if len(p.rec.Events)+len(p.rec.Markers) >= MaxEvents {
		return fmt.Errorf("more than %d events", MaxEvents)
	}
	if kind == KindMarker {
		return p.marker(object)
	}
	return p.event(kind, object)
}

// decode reads one line as an object.
func decode(line []byte) (map[string]any, error) {
	if !utf8.Valid(line) {
		return nil, fmt.Errorf("%w: not valid UTF-8", errSyntax)
	}
	if depth(line) > MaxDepth {
		return nil, fmt.Errorf("nested deeper than %d", MaxDepth)
	}
	in := json.NewDecoder(bytes.NewReader(line))
	in.UseNumber() // whole numbers stay exact, and the shapes refuse numbers that are too large
	var value any
	if in.Decode(&value) != nil {
		return nil, errSyntax
	}
	if _, err := in.Token(); !errors.Is(err, io.EOF) {
		return nil, errSyntax
	}
	object, ok := value.(map[string]any)
	if !ok {
		return nil, errors.New("want an object")
	}
	return object, nil
}

// depth returns the largest number of brackets that are open at once.
func depth(line []byte) (most int) {
	for _, open := range cluster.Brackets(line) {
		most = max(most, open)
	}
	return most
}

// into checks an object by the shape of its kind and decodes its known fields.
func (p *parser) into(kind string, object map[string]any, v any) error {
	c := checker{nodes: cluster.MaxNodes}
	if p.headed {
		c.nodes = p.rec.Head.Nodes
	}
	known, err := c.line("", kind, object)
	if err != nil {
		return err
	}
	text, err := json.Marshal(known)
	if err != nil {
		return err
	}
	if e, ok := v.(*cluster.Event); ok {
		return e.UnmarshalJSON(text)
	}
	return json.Unmarshal(text, v)
}

func (p *parser) head(object map[string]any) error {
	if p.headed {
		return errors.New("a second head")
	}
	h := &p.rec.Head
	if err := p.into(KindHead, object, h); err != nil {
		return err
	}
	p.headed = true
	return h.check()
}

func (p *parser) hello(object map[string]any) error {
	if p.rec.Hello != nil {
		return errors.New("a second hello")
	}
	h := new(collect.Hello)
	if err := p.into(string(cluster.KindHello), object, h); err != nil {
		return err
	}
	if len(h.Cluster.Nodes) != p.rec.Head.Nodes {
		return fmt.Errorf("%d nodes, and the head says %d", len(h.Cluster.Nodes), p.rec.Head.Nodes)
	}
	for i, n := range h.Cluster.Nodes {
		if n.ID != cluster.NodeID(i+1) {
			return fmt.Errorf("cluster.nodes[%d]: want node %d", i, i+1)
		}
	}
	p.rec.Hello = h
	return nil
}

func (p *parser) marker(object map[string]any) error {
	m := Marker{After: len(p.rec.Events)}
	if err := p.into(KindMarker, object, &m); err != nil {
		return err
	}
	m.Text = cluster.Cut(m.Text, MaxText)
	p.rec.Markers = append(p.rec.Markers, m)
	return nil
}

func (p *parser) event(kind string, object map[string]any) error {
	for _, name := range []string{"seq", "node", "t"} {
		if _, ok := object[name]; !ok {
			return fmt.Errorf("no %s", name)
		}
	}
	var e cluster.Event
	if err := p.into(kind, object, &e); err != nil {
		return err
	}
	return p.order(e)
}

// order adds an event. Its seq must be higher than that of the event before. A
// gap means that events are missing.
func (p *parser) order(e cluster.Event) error {
	hello, events := p.rec.Hello.Seq, p.rec.Events
	if e.Seq == 0 {
		return errors.New("seq: want 1 or more")
	}
	before := hello // of the event that must stand before this one
	switch {
	case len(events) > 0 && e.Seq <= events[len(events)-1].Seq:
		return fmt.Errorf("seq %d follows %d", e.Seq, events[len(events)-1].Seq)
	case len(events) > 0 && events[0].Seq <= hello && e.Seq > hello:
		return fmt.Errorf("seq %d is higher than the hello's %d, and earlier ones were not", e.Seq, hello)
	case len(events) > 0:
		before = events[len(events)-1].Seq
	case e.Seq <= hello:
		before = e.Seq - 1 // older events are no longer kept, as the head of a stream says
	}
	if gap := e.Seq - before - 1; gap > 0 {
		if p.lost == 0 {
			p.lostAt = p.line
		}
		p.lost += gap
	}
	p.rec.Events = append(p.rec.Events, e)
	return nil
}

// finish records what is missing.
func (p *parser) finish() (*Recording, error) {
	r := p.rec
	if !p.headed {
		return nil, &Error{1, "the file ends within its head: there is nothing to show"}
	}
	if p.lost > 0 {
		r.miss(fmt.Sprintf("%s missing, the first before line %d.", events(p.lost), p.lostAt))
	}
	if r.Hello == nil {
		r.miss("The file ends before the state of the cluster and the events.")
	} else if n := len(r.Events); n > 0 && r.Events[n-1].Seq < r.Hello.Seq {
		r.miss(fmt.Sprintf("The file ends early: the last %s missing.", events(r.Hello.Seq-r.Events[n-1].Seq)))
	} else if p.cut {
		r.miss(fmt.Sprintf("The file breaks off in line %d: what came after is missing.", p.line))
	}
	return r, nil
}

func (r *Recording) miss(text string) { r.Missing = append(r.Missing, text) }

func events(n uint64) string {
	if n == 1 {
		return "1 event is"
	}
	return fmt.Sprintf("%d events are", n)
}

package link

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"syscall"

	"capplayground/cluster"
	"capplayground/cluster/nonblock"
)

// MaxLine is the longest line that either end accepts, in bytes.
const MaxLine = 4 << 20

// ErrClosed is returned if the other end has closed the connection.
var ErrClosed = errors.New("link closed")

// ErrLine is returned for a line that is too long, or that is not the JSON of an Up or a
// Down. After a line that is too long the connection cannot be used any more.
var ErrLine = errors.New("bad line on the link")

// Conn writes and reads JSON lines. One goroutine may read while another
// writes.
type Conn struct {
	r     *bufio.Reader
	w     io.Writer
	pipe  syscall.Conn // w, if it can be written without waiting; else nil
	close func() error
	line  []byte
	out   []byte // lines that were written and have not left
}

// NewConn returns a Conn over a pair of streams. Its Close calls close, which may be nil.
func NewConn(r io.Reader, w io.Writer, close func() error) *Conn {
	return &Conn{r: bufio.NewReaderSize(r, 32<<10), w: w, close: close}
}

// newPipeConn returns a Conn over the standard input and output of this process. If they
// are pipes, Go's poller watches them. A read that blocks a thread would keep the only
// processor of a node (see process.TuneNode) until the runtime takes it away: for 5 ms after
// each line of the playground, nothing else in the node would run.
func newPipeConn(r io.Reader, w io.Writer) *Conn {
	if pipe := polled(r); pipe != nil {
		r = pipe
	}
	c := NewConn(r, w, nil)
	if pipe := polled(w); pipe != nil {
		c.w, c.pipe = pipe, pipe
	}
	return c
}

// polled returns the pipe in a form that Go's poller watches, or nil if it is no pipe.
func polled(stream any) *os.File {
	if file, ok := stream.(*os.File); ok {
		return nonblock.Pipe(file)
	}
	return nil
}

// Close closes the streams.
func (c *Conn) Close() error {
	if c.close == nil {
		return nil
	}
	return c.close()
}

// Nearly all lines of a link hold events. Such lines are written and read without
// reflection.
const (
	eventsHead = `{"events":`
	eventsTail = "}"
)

// maxKept is the largest capacity of out that is kept for the next lines, in bytes.
const maxKept = 1 << 20

// Write adds v, an Up or a Down, as one line. The line leaves with Flush or flushNow.
func (c *Conn) Write(v any) error {
	if up, ok := v.(Up); ok && len(up.Events) > 0 {
		c.out = cluster.AppendEvents(append(c.out, eventsHead...), up.Events)
		c.out = append(append(c.out, eventsTail...), '\n')
		return nil
	}
	line, err := json.Marshal(v)
	if err != nil {
		return err
	}
	c.out = append(append(c.out, line...), '\n')
	return nil
}

// unsent is the number of bytes that were written and have not left.
func (c *Conn) unsent() int { return len(c.out) }

// Flush sends what was written.
func (c *Conn) Flush() error {
	if len(c.out) == 0 {
		return nil
	}
	_, err := c.w.Write(c.out)
	c.drop(len(c.out))
	return err
}

// flushNow sends as much of the written lines as the stream takes without waiting. It
// reports whether all of them have left.
func (c *Conn) flushNow() bool {
	if c.pipe != nil && len(c.out) > 0 {
		c.drop(nonblock.Write(c.pipe, c.out))
	}
	return len(c.out) == 0
}

// drop removes the first n bytes of out.
func (c *Conn) drop(n int) {
	c.out = append(c.out[:0], c.out[n:]...)
	if len(c.out) == 0 && cap(c.out) > maxKept {
		c.out = nil
	}
}

// Send writes one line and flushes.
func (c *Conn) Send(v any) error {
	if err := c.Write(v); err != nil {
		return err
	}
	return c.Flush()
}

// ReadUp reads the next line from a node. The error is ErrClosed at the end of the
// stream. It wraps ErrLine for a line that cannot be read. Otherwise it is the error of
// the stream.
func (c *Conn) ReadUp() (up Up, err error) {
	err = c.read(func(line []byte) (err error) {
		events, ok := bytes.CutPrefix(line, []byte(eventsHead))
		if ok {
			if events, ok = bytes.CutSuffix(events, []byte(eventsTail)); ok {
				if up.Events, err = cluster.ParseEvents(events); err == nil {
					return nil
				}
			}
		}
		up = Up{}
		return json.Unmarshal(line, &up)
	})
	return up, err
}

// Buffered is the number of bytes that have arrived and were not read.
func (c *Conn) Buffered() int { return c.r.Buffered() }

// ReadDown reads the next line from the playground. Its errors are those of ReadUp.
func (c *Conn) ReadDown() (down Down, err error) {
	err = c.read(func(line []byte) error { return json.Unmarshal(line, &down) })
	return down, err
}

func (c *Conn) read(parse func(line []byte) error) error {
	for {
		line, err := c.readLine()
		if err != nil {
			return err
		}
		if line = bytes.TrimSpace(line); len(line) == 0 {
			continue
		}
		if err := parse(line); err != nil {
			return fmt.Errorf("%w: %w", ErrLine, err)
		}
		return nil
	}
}

// readLine returns the next whole line, valid until the next call. It drops a last line
// without a line feed: its writer died before the end of the line.
func (c *Conn) readLine() ([]byte, error) {
	c.line = c.line[:0]
	for {
		part, err := c.r.ReadSlice('\n')
		if err == nil && len(c.line) == 0 {
			return part, nil
		}
		c.line = append(c.line, part...)
		switch {
		case err == nil:
			return c.line, nil
		case len(c.line) > MaxLine:
			return nil, fmt.Errorf("%w: longer than %d bytes", ErrLine, MaxLine)
		case errors.Is(err, bufio.ErrBufferFull):
		case errors.Is(err, io.EOF):
			return nil, ErrClosed
		default:
			return nil, err
		}
	}
}

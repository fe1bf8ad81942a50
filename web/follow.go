package web

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"time"
	"unicode/utf8"

	"capplayground/cluster"
	"capplayground/cluster/guard"
)

// focusGap is the least time between two focus frames from or to one window. While the
// playhead is dragged, the page sends one for every frame that it paints.
const focusGap = 5 * time.Millisecond

// focus is the key, operation, node, message and time that a window shows. The
// window that was used last sends it, and the windows that follow show the same.
// It is not an event and has no seq.
type focus struct {
	Kind string         `json:"kind"`           // "focus"
	Key  string         `json:"key,omitempty"`  // the key in focus
	Op   cluster.OpID   `json:"op,omitempty"`   // the operation in focus
	Node cluster.NodeID `json:"node,omitempty"` // the chosen node
	Msg  string         `json:"msg,omitempty"`  // the selected message
	Tab  string         `json:"tab,omitempty"`  // the panel's tab
	At   int64          `json:"at,omitempty"`   // the playhead, microseconds since the epoch; 0 is now
}

var errFocus = errors.New("not a focus")

// parseFocus reads a frame from a viewer. It returns an error wrapping
// errFocus for all but a well-formed focus with bounded fields.
func parseFocus(frame []byte) (focus, error) {
	var f focus
	if err := guard.Unmarshal(frame, &f); err != nil {
		return focus{}, fmt.Errorf("%w: %w", errFocus, err)
	}
	for _, text := range []struct {
		val string
		max int
	}{{f.Key, 256}, {string(f.Op), 64}, {f.Msg, 128}, {f.Tab, 16}} {
		if len(text.val) > text.max || !utf8.ValidString(text.val) {
			return focus{}, fmt.Errorf("%w: a field is too long", errFocus)
		}
	}
	if f.Kind != "focus" || f.Node < 0 || f.Node > cluster.MaxNodes || f.At < 0 {
		return focus{}, errFocus
	}
	return f, nil
}

// relay sends the newest focus to the windows that follow. It has no queue: a window that
// reads slowly misses the focuses in between.
type relay struct {
	mu      sync.Mutex
	frame   []byte        // the newest focus as a frame; nil before the first
	from    *socket       // the window that sent it
	changed chan struct{} // closed and replaced at every change
}

func newRelay() *relay { return &relay{changed: make(chan struct{})} }

func (y *relay) set(from *socket, f focus) {
	j, err := json.Marshal([]focus{f})
	if err != nil {
		return // cannot happen: the fields are texts and numbers
	}
	y.mu.Lock()
	defer y.mu.Unlock()
	y.frame, y.from = j, from
	close(y.changed)
	y.changed = make(chan struct{})
}

func (y *relay) get() (frame []byte, from *socket, changed <-chan struct{}) {
	y.mu.Lock()
	defer y.mu.Unlock()
	return y.frame, y.from, y.changed
}

// listen reads the frames of a viewer until the connection ends. It refuses a
// viewer that sends anything but a focus. The connection answers pings, and its
// end is noticed, only while listen reads.
func (y *relay) listen(ctx context.Context, conn *socket) {
	for {
		frame, err := conn.read()
		if err != nil {
			return
		}
		f, err := parseFocus(frame)
		if err != nil {
			conn.refuse(errFocus)
			return
		}
		y.set(conn, f)
		if !sleep(ctx, focusGap) {
			return
		}
	}
}

// ignore reads the frames of a viewer until the connection ends, and drops them.
func ignore(ctx context.Context, conn *socket) {
	for {
		if _, err := conn.read(); err != nil || !sleep(ctx, focusGap) {
			return
		}
	}
}

// follow sends conn every focus that comes from another window.
func (y *relay) follow(ctx context.Context, conn *socket) {
	for {
		frame, from, changed := y.get()
		if frame != nil && from != conn {
			if conn.write(frame) != nil {
				return
			}
		}
		if !sleep(ctx, focusGap) {
			return
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return
		}
	}
}

// sleep waits for d. It returns false if ctx ends first.
func sleep(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
		return false
	}
}

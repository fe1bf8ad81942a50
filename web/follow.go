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

// focusGap is the least time between two frames from or to one window: a
// dragged playhead sends one for every frame that is painted.
const focusGap = 5 * time.Millisecond

// focus is what a window looks at. The window that was touched last sends it,
// and those that follow show the same. It is no event, and has no place in
// their order.
type focus struct {
	Kind string         `json:"kind"`           // "focus"
	Key  string         `json:"key,omitempty"`  // the key in focus
	Op   cluster.OpID   `json:"op,omitempty"`   // the operation in focus
	Node cluster.NodeID `json:"node,omitempty"` // the chosen node
	Msg  string         `json:"msg,omitempty"`  // the message in the hand
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

// relay passes the newest focus on. It keeps no queue: who follows slowly
// misses what lies between.
type relay struct {
	mu      sync.Mutex
	frame   []byte // the newest, as a frame to send; nil before the first
	from    *socket
	changed chan struct{} // closed and replaced at every change
}

func newRelay() *relay { return &relay{changed: make(chan struct{})} }

func (y *relay) set(from *socket, f focus) {
	j, err := json.Marshal([]focus{f})
	if err != nil {
		return // a struct of plain fields always can be written
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

// listen reads what a viewer sends until it goes, or sends what is no focus,
// and is told so. It also is what answers pings and sees the viewer go.
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

// ignore reads what a viewer sends, until it goes, and does nothing with it.
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

// sleep waits for d, and reports false if ctx ends first.
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

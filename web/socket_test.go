package web

//lint:file-ignore SA1019 The project's owner fixed this path; its maintainers moved to another.

import (
	"bytes"
	"context"
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"nhooyr.io/websocket"
)

// TestFramesOfEachLength: a client of the WebSocket library reads frames with each form of
// header. Between them it gets pongs and a close frame, which the library itself sends.
func TestFramesOfEachLength(t *testing.T) {
	t.Parallel()
	lengths := []int{0, 1, 125, 126, 127, 1 << 8, 65_535, 65_536, 65_537, 300_000}
	written := make(chan error, 1)
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s, err := accept(w, r)
		if err != nil {
			written <- err
			return
		}
		defer s.drop()
		go func() { _, _ = s.read() }() // answers pings
		for _, n := range lengths {
			if err := s.write(bytes.Repeat([]byte("x"), n)); err != nil {
				written <- err
				return
			}
		}
		s.sendClosing(errors.New("the end"))
		written <- s.write([]byte("late"))
	}))
	defer srv.Close()
	conn, _, err := websocket.Dial(t.Context(), strings.Replace(srv.URL, "http", "ws", 1), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.CloseNow()
	conn.SetReadLimit(-1)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	go func() {
		for conn.Ping(ctx) == nil {
		}
	}()
	for _, n := range lengths {
		typ, frame, err := conn.Read(t.Context())
		if err != nil || typ != websocket.MessageText || len(frame) != n || strings.Trim(string(frame), "x") != "" {
			t.Fatalf("a frame of %d bytes: got %d bytes, type %v, %v", n, len(frame), typ, err)
		}
	}
	if _, frame, err := conn.Read(t.Context()); websocket.CloseStatus(err) != websocket.StatusGoingAway {
		t.Errorf("after the last frame: %q, %v", frame, err)
	}
	if err := <-written; !errors.Is(err, net.ErrClosed) {
		t.Errorf("a frame after the close frame: %v", err)
	}
}

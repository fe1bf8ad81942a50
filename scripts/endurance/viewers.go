package main

//lint:file-ignore SA1019 The project's owner fixed this path; its maintainers moved to another.

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"strings"
	"sync/atomic"
	"time"

	"nhooyr.io/websocket"

	"capplayground/server/servertest"
)

// watched counts the events and frames that viewers received.
type watched struct {
	seq    atomic.Int64 // of the newest event
	frames atomic.Int64
	bytes  atomic.Int64
	joined atomic.Int64 // connections of viewers; a viewer that connects again counts again
}

// follow is a viewer that reads every frame. When its stream ends, it connects again.
func (s *soak) follow(ctx context.Context) {
	for ctx.Err() == nil {
		s.view(ctx)
		pause(ctx, 100*time.Millisecond)
	}
}

// visit is a viewer that connects, reads for a while, and disconnects, again and again.
func (s *soak) visit(ctx context.Context, rnd *rand.Rand) {
	for ctx.Err() == nil {
		short, cancel := context.WithTimeout(ctx, time.Duration(rnd.IntN(5000))*time.Millisecond)
		s.view(short)
		cancel()
		pause(ctx, time.Duration(rnd.IntN(1000))*time.Millisecond)
	}
}

func (s *soak) view(ctx context.Context) {
	began := time.Now()
	ws, _, err := websocket.Dial(ctx, strings.Replace(s.p.URL, "http", "ws", 1)+"/ws", nil)
	if err != nil {
		if ctx.Err() == nil && !s.disturbed.Load() && !servertest.TooLate(err, time.Since(began)) {
			s.violation("a viewer is not let in: %v", err)
		}
		return
	}
	defer func() { _ = ws.CloseNow() }()
	ws.SetReadLimit(-1)
	s.watched.joined.Add(1)
	for {
		_, frame, err := ws.Read(ctx)
		if err != nil {
			return
		}
		s.watched.frames.Add(1)
		s.watched.bytes.Add(int64(len(frame)))
		s.watched.seq.Store(max(s.watched.seq.Load(), lastSeq(frame)))
	}
}

// lastSeq is the seq of the last event in a frame. It does not decode the whole frame,
// because that would take processor time from the nodes.
func lastSeq(frame []byte) (n int64) {
	at := bytes.LastIndex(frame, []byte(`"seq":`))
	if at < 0 {
		return 0
	}
	_, _ = fmt.Sscanf(string(frame[at+len(`"seq":`):min(len(frame), at+30)]), "%d", &n)
	return n
}

// deaf is a viewer that never reads. When it is disconnected, it connects again.
func (s *soak) deaf(ctx context.Context) {
	for ctx.Err() == nil {
		s.neverRead(ctx)
		pause(ctx, time.Second)
	}
}

func (s *soak) neverRead(ctx context.Context) {
	conn, err := net.Dial("tcp", s.p.Place.Listen)
	if err != nil {
		return
	}
	defer func() { _ = conn.Close() }()
	_ = conn.(*net.TCPConn).SetReadBuffer(4096)
	_, _ = fmt.Fprintf(conn, "GET /ws HTTP/1.1\r\nHost: %s\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"+
		"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n", s.p.Place.Listen)
	s.watched.joined.Add(1)
	pause(ctx, 2*time.Minute)
}

// The page must answer within the time of --page. A busy machine can delay every
// program. So look sends a request to a bare server in this process at the same time.
// The playground was too slow only if the bare server was more than `sooner` times as
// fast.
const (
	askEvery = 500 * time.Millisecond
	sooner   = 4 // times
)

// look requests the page again and again until ctx ends.
func (s *soak) look(ctx context.Context) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		s.violation("no bare server: %v", err)
		return
	}
	bare := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "ok") })}
	go func() { _ = bare.Serve(ln) }()
	defer func() { _ = bare.Close() }()
	for ctx.Err() == nil {
		floor := make(chan time.Duration, 1)
		go func() {
			took, _ := s.timed(ctx, "http://"+ln.Addr().String())
			floor <- took
		}()
		took, err := s.timed(ctx, s.p.URL+"/")
		least := <-floor
		switch {
		case ctx.Err() != nil, s.disturbed.Load():
		case err != nil && !servertest.TooLate(err, took):
			s.violation("the page does not answer: %v", err)
		case took > s.o.page && took > sooner*least:
			s.violation("the page took %v, a bare server %v (%v)", took, least, err)
		default:
			s.tally.asked(took, least)
		}
		pause(ctx, askEvery)
	}
}

func (s *soak) timed(ctx context.Context, url string) (time.Duration, error) {
	began := time.Now()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return 0, err
	}
	resp, err := s.p.HTTP.Do(req)
	if err != nil {
		return time.Since(began), err
	}
	defer resp.Body.Close()
	_, err = io.Copy(io.Discard, resp.Body)
	if err == nil && resp.StatusCode != http.StatusOK {
		err = fmt.Errorf("%s: %s", url, resp.Status)
	}
	return time.Since(began), err
}

package peer

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

	"capplayground/cluster"
)

// newTestSender returns the sender of node 1 to node 2, which does not run. The second result
// has the messages that the sender reports as lost.
func newTestSender() (*sender, *[]lost) {
	var gone []lost
	cfg := &Config{
		ID: 1, Incarnation: "a", Log: slog.New(slog.DiscardHandler),
		Lost: func(m cluster.Message, why string) { gone = append(gone, lost{m, why}) },
	}
	return newSender(cfg, 2, closedAddr, nil), &gone
}

// ofFrame returns a message whose frame has exactly the given number of bytes.
func ofFrame(t *testing.T, bytes int) cluster.Message {
	t.Helper()
	m := msg(1, 2, 7)
	for range 3 { // the frame also has the length of the label, whose size may change
		m.Label = strings.Repeat("x", max(0, len(m.Label)+bytes-len(m.AppendFrame(nil))))
	}
	if n := len(m.AppendFrame(nil)); n != bytes {
		t.Fatalf("the frame has %d bytes, want %d", n, bytes)
	}
	return m
}

// TestTheQueueIsBounded: the number of the messages is bounded, and the number of their bytes.
func TestTheQueueIsBounded(t *testing.T) {
	t.Parallel()
	s, _ := newTestSender()
	for i := range MaxQueue {
		if !s.put(msg(1, 2, i)) {
			t.Fatalf("message %d is refused", i)
		}
	}
	if s.put(msg(1, 2, 0)) {
		t.Errorf("more than %d messages wait", MaxQueue)
	}
	s.pop()
	if !s.put(msg(1, 2, 0)) {
		t.Error("the place of a message that left is not free")
	}

	s, _ = newTestSender()
	large := cluster.Message{Body: json.RawMessage(strings.Repeat("x", MaxQueueBytes/4-256-3)), Label: "abc"}
	if n := weight(large); n != MaxQueueBytes/4 {
		t.Fatalf("the message weighs %d", n)
	}
	for i := range 4 {
		if !s.put(large) {
			t.Fatalf("message %d is refused", i)
		}
	}
	if s.put(cluster.Message{}) || s.bytes != MaxQueueBytes {
		t.Errorf("%d bytes wait, and one more message is accepted", s.bytes)
	}
	for range 4 {
		s.pop()
	}
	if s.bytes != 0 || len(s.queue) != 0 {
		t.Errorf("an empty queue holds %d bytes", s.bytes)
	}
	large.Body = json.RawMessage(strings.Repeat("x", MaxQueueBytes+1))
	if !s.put(large) || s.put(cluster.Message{}) {
		t.Error("a message that is longer than the queue may wait, and only alone")
	}
}

// TestMessagesForAPeerThatCannotBeReached: if the machine of the peer refused the connection,
// all messages are lost. If it did not answer, those messages are lost that were waiting when
// the dial began.
func TestMessagesForAPeerThatCannotBeReached(t *testing.T) {
	t.Parallel()
	began := time.Now()
	for name, tc := range map[string]struct {
		err  error
		why  string
		lost int
	}{
		"refused":           {errors.New("connection refused"), cluster.WhyRefused, 3},
		"timeout":           {os.ErrDeadlineExceeded, cluster.WhyTimeout, 1},
		"timeout of a dial": {&net.OpError{Op: "dial", Err: os.ErrDeadlineExceeded}, cluster.WhyTimeout, 1},
	} {
		s, gone := newTestSender()
		for i, at := range []time.Duration{-1, 0, 1} {
			s.put(msg(1, 2, i))
			s.queue[i].at = began.Add(at)
		}
		s.giveUp(tc.err, began)
		if len(*gone) != tc.lost || (*gone)[0].why != tc.why || (*gone)[0].m.ID != "0" || len(s.queue) != 3-tc.lost {
			t.Errorf("%s: lost %v, %d wait", name, *gone, len(s.queue))
		}
	}
}

// TestARepeatedErrorIsLoggedOnce: an error is logged once while the peer refuses each dial for
// the same reason.
func TestARepeatedErrorIsLoggedOnce(t *testing.T) {
	t.Parallel()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	accepted := make(chan struct{})
	go func() {
		defer close(accepted)
		for range 4 {
			conn, err := ln.Accept()
			if err != nil {
				return
			}
			_, _ = http.ReadRequest(bufio.NewReader(conn)) // read all of it, else the close would send a reset
			_, _ = io.WriteString(conn, "HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n")
			_ = conn.Close()
		}
		cancel()
	}()
	var text bytes.Buffer
	s, _ := newTestSender()
	s.addr, s.cfg.Log = ln.Addr().String(), slog.New(slog.NewTextHandler(&text, nil))
	s.run(ctx)
	<-accepted
	_ = ln.Close()
	if n := strings.Count(text.String(), "no stream to a peer"); n != 1 {
		t.Errorf("%d lines: %s", n, &text)
	}
}

// TestHandshakesAtTheirBounds: a node accepts the longest values in a handshake. It refuses a
// longer, a missing or a wrong value.
func TestHandshakesAtTheirBounds(t *testing.T) {
	t.Parallel()
	tr, err := New(Config{
		ID: 1, Addrs: map[cluster.NodeID]string{1: closedAddr, 2: closedAddr}, Mode: "CA", Epoch: 3, Incarnation: "a", Token: "secret",
		Take: func([]cluster.Message) {}, Lost: func(cluster.Message, string) {}, Ended: func(Ended) {},
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, tc := range []struct {
		name, header, value string
		want                int
	}{
		{"as it should be", "", "", 0},
		{"a long incarnation", headerIncarnation, strings.Repeat("i", 64), 0},
		{"too long an incarnation", headerIncarnation, strings.Repeat("i", 65), 400},
		{"no incarnation", headerIncarnation, "", 400},
		{"a long stream", headerStream, strings.Repeat("s", 96), 0},
		{"too long a stream", headerStream, strings.Repeat("s", 97), 400},
		{"no stream", headerStream, "", 400},
		{"another token", "Authorization", "Bearer secreT", 403},
		{"no bearer", "Authorization", "secret", 403},
		{"no token", "Authorization", "", 403},
		{"another epoch", headerEpoch, "4", 409},
		{"another mode", headerMode, "CP", 409},
		{"this node itself", headerNode, "1", 403},
		{"another protocol", "Upgrade", "websocket", 426},
	} {
		r := httptest.NewRequest(http.MethodGet, Path, nil)
		for k, v := range map[string]string{
			"Upgrade": Protocol, headerNode: "2", headerMode: "CA", headerEpoch: "3", headerIncarnation: "b", headerStream: "s", "Authorization": "Bearer secret",
		} {
			r.Header.Set(k, v)
		}
		if tc.header != "" {
			r.Header.Set(tc.header, tc.value)
		}
		if h, status, reason := tr.check(r); status != tc.want || status == 0 && h.from != 2 {
			t.Errorf("%s: %d %s, want %d", tc.name, status, reason, tc.want)
		}
	}
}

// TestStreamsWithAToken: a node sends its token, and dials from its own address.
func TestStreamsWithAToken(t *testing.T) {
	t.Parallel()
	ls, addrs := listen(t, 2)
	a := start(t, ls[0], Config{ID: 1, Addrs: addrs, Token: "secret"})
	b := start(t, ls[1], Config{ID: 2, Addrs: addrs, Token: "secret"})
	a.t.Send([]cluster.Message{msg(1, 2, 5)})
	if m := next(t, b.took, "message"); m.ID != "5" {
		t.Errorf("took in %v", m)
	}
	for addr, want := range map[string]string{"127.0.0.3:3003": "127.0.0.3", "0.0.0.0:3003": "", "[::]:3003": "", "node3:3003": "", ":3003": ""} {
		local, err := localAddr(addr)
		if err != nil || (local == nil) != (want == "") || local != nil && local.IP.String() != want {
			t.Errorf("a node at %s dials from %v, %v", addr, local, err)
		}
	}
	if _, err := localAddr("nonsense"); err == nil {
		t.Error("an address without a port is accepted")
	}
}

// TestAReceiverSaysHowMuchItTookIn: a receiver acknowledges every ackEvery bytes.
func TestAReceiverSaysHowMuchItTookIn(t *testing.T) {
	t.Parallel()
	for frame, want := range map[int][]string{
		ackEvery / 8:   {"24576", "49152", "73728"},
		ackEvery/8 + 1: {"24584", "49168", "73752"}, // eight frames each
		ackEvery - 1:   {"49150", "98300"},          // two frames each
	} {
		taken := 0
		tr := &Transport{cfg: Config{Take: func(all []cluster.Message) { taken += len(all) }}}
		m := ofFrame(t, frame)
		var stream []byte
		for range 3*ackEvery/frame + 2 {
			stream = m.AppendFrame(stream)
		}
		var acks acknowledged
		ended := Ended{From: 1, To: 2}
		if err := tr.read(&acks, bufio.NewReader(bytes.NewReader(stream)), &ended); !errors.Is(err, io.EOF) {
			t.Fatal(err)
		}
		if got := strings.Fields(acks.String()); fmt.Sprint(got[:min(len(got), len(want))]) != fmt.Sprint(want) || taken != len(stream)/frame {
			t.Errorf("frames of %d bytes: %v, want %v first; %d taken in", frame, got, want, taken)
		}
	}
}

// acknowledged is a connection that stores the bytes that are written to it.
type acknowledged struct {
	net.Conn
	bytes.Buffer
}

func (a *acknowledged) Write(p []byte) (int, error) { return a.Buffer.Write(p) }
func (a *acknowledged) Read([]byte) (int, error)    { return 0, io.EOF }

// TestFramesAtTheirBounds: a frame of MaxFrame bytes is read. A longer frame ends the stream.
// A length that does not end ends the stream, too.
func TestFramesAtTheirBounds(t *testing.T) {
	t.Parallel()
	frame := func(head []byte, n int) io.Reader {
		return io.MultiReader(bytes.NewReader(head), bytes.NewReader(make([]byte, n)))
	}
	for name, tc := range map[string]struct {
		in   io.Reader
		size int
		err  error
	}{
		"MaxFrame":             {frame([]byte{0x80, 0x80, 0x80, 0x20}, MaxFrame), MaxFrame + 4, nil},
		"one byte more":        {frame([]byte{0x81, 0x80, 0x80, 0x20}, MaxFrame+1), 0, errTooLong},
		"no end of the length": {frame([]byte{0x80, 0x80, 0x80, 0x80, 0x01}, 9), 0, errLength},
		"nothing in it":        {frame([]byte{0}, 0), 1, nil},
		"cut in the length":    {frame([]byte{0x80}, 0), 0, io.EOF},
		"cut in the frame":     {frame([]byte{9}, 8), 0, io.EOF},
		"cut in a long frame":  {frame([]byte{0x80, 0x80, 0x04}, 65_535), 0, io.EOF},
		"as long as the space": {frame([]byte{0x80, 0x80, 0x04}, 65_536), 65_539, nil},
	} {
		var long []byte
		got, size, err := readFrame(bufio.NewReaderSize(tc.in, 64<<10), &long)
		if !errors.Is(err, tc.err) || size != tc.size || err == nil && len(got) > size {
			t.Errorf("%s: %d bytes, size %d, %v", name, len(got), size, err)
		}
	}
}

// newTestWriter returns a writer to a connection. The test reads from far, the other end.
func newTestWriter(t *testing.T) (w *writer, far net.Conn, gone *[]lost) {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	near, err := net.Dial("tcp", ln.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	if far, err = ln.Accept(); err != nil {
		t.Fatal(err)
	}
	_ = ln.Close()
	t.Cleanup(func() { _, _ = near.Close(), far.Close() })
	s, gone := newTestSender()
	return &writer{s: s, conn: near.(*net.TCPConn), timeout: userTimeout}, far, gone
}

// TestWhatAWriterMaySend: a writer sends more if the peer has taken in nearly all, or if the
// message fits into the window.
func TestWhatAWriterMaySend(t *testing.T) {
	t.Parallel()
	const size = 1000 // the weight of the next message
	for _, tc := range []struct {
		sent, taken uint64
		want        bool
	}{
		{0, 0, true},
		{window - size, 0, true},
		{window - size + 1, 0, false},
		{window + 500, 500 + size, true},
		{window + 500, 500 + size - 1, false},
		{ackEvery, 0, true},
	} {
		w, _, _ := newTestWriter(t)
		w.s.put(cluster.Message{Body: make(json.RawMessage, size-256)})
		w.sent, w.s.taken = tc.sent, tc.taken
		if _, ok, err := w.next(); ok != tc.want || err != nil {
			t.Errorf("%d sent, %d taken in: %v, %v", tc.sent, tc.taken, ok, err)
		}
	}
	for sent, want := range map[uint64]bool{ackEvery - 1: true, ackEvery: false} { // larger than the window
		w, _, _ := newTestWriter(t)
		w.s.put(cluster.Message{Body: make(json.RawMessage, window)})
		w.sent = sent
		if _, ok, _ := w.next(); ok != want {
			t.Errorf("a large message after %d bytes: %v", sent, ok)
		}
	}
	w, _, _ := newTestWriter(t)
	w.s.down = true
	if _, _, err := w.next(); !errors.Is(err, errPeerClosed) {
		t.Errorf("a stream that has ended: %v", err)
	}
}

// TestAWriteIsOfHalfAWindow: one write encodes about half a window.
func TestAWriteIsOfHalfAWindow(t *testing.T) {
	t.Parallel()
	w, _, _ := newTestWriter(t)
	for range 30 {
		w.s.put(ofFrame(t, 1024))
	}
	if more, err := w.fill(); !more || err != nil || len(w.out) != window/2 || w.sent != window/2 {
		t.Errorf("more %v, %v, %d bytes", more, err, len(w.out))
	}
	w.out = w.out[:0]
	if more, err := w.fill(); more || err != nil || len(w.out) != 6*1024 {
		t.Errorf("the rest: more %v, %v, %d bytes", more, err, len(w.out))
	}
}

// TestAMessageOfMaxFrameIsSent: a longer one is lost.
func TestAMessageOfMaxFrameIsSent(t *testing.T) {
	t.Parallel()
	w, _, gone := newTestWriter(t)
	most, more := ofFrame(t, MaxFrame), ofFrame(t, MaxFrame+1)
	w.encode(&most)
	if len(w.out) != MaxFrame || len(*gone) != 0 {
		t.Fatalf("%d bytes, lost %d", len(w.out), len(*gone))
	}
	w.encode(&more)
	if len(w.out) != MaxFrame || w.sent != MaxFrame || len(*gone) != 1 || (*gone)[0].why != cluster.WhyOverflow {
		t.Errorf("%d bytes, lost %d", len(w.out), len(*gone))
	}
}

// TestAnUnacknowledgedStreamLivesLongerBehindALargeMessage: while more than a window is not
// acknowledged, the timeout is long.
func TestAnUnacknowledgedStreamLivesLongerBehindALargeMessage(t *testing.T) {
	t.Parallel()
	w, _, _ := newTestWriter(t)
	for _, step := range []struct {
		sent, taken uint64
		want        time.Duration
	}{{window, 0, userTimeout}, {window + 1, 0, largeWait}, {window + 100, 100, userTimeout}, {window + 101, 100, largeWait}, {window + 101, window, userTimeout}} {
		w.sent, w.s.taken = step.sent, step.taken
		if err := w.setTimeout(); err != nil || w.timeout != step.want {
			t.Errorf("%d sent, %d taken in: %v, %v", step.sent, step.taken, w.timeout, err)
		}
	}
	_ = w.conn.Close()
	if err := w.setTimeout(); err != nil {
		t.Errorf("a timeout that is already set is set again: %v", err)
	}
}

// TestTry: bytes that the socket accepts are sent at once.
func TestTry(t *testing.T) {
	t.Parallel()
	w, far, _ := newTestWriter(t)
	if !w.try() {
		t.Error("there is nothing to write, but something is left to do")
	}
	m := ofFrame(t, 500)
	w.s.put(m)
	if !w.try() || len(w.out) != 0 || len(w.s.queue) != 0 {
		t.Errorf("%d bytes and %d messages wait", len(w.out), len(w.s.queue))
	}
	got := make([]byte, 500)
	if _, err := io.ReadFull(far, got); err != nil || !bytes.Equal(got, m.AppendFrame(nil)) {
		t.Errorf("read %v", err)
	}
	for range 40 {
		w.s.put(ofFrame(t, 1024))
	}
	if w.try() {
		t.Error("more than half a window was written at once")
	}
	if len(w.s.queue) != 16 {
		t.Errorf("%d messages wait", len(w.s.queue))
	}
	if err := w.drain(); err != nil || len(w.s.queue) != 0 || len(w.out) != 0 {
		t.Errorf("drain left %d messages and %d bytes, %v", len(w.s.queue), len(w.out), err)
	}
	if _, err := io.ReadFull(far, make([]byte, 40*1024)); err != nil {
		t.Error(err)
	}

	w.s.put(m)
	w.out = []byte("half a frame")
	if w.try() || string(w.out) != "half a frame" || len(w.s.queue) != 1 {
		t.Errorf("it wrote although bytes were unwritten: %d bytes and %d messages wait", len(w.out), len(w.s.queue))
	}
	w.out = nil
	w.end()
	if w.try() || len(w.s.queue) != 1 {
		t.Error("it wrote to a stream that has ended")
	}
}

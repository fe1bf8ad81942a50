package peer

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"strconv"

	"capplayground/cluster"
)

// serve reads one peer's stream until it ends.
func (t *Transport) serve(w http.ResponseWriter, r *http.Request) {
	h, status, reason := t.check(r)
	if status != 0 {
		http.Error(w, reason, status)
		return
	}
	if !t.begin() {
		http.Error(w, "this node is stopping", http.StatusServiceUnavailable)
		return
	}
	defer t.readers.Done()
	conn, buf, err := t.accept(w)
	if err != nil {
		t.cfg.Log.Warn("a peer's stream was not taken", "peer", h.from, "err", err)
		return
	}
	if !t.track(conn) {
		_ = conn.Close()
		return
	}
	t.senders[h.from].endPause()

	ended := Ended{ID: h.stream, From: h.from, To: t.cfg.ID}
	if err := t.read(conn, buf, &ended); !errors.Is(err, io.EOF) && !errors.Is(err, net.ErrClosed) {
		t.cfg.Log.Info("a peer's stream ended", "peer", h.from, "err", err)
	}
	_ = conn.Close()
	t.mu.Lock()
	delete(t.streams, conn)
	stopped := t.stopped
	t.mu.Unlock()
	if !stopped {
		t.cfg.Ended(ended)
	}
}

// begin counts one more reader, unless the transport has stopped.
func (t *Transport) begin() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	if !t.stopped {
		t.readers.Add(1)
	}
	return !t.stopped
}

// track remembers the stream, so that Run can close it. It returns false if the transport
// has stopped.
func (t *Transport) track(c net.Conn) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	if !t.stopped {
		t.streams[c] = struct{}{}
	}
	return !t.stopped
}

// read takes messages from the stream, all that have arrived at a time, and reports to the
// sender how many bytes it has taken.
func (t *Transport) read(conn net.Conn, r *bufio.Reader, ended *Ended) error {
	frames := bufio.NewReaderSize(r, 64<<10)
	var taken, acked uint64
	var long, ack []byte
	var arrived []cluster.Message // that are not taken yet
	for {
		m, size, err := readMessage(frames, &long, ended)
		if err == nil {
			arrived = append(arrived, m)
			taken += uint64(size)
			if taken-acked < ackEvery && holdsFrame(frames) {
				continue
			}
		}
		if n := len(arrived); n > 0 {
			t.cfg.Take(arrived)
			if ended.First == "" {
				ended.First = arrived[0].ID
			}
			ended.Last = arrived[n-1].ID
			clear(arrived)
			arrived = arrived[:0]
		}
		if err != nil {
			return err
		}
		if taken-acked >= ackEvery {
			acked = taken
			ack = append(strconv.AppendUint(ack[:0], taken, 10), '\n')
			if _, err := conn.Write(ack); err != nil {
				return err
			}
		}
	}
}

// readMessage returns the next message of a stream, and the size of its frame.
func readMessage(r *bufio.Reader, long *[]byte, stream *Ended) (m cluster.Message, size int, err error) {
	frame, size, err := readFrame(r, long)
	if err == nil {
		err = m.ParseFrame(frame)
	}
	if err == nil && (m.From != stream.From || m.To != stream.To) {
		err = fmt.Errorf("a message %v->%v on the stream %v->%v", m.From, m.To, stream.From, stream.To)
	}
	return m, size, err
}

// holdsFrame reports whether the reader has the whole next frame, so that it need not wait
// for it.
func holdsFrame(r *bufio.Reader) bool {
	head, _ := r.Peek(min(r.Buffered(), maxLength))
	length, used := binary.Uvarint(head)
	return used > 0 && length <= uint64(r.Buffered()-used)
}

// Errors of a stream.
var (
	errTooLong = fmt.Errorf("a frame of more than %d bytes", MaxFrame)
	errLength  = errors.New("not the length of a frame")
)

// readFrame returns the next frame without its length, and its size together with its
// length. The frame is valid until the next call. The error is io.EOF also if the stream
// ends inside a frame: then its sender has died.
func readFrame(r *bufio.Reader, long *[]byte) (frame []byte, size int, err error) {
	head, err := r.Peek(1)
	if err != nil {
		return nil, 0, err
	}
	for len(head) < maxLength && head[len(head)-1] >= 0x80 {
		if head, err = r.Peek(len(head) + 1); err != nil {
			return nil, 0, err
		}
	}
	length, used := binary.Uvarint(head)
	switch {
	case used <= 0:
		return nil, 0, errLength
	case length > MaxFrame:
		return nil, 0, errTooLong
	}
	_, _ = r.Discard(used)
	size = used + int(length)
	if int(length) > r.Size() {
		*long = slices.Grow((*long)[:0], int(length))[:length]
		if _, err := io.ReadFull(r, *long); err != nil {
			return nil, 0, io.EOF
		}
		return *long, size, nil
	}
	if frame, err = r.Peek(int(length)); err != nil {
		return nil, 0, err
	}
	_, _ = r.Discard(int(length)) // the bytes stay until the next read
	return frame, size, nil
}

// maxLength is the largest number of bytes of a frame's length.
const maxLength = 4

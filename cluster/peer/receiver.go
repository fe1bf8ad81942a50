package peer

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"

	"capplayground/cluster"
)

// serve takes one peer's stream until it ends.
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
	t.senders[h.from].peerLives()

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

// track remembers the stream, so that Run can close it.
func (t *Transport) track(c net.Conn) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	if !t.stopped {
		t.streams[c] = struct{}{}
	}
	return !t.stopped
}

// read takes in messages, and tells the sender how many bytes it took in.
func (t *Transport) read(conn net.Conn, r *bufio.Reader, ended *Ended) error {
	lines := bufio.NewReaderSize(r, 64<<10)
	var taken, acked uint64
	var long, ack []byte
	for {
		line, err := readLine(lines, &long)
		if err != nil {
			return err
		}
		var m cluster.Message
		if err := m.ParseJSON(line); err != nil {
			return fmt.Errorf("no message: %w", err)
		}
		if m.From != ended.From || m.To != ended.To {
			return fmt.Errorf("a message %v->%v on the stream %v->%v", m.From, m.To, ended.From, ended.To)
		}
		t.cfg.Take(m)
		if ended.First == "" {
			ended.First = m.ID
		}
		ended.Last = m.ID
		taken += uint64(len(line))
		if taken-acked >= ackEvery {
			acked = taken
			ack = append(strconv.AppendUint(ack[:0], taken, 10), '\n')
			if _, err := conn.Write(ack); err != nil {
				return err
			}
		}
	}
}

// errTooLong is the end of a stream.
var errTooLong = fmt.Errorf("a line of more than %d bytes", MaxLine)

// readLine returns the next line with its end, valid until the next call.
func readLine(r *bufio.Reader, long *[]byte) ([]byte, error) {
	*long = (*long)[:0]
	for {
		part, err := r.ReadSlice('\n')
		if err == nil && len(*long) == 0 {
			return part, nil
		}
		*long = append(*long, part...)
		switch {
		case err == nil:
			return *long, nil
		case len(*long) > MaxLine:
			return nil, errTooLong
		case !errors.Is(err, bufio.ErrBufferFull):
			return nil, err
		}
	}
}

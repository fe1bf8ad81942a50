package web

//lint:file-ignore SA1019 The project's owner fixed this path; its maintainers moved to another.

import (
	"bufio"
	"context"
	"encoding/binary"
	"math"
	"net"
	"net/http"
	"sync"
	"time"

	"nhooyr.io/websocket"
)

const (
	// writeTimeout is how long a viewer may take to accept one short frame. A
	// long frame may take longer: slowest is how many bytes of it the viewer must
	// take in each second. So a viewer that reads is not disconnected when its
	// first frame has many megabytes.
	writeTimeout = 5 * time.Second
	slowest      = 256 << 10
	// sendBuffer bounds the bytes that the kernel keeps for a viewer. With a
	// larger buffer the hub would notice too late that a viewer is slow, and the
	// viewer would show old events.
	sendBuffer = 256 << 10
	// readLimit is the longest frame, in bytes, that a viewer may send.
	readLimit = 4 << 10
)

// socket is one WebSocket (RFC 6455). Its methods are safe for use by several
// goroutines, except that only one may call read at a time.
type socket struct {
	ws  *websocket.Conn
	tcp net.Conn

	writing sync.Mutex      // held while a frame is written; protects the fields below
	header  [maxHeader]byte // of the frame that is written
	closing bool            // no frame may follow
}

// maxHeader is the size of the longest header of a frame that is not masked, in bytes.
const maxHeader = 10

// accept makes a WebSocket of the request's connection. Where it returns an error,
// it has answered the request.
func accept(w http.ResponseWriter, r *http.Request) (*socket, error) {
	taken := &taking{ResponseWriter: w}
	ws, err := websocket.Accept(taken, r, &websocket.AcceptOptions{CompressionMode: websocket.CompressionDisabled})
	if err != nil {
		return nil, err
	}
	ws.SetReadLimit(readLimit)
	return &socket{ws: ws, tcp: taken.conn}, nil
}

// read waits for the next frame. Pings are answered, and the end of the connection
// is noticed, only during a read.
func (s *socket) read() ([]byte, error) {
	_, frame, err := s.ws.Read(context.Background())
	return frame, err
}

// write sends one frame. A viewer that does not read it in time is disconnected. The frame
// leaves in one system call. The library would wake another goroutine twice for each
// frame. Its own frames, such as pongs, leave in one piece too, so none stands inside
// another.
func (s *socket) write(frame []byte) error {
	s.writing.Lock()
	defer s.writing.Unlock()
	if s.closing {
		return net.ErrClosed
	}
	patience := writeTimeout + time.Duration(len(frame))*time.Second/slowest
	if err := s.tcp.SetWriteDeadline(time.Now().Add(patience)); err != nil {
		return err
	}
	parts := net.Buffers{appendHeader(s.header[:0], len(frame)), frame}
	if _, err := parts.WriteTo(s.tcp); err != nil {
		s.cut() // a part of the frame may have left, so nothing may follow
		return err
	}
	return s.tcp.SetWriteDeadline(time.Time{}) // the library has limits of its own
}

// appendHeader appends the header of a server's text frame of n bytes (RFC 6455, section
// 5.2): the last of its message, not masked.
func appendHeader(b []byte, n int) []byte {
	const finalText = 0x81
	switch {
	case n <= 125:
		return append(b, finalText, byte(n))
	case n <= math.MaxUint16:
		return binary.BigEndian.AppendUint16(append(b, finalText, 126), uint16(n))
	}
	return binary.BigEndian.AppendUint64(append(b, finalText, 127), uint64(n))
}

// sendClosing closes the connection with the reason that the playground ends.
func (s *socket) sendClosing(why error) { s.close(websocket.StatusGoingAway, why) }

// refuse closes the connection of a viewer that sent a bad frame.
func (s *socket) refuse(why error) { s.close(websocket.StatusPolicyViolation, why) }

// close sends the reason. No frame may follow it.
func (s *socket) close(code websocket.StatusCode, why error) {
	s.writing.Lock()
	s.closing = true
	s.writing.Unlock()
	_ = s.ws.Close(code, why.Error())
}

// drop ends the connection without a reason. The connection may have ended already.
func (s *socket) drop() { _ = s.ws.CloseNow() }

// cut ends the TCP connection, even while sendClosing or refuse waits for the viewer.
func (s *socket) cut() { _ = s.tcp.Close() }

// taking gives a hijacked connection a small send buffer, and keeps the
// connection for accept.
type taking struct {
	http.ResponseWriter
	conn net.Conn
}

func (t *taking) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	conn, rw, err := http.NewResponseController(t.ResponseWriter).Hijack()
	if tcp, ok := conn.(interface{ SetWriteBuffer(int) error }); ok && err == nil {
		err = tcp.SetWriteBuffer(sendBuffer)
	}
	t.conn = conn
	return conn, rw, err
}

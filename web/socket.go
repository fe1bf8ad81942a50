package web

//lint:file-ignore SA1019 The project's owner fixed this path; its maintainers moved to another.

import (
	"bufio"
	"context"
	"net"
	"net/http"
	"time"

	"nhooyr.io/websocket"
)

const (
	// writeTimeout is how long a viewer may take to accept one short frame. A
	// long frame may take longer: slowest is how many bytes of it the viewer must
	// take in each second. So a viewer that reads is not cut off because its
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
}

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

// write sends one frame. A viewer that does not take it in time is cut off:
// the library closes the connection when the context of a write ends.
func (s *socket) write(frame []byte) error {
	patience := writeTimeout + time.Duration(len(frame))*time.Second/slowest
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	return s.ws.Write(ctx, websocket.MessageText, frame)
}

// sendClosing closes the connection with the reason that the playground ends.
func (s *socket) sendClosing(why error) { _ = s.ws.Close(websocket.StatusGoingAway, why.Error()) }

// refuse closes the connection of a viewer that sent a bad frame.
func (s *socket) refuse(why error) { _ = s.ws.Close(websocket.StatusPolicyViolation, why.Error()) }

// drop ends the connection without a reason. It may have ended before.
func (s *socket) drop() { _ = s.ws.CloseNow() }

// cut ends the TCP connection, also during a leave or refuse that waits for the
// viewer.
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

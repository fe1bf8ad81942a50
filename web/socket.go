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
	// writeTimeout is how long a viewer may take to accept one frame, and
	// slowest how many bytes of a long one it must take in each second beside
	// that: a hello of many megabytes is no reason to cut off who reads it.
	writeTimeout = 5 * time.Second
	slowest      = 256 << 10
	// sendBuffer is what the kernel keeps for a viewer. More would hide from
	// the hub that somebody lags, and show the room the past.
	sendBuffer = 256 << 10
	// readLimit is the longest frame, in bytes, that a viewer may send.
	readLimit = 4 << 10
)

// socket is one WebSocket (RFC 6455). Its methods may be called by anybody,
// read by one at a time.
type socket struct {
	ws  *websocket.Conn
	tcp net.Conn
}

// accept takes the request's connection over. On an error it has answered.
func accept(w http.ResponseWriter, r *http.Request) (*socket, error) {
	taken := &taking{ResponseWriter: w}
	ws, err := websocket.Accept(taken, r, &websocket.AcceptOptions{CompressionMode: websocket.CompressionDisabled})
	if err != nil {
		return nil, err
	}
	ws.SetReadLimit(readLimit)
	return &socket{ws: ws, tcp: taken.conn}, nil
}

// read waits for the next frame. While somebody reads, pings are answered and
// it is noticed when the viewer goes.
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

// leave says goodbye: the playground ends.
func (s *socket) leave(why error) { _ = s.ws.Close(websocket.StatusGoingAway, why.Error()) }

// refuse sends a viewer away that broke the rules.
func (s *socket) refuse(why error) { _ = s.ws.Close(websocket.StatusPolicyViolation, why.Error()) }

// drop ends the connection, if it still is there.
func (s *socket) drop() { _ = s.ws.CloseNow() }

// cut ends it under whoever still is saying goodbye.
func (s *socket) cut() { _ = s.tcp.Close() }

// taking gives a connection that is taken over a small send buffer, and shows
// which it was.
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

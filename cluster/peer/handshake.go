package peer

import (
	"bufio"
	"context"
	"crypto/subtle"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
	"time"

	"capplayground/cluster"
)

// The headers of the handshake. Both sides send their incarnation.
const (
	headerNode        = "X-Cap-Node"
	headerMode        = "X-Cap-Mode"
	headerEpoch       = "X-Cap-Epoch"
	headerIncarnation = "X-Cap-Incarnation"
	headerStream      = "X-Cap-Stream"
)

// errRefused is wrapped in the error that is returned if the peer refuses the stream.
var errRefused = errors.New("stream refused")

// dial opens a stream to the peer: TCP within dialTimeout, then the Upgrade. For the
// Upgrade it waits as long as the peer's kernel acknowledges, because a frozen process
// answers only after it thaws.
func (s *sender) dial(ctx context.Context, stream string) (*net.TCPConn, *bufio.Reader, error) {
	d := net.Dialer{Timeout: dialTimeout, KeepAliveConfig: keepAlive}
	if s.local != nil {
		d.LocalAddr = s.local
	}
	raw, err := d.DialContext(ctx, "tcp", s.addr)
	if err != nil {
		return nil, nil, err
	}
	conn := raw.(*net.TCPConn)
	stop := context.AfterFunc(ctx, func() { _ = conn.Close() })
	defer stop()
	r, err := s.upgrade(conn, stream)
	if err != nil {
		_ = conn.Close()
		return nil, nil, err
	}
	return conn, r, nil
}

var keepAlive = net.KeepAliveConfig{Enable: true, Idle: time.Second, Interval: time.Second, Count: 3}

func (s *sender) upgrade(conn *net.TCPConn, stream string) (*bufio.Reader, error) {
	if err := setUserTimeout(conn, userTimeout); err != nil {
		return nil, err
	}
	var b strings.Builder
	fmt.Fprintf(&b, "GET %s HTTP/1.1\r\nHost: %s\r\nConnection: Upgrade\r\nUpgrade: %s\r\n", Path, s.addr, Protocol)
	fmt.Fprintf(&b, "%s: %d\r\n%s: %s\r\n%s: %d\r\n", headerNode, s.cfg.ID, headerMode, s.cfg.Mode, headerEpoch, s.cfg.Epoch)
	fmt.Fprintf(&b, "%s: %s\r\n%s: %s\r\n", headerIncarnation, s.cfg.Incarnation, headerStream, stream)
	if s.cfg.Token != "" {
		fmt.Fprintf(&b, "Authorization: Bearer %s\r\n", s.cfg.Token)
	}
	b.WriteString("\r\n")
	if _, err := io.WriteString(conn, b.String()); err != nil {
		return nil, err
	}
	r := bufio.NewReader(conn)
	resp, err := http.ReadResponse(r, nil)
	if err != nil {
		return nil, err
	}
	if resp.StatusCode != http.StatusSwitchingProtocols {
		why, _ := io.ReadAll(io.LimitReader(resp.Body, 512))
		return nil, fmt.Errorf("%w: %s: %s", errRefused, resp.Status, strings.TrimSpace(string(why)))
	}
	return r, nil
}

// hello is what a dialling peer sends about itself.
type hello struct {
	from        cluster.NodeID
	incarnation string
	stream      string
}

// check reads a handshake. If the handshake must be refused, check returns an HTTP status
// and the reason.
func (t *Transport) check(r *http.Request) (h hello, status int, reason string) {
	if !strings.EqualFold(r.Header.Get("Upgrade"), Protocol) || r.Method != http.MethodGet {
		return h, http.StatusUpgradeRequired, "this address takes streams of peers: Upgrade: " + Protocol
	}
	if t.cfg.Token != "" {
		token, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
		if !ok || subtle.ConstantTimeCompare([]byte(token), []byte(t.cfg.Token)) != 1 {
			return h, http.StatusForbidden, "wrong token"
		}
	}
	from, err := cluster.ParseNodeID(r.Header.Get(headerNode))
	if err != nil || t.senders[from] == nil {
		return h, http.StatusForbidden, "no peer of this node"
	}
	h = hello{from, r.Header.Get(headerIncarnation), r.Header.Get(headerStream)}
	if h.incarnation == "" || len(h.incarnation) > 64 || h.stream == "" || len(h.stream) > 96 {
		return h, http.StatusBadRequest, "incarnation or stream missing"
	}
	if mode := r.Header.Get(headerMode); mode != string(t.cfg.Mode) {
		return h, http.StatusConflict, fmt.Sprintf("this node runs in mode %s", t.cfg.Mode)
	}
	if epoch, err := strconv.Atoi(r.Header.Get(headerEpoch)); err != nil || epoch != t.cfg.Epoch {
		return h, http.StatusConflict, fmt.Sprintf("this node is in epoch %d", t.cfg.Epoch)
	}
	return h, 0, ""
}

// accept answers a handshake that has passed check, and takes over the connection.
func (t *Transport) accept(w http.ResponseWriter) (*net.TCPConn, *bufio.Reader, error) {
	raw, rw, err := http.NewResponseController(w).Hijack()
	if err != nil {
		return nil, nil, err
	}
	conn, ok := raw.(*net.TCPConn)
	if !ok {
		_ = raw.Close()
		return nil, nil, fmt.Errorf("%w: not over TCP", errRefused)
	}
	_, err = fmt.Fprintf(rw, "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: %s\r\n%s: %d\r\n%s: %s\r\n\r\n",
		Protocol, headerNode, t.cfg.ID, headerIncarnation, t.cfg.Incarnation)
	err = errors.Join(err, conn.SetDeadline(time.Time{}), conn.SetReadBuffer(receiveBuf),
		conn.SetKeepAliveConfig(keepAlive), setUserTimeout(conn, userTimeout), rw.Flush())
	if err != nil {
		_ = conn.Close()
		return nil, nil, err
	}
	return conn, rw.Reader, nil
}

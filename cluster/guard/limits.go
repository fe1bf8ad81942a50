package guard

import (
	"io"
	"log"
	"net"
	"net/http"
	"sync"
	"time"

	"capplayground/cluster"
)

// The bounds of a server.
const (
	MaxHeader     = 32 << 10         // bytes of a request's header: enough for a percent-encoded value of 8 KiB in a path
	HeaderTimeout = 5 * time.Second  // to send a header
	BodyTimeout   = 15 * time.Second // to send header and body
	IdleTimeout   = time.Minute      // between two requests
	MaxDrain      = 1 << 20          // bytes of a refused body that are read and dropped
)

// Server returns an HTTP server for handler. It bounds the size of requests and the
// time to read them. It does not bound the time to write an answer: an operation in
// slow motion may take long, and a WebSocket stays open even longer.
func Server(handler http.Handler, errorLog *log.Logger) *http.Server {
	return &http.Server{
		Handler:           handler,
		ReadHeaderTimeout: HeaderTimeout,
		IdleTimeout:       IdleTimeout,
		MaxHeaderBytes:    MaxHeader,
		ErrorLog:          errorLog,
		// "OPTIONS *" must pass the checks of handler like every other request.
		DisableGeneralOptionsHandler: true,
	}
}

// BodyDeadline gives every request BodyTimeout to send its body. At the end of the
// body it removes the deadline, because an operation in slow motion may take longer.
// net/http continues to read, to notice when the client closes the connection. It
// would take a passed deadline for a closed connection.
//
// BodyDeadline reads and drops the part of a body that next did not read, up to
// MaxDrain bytes. Otherwise a client that sends its whole body first would find the
// connection closed, and would not get the reason of the refusal.
func BodyDeadline(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.ContentLength != 0 {
			conn := http.NewResponseController(w)
			// The error is ignored: only the recorder of a test has no deadlines.
			_ = conn.SetReadDeadline(time.Now().Add(BodyTimeout))
			body := &timedBody{ReadCloser: r.Body, conn: conn}
			if r.ContentLength <= MaxDrain {
				// The answer is sent after this. It is short if the body was not read.
				defer func() { _, _ = io.CopyN(io.Discard, body, MaxDrain) }()
			}
			// next gets a copy of the request. net/http uses the body of the original to
			// decide whether to wait for the rest of the body before it answers.
			own := *r
			own.Body = body
			r = &own
		}
		next.ServeHTTP(w, r)
	})
}

// timedBody removes the deadline at the end of a body.
type timedBody struct {
	io.ReadCloser
	conn  *http.ResponseController
	ended error
}

func (b *timedBody) Read(p []byte) (int, error) {
	if b.ended != nil {
		return 0, b.ended
	}
	n, err := b.ReadCloser.Read(p)
	if b.ended = err; err != nil {
		_ = b.conn.SetReadDeadline(time.Time{})
	}
	return n, err
}

// Busy answers 503 to a request if n other requests are already under way.
func Busy(n int, next http.Handler) http.Handler {
	slots := make(chan struct{}, n)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		select {
		case slots <- struct{}{}:
			defer func() { <-slots }()
			next.ServeHTTP(w, r)
		default:
			w.Header().Set("Retry-After", "1")
			WriteError(w, cluster.ErrBusy)
		}
	})
}

// Serve is srv.Serve on ln with at most n connections open at a time. Further
// connections wait in the kernel's queue until one closes. A connection that a
// handler hijacks, as for WebSockets and streams, no longer counts: the handler must
// bound the number of these.
func Serve(srv *http.Server, ln net.Listener, n int) error {
	l := &limitedListener{Listener: ln, slots: make(chan struct{}, n), closed: make(chan struct{})}
	before := srv.ConnState
	srv.ConnState = func(c net.Conn, state http.ConnState) {
		if state == http.StateClosed || state == http.StateHijacked {
			<-l.slots
		}
		if before != nil {
			before(c, state)
		}
	}
	return srv.Serve(l)
}

// limitedListener takes a slot for each connection. The server's ConnState frees the slot, so
// that limitedListener need not wrap the connections.
type limitedListener struct {
	net.Listener
	slots  chan struct{}
	once   sync.Once
	closed chan struct{}
}

func (l *limitedListener) Accept() (net.Conn, error) {
	select {
	case l.slots <- struct{}{}:
	case <-l.closed:
		return nil, net.ErrClosed
	}
	conn, err := l.Listener.Accept()
	if err != nil {
		<-l.slots
	}
	return conn, err
}

func (l *limitedListener) Close() error {
	l.once.Do(func() { close(l.closed) })
	return l.Listener.Close()
}

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
	MaxHeader     = 32 << 10         // bytes of a request's header: a value of 8 KiB in a path, percent-encoded
	HeaderTimeout = 5 * time.Second  // to send a header
	BodyTimeout   = 15 * time.Second // to send header and body
	IdleTimeout   = time.Minute      // between two requests
	MaxDrain      = 1 << 20          // bytes of a refused body that are read and dropped
)

// Server returns an HTTP server for handler with bounds on the size and the
// time of what it reads. There is none on what it writes: an operation may
// take long in slow motion, and a WebSocket longer.
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

// BodyDeadline gives every request BodyTimeout to send its body. Once the body
// is there the deadline is lifted: net/http goes on reading to notice a client
// that leaves, and would take a passed deadline for one, while an operation in
// slow motion may well take longer.
//
// The part of a body that next did not read is read and dropped, up to MaxDrain
// bytes. Otherwise a client that sends the whole body first would find the
// connection closed, and not see why it was refused.
func BodyDeadline(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.ContentLength != 0 {
			conn := http.NewResponseController(w)
			// Only the recorder of a test is a writer without deadlines.
			_ = conn.SetReadDeadline(time.Now().Add(BodyTimeout))
			body := &timed{ReadCloser: r.Body, conn: conn}
			if r.ContentLength <= MaxDrain {
				// The answer, which is short where a body was not read, leaves after this.
				defer func() { _, _ = io.CopyN(io.Discard, body, MaxDrain) }()
			}
			// A copy: net/http looks at the body in its own request to decide
			// whether to wait for the rest of it before it answers.
			own := *r
			own.Body = body
			r = &own
		}
		next.ServeHTTP(w, r)
	})
}

// timed lifts the deadline at the end of a body.
type timed struct {
	io.ReadCloser
	conn  *http.ResponseController
	ended error
}

func (b *timed) Read(p []byte) (int, error) {
	if b.ended != nil {
		return 0, b.ended
	}
	n, err := b.ReadCloser.Read(p)
	if b.ended = err; err != nil {
		_ = b.conn.SetReadDeadline(time.Time{})
	}
	return n, err
}

// Busy answers 503 to requests beyond the first n that are under way.
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

// Serve is srv.Serve on ln with at most n connections open at a time; more wait
// in the kernel's queue until one closes. A connection that a handler takes over,
// as for WebSockets and streams, no longer counts: the handler must bound these.
func Serve(srv *http.Server, ln net.Listener, n int) error {
	l := &limited{Listener: ln, slots: make(chan struct{}, n), closed: make(chan struct{})}
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

// limited takes a slot for each connection; the server's ConnState gives it
// back, so that the connections themselves stay what they are.
type limited struct {
	net.Listener
	slots  chan struct{}
	once   sync.Once
	closed chan struct{}
}

func (l *limited) Accept() (net.Conn, error) {
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

func (l *limited) Close() error {
	l.once.Do(func() { close(l.closed) })
	return l.Listener.Close()
}

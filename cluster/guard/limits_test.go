package guard_test

import (
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"testing/iotest"
	"time"

	"capplayground/cluster/guard"
)

func TestBusy(t *testing.T) {
	t.Parallel()
	entered, leave := make(chan bool), make(chan bool)
	h := guard.Busy(1, http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
		entered <- true
		<-leave
	}))
	done := make(chan bool)
	go func() {
		h.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest("GET", "/", nil))
		close(done)
	}()
	<-entered
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest("GET", "/", nil))
	if w.Code != 503 || w.Header().Get("Retry-After") == "" || !strings.Contains(w.Body.String(), "too many") {
		t.Errorf("the second request: %d %s", w.Code, w.Body)
	}
	leave <- true
	<-done
}

// deadlines records the read deadlines of a connection.
type deadlines struct {
	*httptest.ResponseRecorder
	set []time.Time
}

func (d *deadlines) SetReadDeadline(t time.Time) error {
	d.set = append(d.set, t)
	return nil
}

func TestBodyDeadline(t *testing.T) {
	t.Parallel()
	h := guard.BodyDeadline(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		if body, err := guard.Body(r, 100); err != nil || string(body) != "hello" {
			t.Errorf("body %q, %v", body, err)
		}
	}))
	w := &deadlines{ResponseRecorder: httptest.NewRecorder()}
	began := time.Now()
	h.ServeHTTP(w, httptest.NewRequest("PUT", "/", iotest.OneByteReader(strings.NewReader("hello"))))
	if len(w.set) != 2 || w.set[0].Sub(began) < guard.BodyTimeout || !w.set[1].IsZero() {
		t.Errorf("deadlines %v, want one of %v, and none once the body was there", w.set, guard.BodyTimeout)
	}
}

// TestNoBodyNoDeadline: a request without a body gets no deadline. An operation in slow
// motion may take longer than that.
func TestNoBodyNoDeadline(t *testing.T) {
	t.Parallel()
	h := guard.BodyDeadline(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	w := &deadlines{ResponseRecorder: httptest.NewRecorder()}
	h.ServeHTTP(w, httptest.NewRequest("GET", "/", nil))
	if len(w.set) != 0 {
		t.Errorf("deadlines %v, want none", w.set)
	}
}

// counted is a body without an end. It counts the bytes that are read.
type counted struct{ read int64 }

func (c *counted) Read(p []byte) (int, error) {
	c.read += int64(len(p))
	return len(p), nil
}

// TestDrain: if a handler does not read the body, up to MaxDrain bytes of it are read and
// dropped. A body whose declared length is larger is not read at all.
func TestDrain(t *testing.T) {
	t.Parallel()
	h := guard.BodyDeadline(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	for length, want := range map[int64]int64{5: guard.MaxDrain, guard.MaxDrain: guard.MaxDrain, -1: guard.MaxDrain, guard.MaxDrain + 1: 0} {
		body := &counted{}
		r := httptest.NewRequest("PUT", "/", body)
		r.ContentLength = length
		h.ServeHTTP(httptest.NewRecorder(), r)
		if body.read < want || want == 0 && body.read > 0 {
			t.Errorf("a body of %d bytes: %d were read, want %d", length, body.read, want)
		}
	}
}

// TestRefusedBody: a client that sends its whole body before it reads gets the reason
// of the refusal, even if the connection ends with the answer.
func TestRefusedBody(t *testing.T) {
	t.Parallel()
	srv := httptest.NewServer(guard.BodyDeadline(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, err := guard.Body(r, 10)
		guard.WriteError(w, err)
	})))
	defer srv.Close()
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	for range 50 {
		resp, err := client.Post(srv.URL, "text/plain", strings.NewReader(strings.Repeat("x", guard.MaxDrain)))
		if err != nil {
			t.Fatal(err)
		}
		_ = resp.Body.Close()
		if resp.StatusCode != http.StatusRequestEntityTooLarge {
			t.Fatal(resp.Status)
		}
	}
	// The server does not wait for the end of a body that never comes.
	conn, err := net.Dial("tcp", srv.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	_ = conn.SetReadDeadline(time.Now().Add(guard.BodyTimeout / 2))
	_, _ = io.WriteString(conn, "PUT / HTTP/1.1\r\nHost: x\r\nContent-Length: 4611686018427387904\r\n\r\nab")
	answer := make([]byte, 12)
	if _, err := io.ReadFull(conn, answer); err != nil || string(answer) != "HTTP/1.1 413" {
		t.Errorf("a body of 2^62 bytes: %q, %v", answer, err)
	}
}

func TestServe(t *testing.T) {
	t.Parallel()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	srv := guard.Server(guard.BodyDeadline(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { _, _ = io.Copy(w, r.Body) })), nil)
	var opened atomic.Int64
	srv.ConnState = func(_ net.Conn, state http.ConnState) {
		if state == http.StateNew {
			opened.Add(1)
		}
	}
	ended := make(chan error)
	go func() { ended <- guard.Serve(srv, ln, 1) }()

	first, err := net.Dial("tcp", ln.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	// The second connection is served only after the first connection is closed.
	go func() {
		buf := make([]byte, 1)
		_, _ = io.WriteString(first, "GET / HTTP/1.1\r\nHost: x\r\n\r\n")
		_, _ = first.Read(buf)
		_ = first.Close()
	}()
	resp, err := http.Post("http://"+ln.Addr().String(), "text/plain", strings.NewReader("hello"))
	if err != nil {
		t.Fatal(err)
	}
	got, _ := io.ReadAll(resp.Body)
	_ = resp.Body.Close()
	if string(got) != "hello" {
		t.Errorf("got %q", got)
	}
	if n := opened.Load(); n != 2 {
		t.Errorf("the server's own ConnState saw %d connections, want 2", n)
	}
	http.DefaultClient.CloseIdleConnections()
	if err := srv.Close(); err != nil {
		t.Error(err)
	}
	if err := <-ended; err != http.ErrServerClosed {
		t.Error(err)
	}
}

// TestServeFreesThePlaceOfAHijackedConnection: a connection that a handler has hijacked no
// longer counts, so the next one is served while it is open.
func TestServeFreesThePlaceOfAHijackedConnection(t *testing.T) {
	t.Parallel()
	taken := make(chan net.Conn, 1)
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	srv := guard.Server(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/stream" {
			return
		}
		conn, _, err := http.NewResponseController(w).Hijack()
		if err != nil {
			t.Error(err)
		}
		taken <- conn
	}), nil)
	ended := make(chan error, 1)
	go func() { ended <- guard.Serve(srv, ln, 1) }()
	stream, err := net.Dial("tcp", ln.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = stream.Close() }()
	_, _ = io.WriteString(stream, "GET /stream HTTP/1.1\r\nHost: x\r\n\r\n")
	conn := <-taken
	defer func() { _ = conn.Close() }()
	resp, err := http.Get("http://" + ln.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	_ = resp.Body.Close()
	_ = srv.Close()
	<-ended
}

// broken is a listener whose Accept fails a few times.
type broken struct {
	net.Listener
	fails int
}

// noFile is an error after which net/http tries again, such as "too many open files".
type noFile struct{}

func (noFile) Error() string   { return "too many open files" }
func (noFile) Timeout() bool   { return false }
func (noFile) Temporary() bool { return true }

func (b *broken) Accept() (net.Conn, error) {
	if b.fails > 0 {
		b.fails--
		return nil, noFile{}
	}
	return b.Listener.Accept()
}

// TestServeAfterAFailedAccept: an Accept that failed does not count as a connection.
func TestServeAfterAFailedAccept(t *testing.T) {
	t.Parallel()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	srv := guard.Server(http.NotFoundHandler(), log.New(io.Discard, "", 0))
	ended := make(chan error, 1)
	go func() { ended <- guard.Serve(srv, &broken{ln, 2}, 1) }()
	resp, err := http.Get("http://" + ln.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	_ = resp.Body.Close()
	_ = srv.Close()
	<-ended
}

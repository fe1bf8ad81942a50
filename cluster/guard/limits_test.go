package guard_test

import (
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
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
	h.ServeHTTP(w, httptest.NewRequest("PUT", "/", strings.NewReader("hello")))
	if len(w.set) != 2 || w.set[0].IsZero() || !w.set[1].IsZero() {
		t.Errorf("deadlines %v, want one, and none once the body was there", w.set)
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
	http.DefaultClient.CloseIdleConnections()
	if err := srv.Close(); err != nil {
		t.Error(err)
	}
	if err := <-ended; err != http.ErrServerClosed {
		t.Error(err)
	}
}

//go:build linux

package main_test

import (
	"bufio"
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
)

// outside is the memory of a process that debug.SetMemoryLimit does not count, in
// MiB: the program's text, and pages that the kernel has not taken back yet.
const outside = 64

// needDescriptors skips the test if a process may not have n open files.
func needDescriptors(t *testing.T, n uint64) {
	t.Helper()
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
		t.Fatal(err)
	}
	limit.Cur = limit.Max // Go programs raise their own limit, and so does the playground
	if err := syscall.Setrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil || limit.Max < n {
		t.Skipf("a process may have %d files here (%v), and this test needs %d", limit.Max, err, n)
	}
}

// peakMiB is the largest resident memory that a process had, in MiB.
func peakMiB(t *testing.T, pid int) int {
	t.Helper()
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		t.Fatal(err)
	}
	for text := range strings.Lines(string(status)) {
		if f := strings.Fields(text); len(f) > 1 && f[0] == "VmHWM:" {
			kib, _ := strconv.Atoi(f[1])
			return kib >> 10
		}
	}
	t.Fatal("no VmHWM")
	return 0
}

// line is one connection. It carries one request after the other.
type line struct {
	net.Conn
	addr string
	in   *bufio.Reader
}

// dial connects. It does not try again: a playground under overload must accept each
// connection.
func (s *overload) dial(addr string) *line {
	conn, err := new(net.Dialer).DialContext(s.ctx, "tcp", addr)
	if err != nil {
		s.tooLate("no connection: %v", err)
		conn, _ = net.Pipe() // a connection without answers
		_ = conn.Close()
	}
	end, _ := s.ctx.Deadline()
	_ = conn.SetDeadline(end)
	return &line{Conn: conn, addr: addr, in: bufio.NewReaderSize(conn, 1024)}
}

// keep adds a line to the lines that hangUp closes.
func (s *overload) keep(l *line) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.lines = append(s.lines, l)
}

func (s *overload) hangUp() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, l := range s.lines {
		_ = l.Close()
	}
	s.lines = nil
}

// ask makes one request and returns its answer.
func (l *line) ask(method, path, body string) (status int, answer string, err error) {
	head := fmt.Sprintf("%s %s HTTP/1.1\r\nHost: %s\r\nContent-Length: %d\r\n", method, path, l.addr, len(body))
	if body != "" {
		head += "Content-Type: application/json\r\n"
	}
	if _, err := io.WriteString(l, head+"\r\n"+body); err != nil {
		return 0, "", err
	}
	resp, err := http.ReadResponse(l.in, nil)
	if err != nil {
		return 0, "", err
	}
	defer resp.Body.Close()
	all, err := io.ReadAll(resp.Body)
	return resp.StatusCode, string(all), err
}

// begin sends the first part of many requests and nothing more. Half of them end
// within the header, the others after the header and one byte of the body. It
// returns the lines of the first half.
func (s *overload) begin(addr, call string) (headers []*line) {
	for i := range halfOpen {
		l := s.dial(addr)
		s.keep(l)
		text := call + " HTTP/1.1\r\nHost: " + addr + "\r\nContent-Type: application/json\r\n"
		if i%2 == 0 {
			headers = append(headers, l)
		} else {
			text += "Content-Length: 100\r\n\r\n{"
		}
		if _, err := io.WriteString(l, text); err != nil {
			s.tooLate("half a request: %v", err)
		}
	}
	return headers
}

// idle makes one request on each of many connections and keeps them open.
func (s *overload) idle(addr, path string) {
	for range idlers {
		l := s.dial(addr)
		s.keep(l)
		switch status, _, err := l.ask("GET", path, ""); {
		case err != nil:
			s.tooLate("GET %s: %v", path, err)
		case status != http.StatusOK:
			s.t.Errorf("GET %s: %d", path, status)
		}
	}
}

// crowd counts what the viewers get.
type crowd struct {
	here atomic.Int64 // viewers that read, and got their hello or lost their stream before it
	lost atomic.Int64 // viewers that read and lost their stream
	seq  atomic.Int64 // number of the newest event

	end atomic.Value // a string: how the first lost stream ended
}

// crowd connects the viewers. It returns when all that read have their hello.
func (s *overload) crowd() *crowd {
	c := &crowd{}
	for i := range watchers {
		l := s.dial(s.page)
		s.keep(l)
		_, err := fmt.Fprintf(l, "GET /ws HTTP/1.1\r\nHost: %s\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"+
			"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n", l.addr)
		if err != nil {
			s.tooLate("a viewer: %v", err)
		}
		if i%5 == 0 {
			if tcp, ok := l.Conn.(*net.TCPConn); ok {
				_ = tcp.SetReadBuffer(4096)
			}
			continue // this viewer never reads
		}
		go c.read(l, i == 1)
	}
	s.Await("the viewers", 4*time.Minute, func() error {
		if n := c.here.Load(); n < watchers*4/5 {
			return fmt.Errorf("%d have their hello", n)
		}
		return nil
	})
	return c
}

// read reads until the stream ends. Only one viewer looks at the events: if all did,
// this test would take the processor from the nodes.
func (c *crowd) read(l *line, looks bool) {
	take := l.discard
	if looks {
		take = c.look(l)
	}
	all, last := 0, time.Now()
	for first := true; ; first = false {
		n, err := take()
		if first {
			c.here.Add(1)
		}
		if err != nil {
			if c.lost.Add(1) == 1 {
				c.end.Store(fmt.Sprintf("after %d bytes, %v after the last: %v", all, time.Since(last), err))
			}
			return
		}
		all, last = all+n, time.Now()
	}
}

// look reads bytes and takes the number of the newest event from them.
func (c *crowd) look(l *line) func() (int, error) {
	buf := make([]byte, 16<<10)
	return func() (int, error) {
		n, err := l.Conn.Read(buf)
		if at := bytes.LastIndex(buf[:n], []byte(`"seq":`)); at >= 0 {
			var seq int64
			_, _ = fmt.Sscanf(string(buf[at+len(`"seq":`):n]), "%d", &seq)
			c.seq.Store(max(c.seq.Load(), seq))
		}
		return n, err
	}
}

// nowhere is the buffer for discarded bytes. The kernel does not write into it.
var nowhere = make([]byte, 1<<20)

// discard waits for bytes and has the kernel drop them: MSG_TRUNC in tcp(7). With
// -race, a read into a buffer takes far more processor time.
func (l *line) discard() (n int, err error) {
	tcp, ok := l.Conn.(*net.TCPConn)
	if !ok {
		return 0, net.ErrClosed
	}
	raw, err := tcp.SyscallConn()
	if err != nil {
		return 0, err
	}
	ended := raw.Read(func(fd uintptr) bool {
		n, _, err = syscall.Recvfrom(int(fd), nowhere, syscall.MSG_TRUNC)
		return !errors.Is(err, syscall.EAGAIN)
	})
	if err = cmp.Or(ended, err); err == nil && n == 0 {
		err = io.EOF
	}
	return n, err
}

// watch requests the page and /api/cluster again and again. As often it makes a request at
// a bare server in this process. It returns a function that stops the requests; a second
// call of that function returns the same result. The result is how long each request took,
// in ascending order, and how long the slowest request at the bare server took.
func (s *overload) watch() func() (page []time.Duration, bare time.Duration) {
	floor := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "ok") }))
	stop, done := make(chan struct{}), make(chan struct{})
	var page []time.Duration
	var bare time.Duration
	look := func(addr, path string) time.Duration {
		began := time.Now()
		l := s.dial(addr)
		defer l.Close()
		if status, body, err := l.ask("GET", path, ""); err != nil || status != http.StatusOK {
			s.tooLate("GET %s: %d %s %v", path, status, body, err)
		}
		return time.Since(began)
	}
	go func() {
		defer close(done)
		tick := time.NewTicker(50 * time.Millisecond)
		defer tick.Stop()
		for {
			page = append(page, look(s.page, "/"), look(s.page, "/api/cluster"))
			bare = max(bare, look(floor.Listener.Addr().String(), "/"))
			select {
			case <-stop:
				return
			case <-tick.C:
			}
		}
	}()
	return sync.OnceValues(func() ([]time.Duration, time.Duration) {
		close(stop)
		<-done
		floor.Close()
		slices.Sort(page)
		return page, bare
	})
}

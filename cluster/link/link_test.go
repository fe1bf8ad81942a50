package link

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"capplayground/cluster"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestLinesGoBothWays(t *testing.T) {
	t.Parallel()
	for _, want := range []Up{
		{Hello: &Hello{Node: 3, PID: 7, Mode: "CA", Addr: "127.0.0.3:3003"}},
		{Events: []cluster.Event{{Node: 3, Body: &cluster.Sent{Transit: cluster.Transit{Msg: "a", Label: "<é\n>"}}}, {Node: 3, Body: &cluster.Lost{}}}},
		{Pong: &Pong{Seq: 1}}, {Done: &Done{ID: 1, Err: "no"}}, {Ready: &Ready{}}, {Sync: &Sync{Seq: 4}},
		{Stream: &Stream{ID: "s", From: 1, To: 2, First: "a", Last: "b"}},
	} {
		var b strings.Builder
		if err := NewConn(strings.NewReader(""), &b, nil).Send(want); err != nil {
			t.Fatal(err)
		}
		if n := strings.Count(b.String(), "\n"); n != 1 {
			t.Errorf("%d lines: %q", n, b.String())
		}
		got, err := NewConn(strings.NewReader("\n"+b.String()), nil, nil).ReadUp()
		if err != nil || !cmp.Equal(got, want) {
			t.Errorf("%v: %s", err, cmp.Diff(want, got))
		}
	}
	want := Down{Settings: &Settings{Pace: cluster.LivePace(), Rules: []cluster.Rule{{ID: "r", Type: "*", Do: cluster.RuleHold}}}}
	var b strings.Builder
	if err := NewConn(strings.NewReader(""), &b, nil).Send(want); err != nil {
		t.Fatal(err)
	}
	if got, err := NewConn(strings.NewReader(b.String()), nil, nil).ReadDown(); err != nil || !cmp.Equal(got, want) {
		t.Errorf("%v: %s", err, cmp.Diff(want, got))
	}
}

func TestBadLines(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		in   string
		want error
	}{
		"end":         {"", ErrClosed},
		"cut short":   {`{"pong":{"seq":1}}`, ErrClosed},
		"no JSON":     {"hello\n", ErrLine},
		"wrong type":  {`{"pong":7}` + "\n", ErrLine},
		"two values":  {`{} {}` + "\n", ErrLine},
		"bad events":  {`{"events":[7]}` + "\n", ErrLine},
		"endless":     {strings.Repeat("x", MaxLine+100_000), ErrLine},
		"long lines":  {`{"events":[{"kind":"screen","text":"` + strings.Repeat("x", 100_000) + `"}]}` + "\n", nil},
		"blank lines": {"\n \n\r\n{}\n", nil},
	} {
		if _, err := NewConn(strings.NewReader(tc.in), nil, nil).ReadUp(); !errors.Is(err, tc.want) {
			t.Errorf("%s: %v, want %v", name, err, tc.want)
		}
	}
	c := NewConn(strings.NewReader("nonsense\n{\"pong\":{\"seq\":9}}\n"), nil, nil)
	if _, err := c.ReadUp(); !errors.Is(err, ErrLine) {
		t.Error(err)
	}
	if up, err := c.ReadUp(); err != nil || up.Pong == nil {
		t.Errorf("after a bad line: %+v, %v", up, err)
	}
}

// streams has the kinds of streams on which a node writes its lines. The loop writes to a pipe
// of the system itself. A goroutine writes to any other stream.
var streams = map[string]func(t *testing.T) (r io.ReadCloser, w io.WriteCloser){
	"pipe": func(t *testing.T) (io.ReadCloser, io.WriteCloser) {
		r, w, err := os.Pipe()
		if err != nil {
			t.Fatal(err)
		}
		return r, w
	},
	"stream": func(*testing.T) (io.ReadCloser, io.WriteCloser) { return io.Pipe() },
}

// run starts the node's end of a link. The test is the playground and reads from c.
func run(t *testing.T, hello Hello) (n *Node, c *Conn, ended <-chan error) {
	t.Helper()
	return runOver(t, hello, "stream")
}

// runOver is run with one of streams.
func runOver(t *testing.T, hello Hello, stream string) (n *Node, c *Conn, ended <-chan error) {
	t.Helper()
	downR, downW := io.Pipe()
	upR, upW := streams[stream](t)
	n = NewNode(Stdio(downR, upW), hello)
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- n.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		_, _, _, _ = downR.Close(), downW.Close(), upR.Close(), upW.Close()
	})
	return n, NewConn(upR, downW, downW.Close), done
}

func read(t *testing.T, c *Conn) Up {
	t.Helper()
	up, err := c.ReadUp()
	if err != nil {
		t.Fatal(err)
	}
	return up
}

func event(n uint64) []cluster.Event {
	return []cluster.Event{{Node: 1, LC: n, Body: &cluster.ScreenLine{Text: fmt.Sprint(n)}}}
}

func TestHelloFirstThenEverythingInOrder(t *testing.T) {
	t.Parallel()
	n, c, _ := run(t, Hello{Node: 1, PID: 5})
	n.Events(event(1))
	n.Send(Up{Ready: &Ready{}})
	if up := read(t, c); up.Hello == nil || up.Hello.PID != 5 {
		t.Fatalf("first %+v", up)
	}
	if up := read(t, c); len(up.Events) != 1 {
		t.Errorf("then %+v", up)
	}
	if up := read(t, c); up.Ready == nil {
		t.Errorf("then %+v", up)
	}
	n.Events(event(2))
	n.Send(Up{Pong: &Pong{Seq: 3}})
	n.Events(event(3))
	var got []string
	for len(got) < 3 {
		up := read(t, c)
		for _, e := range up.Events {
			got = append(got, cluster.BodyOf[cluster.ScreenLine](e).Text)
		}
		if up.Pong != nil {
			got = append(got, "pong")
		}
	}
	if s := strings.Join(got, " "); s != "2 pong 3" {
		t.Errorf("got %s", s)
	}
}

func TestFlushWaitsForTheWrite(t *testing.T) {
	t.Parallel()
	for stream := range streams {
		t.Run(stream, func(t *testing.T) {
			t.Parallel()
			flushWaitsForTheWrite(t, stream)
		})
	}
}

func flushWaitsForTheWrite(t *testing.T, stream string) {
	n, c, _ := runOver(t, Hello{Node: 1}, stream)
	read(t, c)
	eventually(t, "connected", n.Connected)
	for i := range uint64(100) {
		n.Events(event(i + 1))
		got := make(chan Up, 1)
		go func() { got <- read(t, c) }()
		n.Flush()
		n.mu.Lock()
		told, late := n.written == n.queued, n.late
		n.mu.Unlock()
		if !told && !late {
			t.Errorf("event %d: Flush did not wait", i)
		}
		if up := <-got; len(up.Events) != 1 || up.Events[0].LC != i+1 {
			t.Errorf("event %d: got %+v", i+1, up)
		}
	}
}

// Flush writes to a pipe itself, also while the goroutine that writes does not run.
func TestFlushWritesToAPipeItself(t *testing.T) {
	t.Parallel()
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	defer w.Close()
	n := NewNode(Stdio(nil, nil), Hello{Node: 1})
	n.up, n.conn = true, newPipeConn(nil, w)
	if n.conn.pipe == nil {
		t.Skip("on this system every write may wait")
	}
	n.Events(event(1))
	n.Flush()
	if n.late || n.written != n.queued {
		t.Errorf("late %v, %d of %d lines written", n.late, n.written, n.queued)
	}
	if up := read(t, NewConn(r, nil, nil)); len(up.Events) != 1 || up.Events[0].LC != 1 {
		t.Errorf("got %+v", up)
	}
}

// The loop waits once for a playground that does not read. After that the oldest
// events are dropped and counted.
func TestASlowPlaygroundStopsNoNode(t *testing.T) {
	t.Parallel()
	for stream := range streams {
		t.Run(stream, func(t *testing.T) {
			t.Parallel()
			aSlowPlaygroundStopsNoNode(t, stream)
		})
	}
}

func aSlowPlaygroundStopsNoNode(t *testing.T, stream string) {
	n, c, _ := runOver(t, Hello{Node: 1}, stream)
	read(t, c)
	eventually(t, "connected", n.Connected)
	const total = 3 * MaxBacklog
	began := time.Now()
	for i := range uint64(total) {
		n.Events(event(i + 1))
		n.Flush()
	}
	if took := time.Since(began); took > time.Minute {
		t.Errorf("the loop waited %v", took)
	}
	var got, lost, last uint64
	for got+lost < total {
		for _, e := range read(t, c).Events {
			if e.Kind() == cluster.KindGap {
				lost += cluster.BodyOf[cluster.Gap](e).N
				continue
			}
			if e.LC <= last {
				t.Fatalf("event %d after %d", e.LC, last)
			}
			got, last = got+1, e.LC
		}
	}
	if lost == 0 || got+lost != total || last != total {
		t.Errorf("got %d, lost %d, last %d of %d", got, lost, last, total)
	}
}

func TestTheEndOfALaunchersLinkIsTheEnd(t *testing.T) {
	t.Parallel()
	_, c, ended := run(t, Hello{Node: 1})
	read(t, c)
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
	select {
	case err := <-ended:
		if !errors.Is(err, ErrClosed) {
			t.Errorf("Run: %v", err)
		}
	case <-time.After(10 * time.Second):
		t.Error("Run goes on")
	}
}

// A node started by hand reconnects to its playground. It writes hello and ready again, and
// loses no event of the time without a link.
func TestWebSocketReconnects(t *testing.T) {
	t.Parallel()
	conns := make(chan *Conn, 10)
	var serving sync.WaitGroup
	ctx, cancel := context.WithCancel(context.Background())
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != Path || r.Header.Get("Authorization") != "Bearer secret" {
			http.Error(w, "no", http.StatusForbidden)
			return
		}
		c, err := Accept(ctx, w, r)
		if err != nil {
			t.Error(err)
			return
		}
		conns <- c
	}))
	defer srv.Close()
	dial, err := WebSocket(srv.URL, "secret")
	if err != nil {
		t.Fatal(err)
	}
	news := make(chan string, 100)
	dial.Told = func(text string) { news <- text }
	n := NewNode(dial, Hello{Node: 4})
	serving.Go(func() {
		if err := n.Run(ctx); err != nil {
			t.Error(err)
		}
	})
	defer serving.Wait()
	defer cancel()

	first := <-conns
	if up := read(t, first); up.Hello == nil || up.Hello.Node != 4 {
		t.Fatalf("first %+v", up)
	}
	if err := first.Send(Down{Ping: &Ping{Seq: 5}}); err != nil {
		t.Fatal(err)
	}
	if d := <-n.Down(); d.Ping == nil || d.Ping.Seq != 5 {
		t.Errorf("down %+v", d)
	}
	n.Send(Up{Ready: &Ready{}})
	if up := read(t, first); up.Ready == nil {
		t.Errorf("then %+v", up)
	}
	_ = first.Close()
	eventually(t, "the node notices", func() bool { return !n.Connected() })
	n.Events(event(1))
	n.SetPace(cluster.Pace{V0: 7})
	second := <-conns
	if up := read(t, second); up.Hello == nil || up.Hello.Pace == nil || up.Hello.Pace.V0 != 7 {
		t.Errorf("again %+v", up)
	}
	if err := second.Send(Down{Refused: "not now"}); err != nil {
		t.Fatal(err)
	}
	_ = second.Close()
	second = <-conns // the events are not lost although a playground has refused the node
	if err := second.Send(Down{Settings: &Settings{}}); err != nil {
		t.Fatal(err)
	}
	var said []string
	for !slices.Contains(said, "ready") || !slices.Contains(said, "1") {
		up := read(t, second)
		switch {
		case up.Hello != nil:
			said = append(said, "hello")
		case up.Ready != nil:
			said = append(said, "ready")
		default:
			said = append(said, cluster.BodyOf[cluster.ScreenLine](up.Events[0]).Text)
		}
	}
	if said[0] != "hello" {
		t.Errorf("got %v", said)
	}
	_ = second.Close()
	cancel()
	serving.Wait()
	close(news)
	var told []string
	for text := range news {
		told = append(told, text)
	}
	for _, want := range []string{"linked", "refused: not now", "linked"} {
		i := slices.IndexFunc(told, func(text string) bool { return strings.Contains(text, want) })
		if i < 0 {
			t.Fatalf("the texts %q do not contain %q", told, want)
		}
		told = told[i+1:]
	}
}

// A node closes a link on which no line arrives any more, and dials again.
func TestASilentLinkIsLeft(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		dials := 0
		var ends []net.Conn
		n := NewNode(&Dialer{Dial: func(context.Context) (*Conn, error) {
			dials++
			ours, theirs := net.Pipe()
			ends = append(ends, theirs)
			go func() { _, _ = io.Copy(io.Discard, theirs) }()
			return NewConn(ours, ours, ours.Close), nil
		}}, Hello{Node: 1})
		ctx, cancel := context.WithTimeout(t.Context(), 4*MaxSilence)
		defer cancel()
		if err := n.Run(ctx); err != nil {
			t.Error(err)
		}
		for _, c := range ends {
			_ = c.Close()
		}
		if dials < 3 || dials > 5 {
			t.Errorf("%d dials in %v", dials, 4*MaxSilence)
		}
	})
}

// A node without its playground goes back to live pace and perfect links once,
// and keeps dialing.
func TestAPlaygroundThatIsGone(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		dials := 0
		n := NewNode(&Dialer{Dial: func(context.Context) (*Conn, error) { dials++; return nil, errors.New("no playground") }}, Hello{Node: 1})
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		began := time.Now()
		var after []time.Duration
		go func() {
			for d := range n.down {
				if d.Command != nil && d.Command.Do == DoThaw {
					continue // there is no playground that could thaw it
				}
				if d.Settings == nil || d.Settings.Pace != cluster.LivePace() || d.Settings.Links != nil {
					t.Errorf("down %+v", d)
				}
				after = append(after, time.Since(began))
			}
		}()
		if err := n.Run(ctx); err != nil {
			t.Error(err)
		}
		close(n.down)
		synctest.Wait()
		if !slices.Equal(after, []time.Duration{GiveUp}) {
			t.Errorf("gave up after %v", after)
		}
		if dials < 30 {
			t.Errorf("%d dials in a minute", dials)
		}
	})
}

func TestPlaygroundURL(t *testing.T) {
	t.Parallel()
	for _, bad := range []string{"", "localhost:8080", "ftp://x", "http://", "::"} {
		if _, err := WebSocket(bad, ""); err == nil {
			t.Errorf("%q: no error", bad)
		}
	}
}

func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(20 * time.Second); !ok(); {
		if time.Now().After(end) {
			t.Fatalf("never: %s", what)
		}
		time.Sleep(time.Millisecond)
	}
}

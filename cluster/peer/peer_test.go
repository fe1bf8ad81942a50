package peer

import (
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"capplayground/cluster"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// lost is a message with the reason for which it was lost.
type lost struct {
	m   cluster.Message
	why string
}

// end is a node that has only its transport.
type end struct {
	t     *Transport
	took  chan cluster.Message
	lost  chan lost
	ended chan Ended
	stop  func()
}

// closedAddr is an address at which no process listens. A port that a test has closed could be
// given to the next test.
const closedAddr = "127.0.0.1:1"

// listen opens free ports on loopback.
func listen(t testing.TB, n int) (ls []net.Listener, addrs map[cluster.NodeID]string) {
	t.Helper()
	addrs = make(map[cluster.NodeID]string)
	for i := range n {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		ls = append(ls, l)
		addrs[cluster.NodeID(i+1)] = l.Addr().String()
	}
	return ls, addrs
}

// start runs one end on its listener. l may be nil for an end that only sends.
func start(t testing.TB, l net.Listener, cfg Config) *end {
	t.Helper()
	e := &end{took: make(chan cluster.Message, 10_000), lost: make(chan lost, 10_000), ended: make(chan Ended, 100)}
	if cfg.Take == nil {
		cfg.Take = each(func(m cluster.Message) { e.took <- m })
	}
	cfg.Lost = func(m cluster.Message, why string) { e.lost <- lost{m, why} }
	cfg.Ended = func(x Ended) { e.ended <- x }
	if cfg.Mode == "" {
		cfg.Mode = "CA"
	}
	if cfg.Incarnation == "" {
		cfg.Incarnation = fmt.Sprintf("inc%d", cfg.ID)
	}
	var err error
	if e.t, err = New(cfg); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() { e.t.Run(ctx) })
	srv := &http.Server{Handler: e.t.Handler()}
	if l != nil {
		running.Go(func() { _ = srv.Serve(l) })
	}
	e.stop = sync.OnceFunc(func() {
		cancel()
		_ = srv.Close()
		running.Wait()
	})
	t.Cleanup(e.stop)
	return e
}

// each returns a function for Config.Take that calls take with one message after another.
func each(take func(cluster.Message)) func([]cluster.Message) {
	return func(all []cluster.Message) {
		for _, m := range all {
			take(m)
		}
	}
}

func msg(from, to cluster.NodeID, n int) cluster.Message {
	return cluster.Message{From: from, To: to, Type: "prepare", Class: cluster.ClassRequest, ID: fmt.Sprint(n), Body: json.RawMessage(`{"a":1}`)}
}

func next[T any](t testing.TB, c <-chan T, what string) T {
	t.Helper()
	select {
	case v := <-c:
		return v
	case <-time.After(10 * time.Second):
		t.Fatalf("no %s", what)
		panic("unreachable")
	}
}

func TestMessagesArriveInOrder(t *testing.T) {
	t.Parallel()
	ls, addrs := listen(t, 2)
	a := start(t, ls[0], Config{ID: 1, Addrs: addrs})
	b := start(t, ls[1], Config{ID: 2, Addrs: addrs})
	const n = 3000
	for i := range n {
		a.t.Send([]cluster.Message{msg(1, 2, i)})
		b.t.Send([]cluster.Message{msg(2, 1, i)})
	}
	for i := range n {
		if m := next(t, b.took, "message"); m.ID != fmt.Sprint(i) || m.From != 1 {
			t.Fatalf("message %d: got %v %s", i, m, m.ID)
		}
		if m := next(t, a.took, "message"); m.ID != fmt.Sprint(i) {
			t.Fatalf("message %d: got %v %s", i, m, m.ID)
		}
	}
}

func TestMessagesToAPeerThatDoesNotListenAreRefused(t *testing.T) {
	t.Parallel()
	ls, addrs := listen(t, 1)
	addrs[2] = closedAddr
	a := start(t, ls[0], Config{ID: 1, Addrs: addrs})
	a.t.Send([]cluster.Message{msg(1, 2, 1)})
	if l := next(t, a.lost, "loss"); l.why != cluster.WhyRefused || l.m.ID != "1" {
		t.Errorf("lost %v", l)
	}
}

func TestPeerStartsLate(t *testing.T) {
	t.Parallel()
	ls, addrs := listen(t, 1)
	l, err := net.Listen("tcp", "127.0.0.77:0") // only this test uses this address, so its port stays free
	if err != nil {
		t.Skipf("one loopback address only: %v", err)
	}
	addrs[2] = l.Addr().String()
	_ = l.Close()
	a := start(t, ls[0], Config{ID: 1, Addrs: addrs})
	a.t.Send([]cluster.Message{msg(1, 2, 1)})
	next(t, a.lost, "loss")
	if l, err = net.Listen("tcp", addrs[2]); err != nil {
		t.Fatal(err)
	}
	b := start(t, l, Config{ID: 2, Addrs: addrs})
	b.t.Send([]cluster.Message{msg(2, 1, 7)})
	next(t, a.took, "message of the late peer")
	a.t.Send([]cluster.Message{msg(1, 2, 8)})
	next(t, b.took, "message to the late peer")
}

func TestMismatchIsRefused(t *testing.T) {
	t.Parallel()
	for name, other := range map[string]Config{
		"mode":  {Mode: "CP"},
		"epoch": {Epoch: 2},
		"token": {Token: "secret"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ls, addrs := listen(t, 2)
			other.ID, other.Addrs = 2, addrs
			b := start(t, ls[1], other)
			a := start(t, ls[0], Config{ID: 1, Addrs: addrs})
			a.t.Send([]cluster.Message{msg(1, 2, 1)})
			if l := next(t, a.lost, "loss"); l.why != cluster.WhyRefused {
				t.Errorf("lost %v", l)
			}
			if len(b.took) != 0 {
				t.Error("a message arrived")
			}
		})
	}
}

func TestAStrangersHandshakeIsAnswered(t *testing.T) {
	t.Parallel()
	ls, addrs := listen(t, 1)
	addrs[2] = closedAddr
	start(t, ls[0], Config{ID: 1, Addrs: addrs})
	for name, tc := range map[string]struct {
		header map[string]string
		want   int
	}{
		"no upgrade": {nil, http.StatusUpgradeRequired},
		"no node":    {map[string]string{"Upgrade": Protocol, "Connection": "Upgrade"}, http.StatusForbidden},
		"itself":     {map[string]string{"Upgrade": Protocol, "Connection": "Upgrade", headerNode: "1"}, http.StatusForbidden},
		"no stream":  {map[string]string{"Upgrade": Protocol, "Connection": "Upgrade", headerNode: "2"}, http.StatusBadRequest},
	} {
		req, err := http.NewRequest(http.MethodGet, "http://"+addrs[1]+Path, nil)
		if err != nil {
			t.Fatal(err)
		}
		for k, v := range tc.header {
			req.Header.Set(k, v)
		}
		client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
		resp, err := client.Do(req)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		_ = resp.Body.Close()
		if resp.StatusCode != tc.want {
			t.Errorf("%s: %d, want %d", name, resp.StatusCode, tc.want)
		}
	}
}

// A peer that does not read is frozen, and not gone. Its stream lives longer than
// TCP_USER_TIMEOUT, however much is sent. Messages that do not fit into the queue are reported
// as lost. The others arrive once, in order, when the peer thaws.
func TestFrozenPeerKeepsItsStream(t *testing.T) {
	t.Parallel()
	ls, addrs := listen(t, 2)
	thaw := make(chan struct{})
	took := make(chan cluster.Message, 10_000)
	a := start(t, ls[0], Config{ID: 1, Addrs: addrs})
	start(t, ls[1], Config{ID: 2, Addrs: addrs, Take: each(func(m cluster.Message) { <-thaw; took <- m })})

	const n = 5500
	for i := range n {
		m := msg(1, 2, i)
		m.Label = strings.Repeat("x", 200)
		a.t.Send([]cluster.Message{m})
	}
	overflow := next(t, a.lost, "overflow")
	if overflow.why != cluster.WhyOverflow {
		t.Errorf("lost %v", overflow)
	}
	select {
	case e := <-a.ended:
		t.Fatalf("the stream of a frozen peer ended: %+v", e)
	case <-time.After(userTimeout + userTimeout/2): // the test is that nothing happens in this time
	}
	close(thaw)
	gone := map[string]bool{overflow.m.ID: true}
	for len(a.lost) > 0 {
		gone[(<-a.lost).m.ID] = true
	}
	for i := range n {
		if id := fmt.Sprint(i); !gone[id] {
			if m := next(t, took, "parked message "+id); m.ID != id {
				t.Fatalf("took in %s, want %s", m.ID, id)
			}
		}
	}
}

// A process that is frozen before it ever answered a handshake loses nothing.
func TestAnUnansweredDialKeepsNewMessages(t *testing.T) {
	t.Parallel()
	ls, addrs := listen(t, 2)
	a := start(t, ls[0], Config{ID: 1, Addrs: addrs})
	a.t.Send([]cluster.Message{msg(1, 2, 1)})
	select {
	case l := <-a.lost:
		t.Fatalf("lost %v", l)
	case <-time.After(startGrace + dialTimeout/2): // the test is that nothing happens in this time
	}
	b := start(t, ls[1], Config{ID: 2, Addrs: addrs})
	next(t, b.took, "message")
}

func TestBothEndsReportTheEndOfAStream(t *testing.T) {
	t.Parallel()
	ls, addrs := listen(t, 2)
	a := start(t, ls[0], Config{ID: 1, Addrs: addrs})
	b := start(t, ls[1], Config{ID: 2, Addrs: addrs})
	a.t.Send([]cluster.Message{msg(1, 2, 1), msg(1, 2, 2)})
	next(t, b.took, "message")
	next(t, b.took, "message")
	b.t.mu.Lock()
	for c := range b.t.streams {
		_ = c.Close()
	}
	b.t.mu.Unlock()
	atA, atB := next(t, a.ended, "end at the sender"), next(t, b.ended, "end at the receiver")
	if atA != atB || atA.First != "1" || atA.Last != "2" {
		t.Errorf("the sender reports %+v, the receiver %+v", atA, atB)
	}
	a.t.Send([]cluster.Message{msg(1, 2, 3)})
	if m := next(t, b.took, "message by the next stream"); m.ID != "3" {
		t.Errorf("took in %s", m.ID)
	}
}

func TestLargeMessages(t *testing.T) {
	t.Parallel()
	ls, addrs := listen(t, 2)
	a := start(t, ls[0], Config{ID: 1, Addrs: addrs})
	b := start(t, ls[1], Config{ID: 2, Addrs: addrs})
	body, err := json.Marshal(strings.Repeat("é\"", 200<<10))
	if err != nil {
		t.Fatal(err)
	}
	for i := range 8 {
		m := msg(1, 2, i)
		m.Body = body
		a.t.Send([]cluster.Message{m, msg(1, 2, 100+i)})
	}
	for i := range 8 {
		if m := next(t, b.took, "message"); string(m.Body) != string(body) || m.ID != fmt.Sprint(i) {
			t.Fatalf("message %d differs", i)
		}
		next(t, b.took, "message")
	}
}

func BenchmarkRoundTrip(b *testing.B) {
	t := testing.TB(b)
	ls, addrs := listen(t, 2)
	back := make(chan struct{}, 1)
	a := start(t, ls[0], Config{ID: 1, Addrs: addrs, Take: each(func(cluster.Message) { back <- struct{}{} })})
	var echo *end
	echo = start(t, ls[1], Config{ID: 2, Addrs: addrs, Take: each(func(m cluster.Message) {
		m.From, m.To = 2, 1
		echo.t.Send([]cluster.Message{m})
	})})
	defer echo.stop()
	defer a.stop()
	a.t.Send([]cluster.Message{msg(1, 2, 0)})
	<-back
	for b.Loop() {
		a.t.Send([]cluster.Message{msg(1, 2, 1)})
		<-back
	}
}

// BenchmarkBareStream is the lower bound: JSON lines over a TCP connection, and nothing else.
func BenchmarkBareStream(b *testing.B) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	go func() {
		c, err := l.Accept()
		if err != nil {
			return
		}
		defer func() { _ = c.Close() }()
		dec, enc := json.NewDecoder(c), json.NewEncoder(c)
		for {
			var m cluster.Message
			if dec.Decode(&m) != nil {
				return
			}
			if enc.Encode(m) != nil {
				return
			}
		}
	}()
	c, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = c.Close(); _ = l.Close() }()
	dec, enc := json.NewDecoder(c), json.NewEncoder(c)
	for b.Loop() {
		if err := enc.Encode(msg(1, 2, 1)); err != nil {
			b.Fatal(err)
		}
		var m cluster.Message
		if err := dec.Decode(&m); err != nil {
			b.Fatal(err)
		}
	}
}

package node

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"capplayground/cluster"
	"capplayground/cluster/driver"
	"capplayground/cluster/link"
)

func TestAllEventsOfAnOperation(t *testing.T) {
	t.Parallel()
	r := newRig(t, 3, nil)
	reply := await(t, r.write(1, "city", "London"), "reply")
	if reply.Err != nil || reply.Version != "1" || reply.Op == "" {
		t.Fatalf("reply %+v", reply)
	}
	ret := r.play[1].event(t, cluster.KindReturn)
	if b := cluster.BodyOf[cluster.Returned](ret); b.Status.Code() != 201 || b.Op != reply.Op || b.Client != "test" || b.Key != "city" || b.Val != "London" {
		t.Errorf("return %+v", ret)
	}
	var told []string
	var lc uint64
	for _, e := range r.play[1].events("") {
		if e.LC <= lc || e.Node != 1 || e.T == 0 || e.V == 0 {
			t.Errorf("event with a wrong stamp after lc %d: %+v", lc, e)
		}
		lc = e.LC
		if e.Kind() != cluster.KindScreen {
			told = append(told, string(e.Kind()))
		}
	}
	want := "invoke key sent sent timer delivered delivered return"
	if got := strings.Join(told, " "); got != want {
		t.Errorf("events %s, want %s", got, want)
	}
	sent, got := r.play[1].events(cluster.KindSent)[0], r.play[2].event(t, cluster.KindDelivered)
	if sent.Message().Msg != got.Message().Msg && r.play[1].events(cluster.KindSent)[1].Message().Msg != got.Message().Msg {
		t.Errorf("n2 took in %s, which n1 never sent", got.Message().Msg)
	}
	if got.LC <= sent.LC {
		t.Errorf("Lamport clock: sent at %d, delivered at %d", sent.LC, got.LC)
	}
	if s := strings.Join(r.nodes[1].Screen(), "\n"); !strings.Contains(s, "→ n2 store city=London") || !strings.Contains(s, "← n2 ack") || !strings.Contains(s, "answered 201") {
		t.Errorf("screen:\n%s", s)
	}
}

// The promise of package cluster: nothing leaves before Apply has returned.
func TestNothingLeavesBeforeItIsDurable(t *testing.T) {
	t.Parallel()
	applying, release := make(chan struct{}), make(chan struct{})
	r := newRig(t, 2, func(r *rig, id cluster.NodeID, _ *Config) {
		if id == 1 {
			r.disks[id].apply = func([]cluster.Record) error {
				applying <- struct{}{}
				<-release
				return nil
			}
		}
	})
	reply := r.write(1, "a", "1")
	await(t, applying, "apply")
	// A later read must wait until the records of the write before it are durable: it reads
	// the value of this write.
	read := make(chan cluster.Reply, 1)
	go func() {
		a, _ := r.nodes[1].Do(context.Background(), cluster.Request{Kind: cluster.OpRead, Key: "a"}, "test")
		read <- a
	}()
	r.play[2].ping(t) // n2's loop has run, and no message has arrived
	if n := len(r.play[2].events(cluster.KindDelivered)) + len(r.play[1].events(cluster.KindSent)) + len(read) + len(reply); n != 0 {
		t.Errorf("%d messages, events and replies left before the records were durable", n)
	}
	close(release)
	if a := await(t, reply, "reply"); a.Err != nil {
		t.Error(a.Err)
	}
	if a := await(t, read, "reply"); a.Val != "1" {
		t.Errorf("read %q", a.Val)
	}
}

// A message in Ahead waits for the records of earlier Outputs, but not for the records of its
// own Output. Its event is still written before it leaves, and the reply waits.
func TestMessagesSentAheadDoNotWaitForTheirOwnRecords(t *testing.T) {
	t.Parallel()
	applying, release := make(chan struct{}, 1), make(chan struct{})
	r := newRig(t, 2, func(r *rig, id cluster.NodeID, _ *Config) {
		r.machs[id].ahead = true
		if id == 1 {
			r.disks[id].apply = func([]cluster.Record) error {
				applying <- struct{}{}
				<-release
				return nil
			}
		}
	})
	first := r.write(1, "a", "1")
	await(t, applying, "apply")
	if e := r.play[2].event(t, cluster.KindDelivered); e.Message().Type != "store" {
		t.Errorf("delivered %+v", e)
	}
	if n := len(r.play[1].events(cluster.KindSent)); n != 1 {
		t.Errorf("%d events of messages, want 1", n)
	}
	if keys := r.play[1].events(cluster.KindKey); len(keys)+len(first) != 0 {
		t.Errorf("before the write was durable there are the events %+v and %d replies", keys, len(first))
	}
	second := r.write(1, "b", "2") // in the next turn, after the records of this one
	r.play[2].ping(t)
	if n := len(r.play[2].events(cluster.KindDelivered)); n != 1 {
		t.Errorf("%d messages delivered, want 1", n)
	}
	close(release)
	for _, reply := range []<-chan cluster.Reply{first, second} {
		if a := await(t, reply, "reply"); a.Err != nil {
			t.Error(a.Err)
		}
	}
	for op, events := range byOp(r.play[1].events("")) {
		if want := "invoke sent key timer delivered return"; events != want {
			t.Errorf("the events of %s are %s, want %s", op, events, want)
		}
	}
}

// byOp returns the kinds of the events of each operation. The events of its keys are included.
func byOp(events []cluster.Event) map[cluster.OpID]string {
	kinds := map[cluster.OpID]string{}
	var op cluster.OpID
	for _, e := range events {
		if e.Operation() != "" {
			op = e.Operation()
		}
		if e.Operation() != "" || e.Kind() == cluster.KindKey {
			kinds[op] = strings.TrimSpace(kinds[op] + " " + string(e.Kind()))
		}
	}
	return kinds
}

// With the planted bug a read is answered with a value that is not durable.
func TestAnEarlyReplyIsCaught(t *testing.T) {
	t.Parallel()
	for _, bug := range []string{"", driver.BugEarlyReply} {
		t.Run("bug="+bug, func(t *testing.T) {
			t.Parallel()
			var answered atomic.Bool
			early := make(chan bool, 10)
			r := newRig(t, 1, func(r *rig, id cluster.NodeID, cfg *Config) {
				cfg.Bug = bug
				r.disks[id].apply = func([]cluster.Record) error {
					if bug != "" {
						eventually(t, "the early reply", answered.Load)
					}
					early <- answered.Load()
					return nil
				}
			})
			ctx := context.Background()
			read := &call{ctx: ctx, req: cluster.Request{Op: "r", Kind: cluster.OpRead, Key: "a", Deadline: 1 << 62}, done: make(chan answer, 1)}
			write := &call{ctx: ctx, req: cluster.Request{Op: "w", Kind: cluster.OpWrite, Key: "a", Val: "1", Deadline: 1 << 62}, done: make(chan answer, 1)}
			go func() {
				if a := <-read.done; a.reply.Val == "1" {
					answered.Store(true)
				}
			}()
			// Both in one turn: the read's Output comes after the write's.
			r.nodes[1].mail.put(mail{do: func(l *loop) { l.beginCall(write); l.beginCall(read) }})
			if got := await(t, early, "apply"); got != (bug != "") {
				t.Errorf("answered before it was durable: %v", got)
			}
			eventually(t, "the reply", answered.Load)
			await(t, write.done, "reply")
		})
	}
}

// The event of a message is written to the link before the message leaves.
func TestEventsLeaveBeforeMessages(t *testing.T) {
	t.Parallel()
	var untold atomic.Int64
	var wrote [3]safeBuffer // what each node wrote to its link
	r := newRig(t, 2, func(r *rig, id cluster.NodeID, cfg *Config) {
		cfg.Link = link.Stdio(r.play[id].nodeIn, io.MultiWriter(&wrote[id], r.play[id].nodeW))
		cfg.Link.Patience = time.Minute // however busy this machine is
		r.machs[id].on = func(in cluster.Input) {
			m := in.Message
			if in.Kind == cluster.InputMessage && !strings.Contains(wrote[m.From].String(), `"msg":"`+m.ID+`"`) {
				untold.Add(1)
			}
		}
	})
	for i := range 20 { // so few that no node is busy: a busy node sums its messages, and names none
		if a := await(t, r.write(cluster.NodeID(1+i%2), "k", fmt.Sprint(i)), "reply"); a.Err != nil {
			t.Fatal(a.Err)
		}
	}
	if n := untold.Load(); n != 0 {
		t.Errorf("%d messages arrived before their events were at the playground", n)
	}
}

func TestDiskFailureEndsTheNode(t *testing.T) {
	t.Parallel()
	full := errors.New("no space left on device")
	r := newRig(t, 1, func(r *rig, id cluster.NodeID, _ *Config) {
		r.disks[id].apply = func([]cluster.Record) error { return full }
	})
	reply := r.write(1, "a", "1")
	if err := await(t, r.errs[1], "end of Run"); !errors.Is(err, full) {
		t.Errorf("Run: %v", err)
	}
	if a := await(t, reply, "reply"); !errors.Is(a.Err, cluster.ErrUnknown) {
		t.Errorf("reply %+v", a)
	}
	if s := strings.Join(r.nodes[1].Screen(), "\n"); !strings.Contains(s, "no space left") {
		t.Errorf("screen:\n%s", s)
	}
	if r.nodes[1].Ready() {
		t.Error("still ready")
	}
	if _, err := r.nodes[1].Do(context.Background(), cluster.Request{Kind: cluster.OpRead}, "test"); !errors.Is(err, cluster.ErrStopping) {
		t.Errorf("Do afterwards: %v", err)
	}
}

func TestARequestWhoseCallerLeftIsNotBegun(t *testing.T) {
	t.Parallel()
	r := newRig(t, 1, nil)
	n := r.nodes[1]
	hold, held := make(chan struct{}), make(chan struct{})
	n.mail.put(mail{do: func(*loop) { close(held); <-hold }})
	<-held
	ctx, cancel := context.WithCancel(context.Background())
	gone := make(chan error, 1)
	go func() {
		_, err := n.Do(ctx, cluster.Request{Kind: cluster.OpWrite, Key: "a", Val: "1"}, "test")
		gone <- err
	}()
	eventually(t, "the call is in the mailbox", func() bool {
		n.mail.mu.Lock()
		defer n.mail.mu.Unlock()
		return len(n.mail.items) == 1
	})
	cancel()
	if err := await(t, gone, "end of Do"); !errors.Is(err, context.Canceled) {
		t.Errorf("Do: %v", err)
	}
	close(hold)
	if s, err := n.State(context.Background()); err != nil || len(s.Keys) != 0 {
		t.Errorf("holds %v, %v", s.Keys, err)
	}
	if e := r.play[1].events(cluster.KindInvoke); len(e) != 0 {
		t.Errorf("there is an event that it began: %v", e)
	}
}

func TestALaunchedNodeEndsWithItsPlayground(t *testing.T) {
	t.Parallel()
	r := newRig(t, 1, nil)
	_ = r.play[1].in.Close()
	if err := await(t, r.errs[1], "end of Run"); !errors.Is(err, link.ErrClosed) {
		t.Errorf("Run: %v", err)
	}
}

func TestANodeAlonePrintsOnItsScreen(t *testing.T) {
	t.Parallel()
	var out safeBuffer
	r := newRig(t, 1, func(_ *rig, _ cluster.NodeID, cfg *Config) { cfg.Link, cfg.Screen = nil, &out })
	await(t, r.write(1, "city", "London"), "reply")
	if _, err := r.nodes[1].Dump(context.Background()); err != nil {
		t.Fatal(err)
	}
	r.nodes[1].Clean()
	eventually(t, "the dump on the screen", func() bool {
		s := out.String()
		return strings.Contains(s, "test: write city=London") && strings.Contains(s, "  city = London") && strings.HasSuffix(s, strings.Repeat("\n", 40))
	})
}

type safeBuffer struct {
	mu sync.Mutex
	b  strings.Builder
}

func (s *safeBuffer) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.Write(p)
}

func (s *safeBuffer) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.String()
}

func TestConfigIsChecked(t *testing.T) {
	t.Parallel()
	good := Config{ID: 1, Peers: map[cluster.NodeID]string{1: "127.0.0.1:1"}, Mode: "CA", Machine: newEcho(1, 1), Disk: &disk{}}
	for name, spoil := range map[string]func(*Config){
		"id":      func(c *Config) { c.ID = 10 },
		"peers":   func(c *Config) { c.Peers = nil },
		"machine": func(c *Config) { c.Machine = nil },
		"disk":    func(c *Config) { c.Disk = nil },
		"address": func(c *Config) { c.Peers = map[cluster.NodeID]string{1: "nowhere"} },
		"bug":     func(c *Config) { c.Bug = "no such bug" },
	} {
		cfg := good
		spoil(&cfg)
		if _, err := New(cfg); !errors.Is(err, ErrConfig) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// A busy node reports sums. Both ends of a message count it in a sum, and no message is
// missing.
func TestBusyNodesSumExactly(t *testing.T) {
	t.Parallel()
	r := newRig(t, 2, nil)
	var wg sync.WaitGroup
	stop := time.Now().Add(20 * time.Second)
	for w := range 8 {
		wg.Go(func() {
			for i := 0; time.Now().Before(stop) && r.play[1].flows.Load() < 3; i++ {
				<-r.write(cluster.NodeID(1+w%2), "k", fmt.Sprint(i))
			}
		})
	}
	wg.Wait()
	if r.play[1].flows.Load() == 0 {
		t.Skip("this machine was never busy enough")
	}
	type count struct{ sent, ended uint64 }
	eventually(t, "sums that agree", func() bool {
		single, flows := count{}, map[string]*cluster.Flow{}
		for id, p := range r.play {
			for _, e := range p.events("") {
				switch b := e.Body.(type) {
				case *cluster.Sent:
					single.sent++
				case *cluster.Delivered, *cluster.Lost:
					single.ended++
				case *cluster.Flow:
					flows[fmt.Sprint(id, b.From, b.To, b.Class)] = b
				}
			}
		}
		var sum count
		for _, f := range flows {
			sum.sent += f.Sent
			sum.ended += f.Delivered + f.Lost
		}
		return single.sent == single.ended && sum.sent == sum.ended && sum.sent > 0
	})
}

func BenchmarkRoundTrip(b *testing.B) {
	for _, linked := range []bool{false, true} {
		b.Run(fmt.Sprintf("linked=%v", linked), func(b *testing.B) {
			t := testing.TB(b)
			r := newRig(t, 2, func(_ *rig, _ cluster.NodeID, cfg *Config) {
				if !linked {
					cfg.Link = nil
				}
			})
			for b.Loop() {
				reply, err := r.nodes[1].Do(context.Background(), cluster.Request{Kind: cluster.OpWrite, Key: "k", Val: "v"}, "bench")
				if err != nil || reply.Err != nil {
					b.Fatal(err, reply.Err)
				}
			}
		})
	}
}

func TestTheScreenKeepsTheNewestLines(t *testing.T) {
	t.Parallel()
	s := &screen{}
	for i := range 5 * screenLines {
		s.print([]string{fmt.Sprint(i)})
	}
	if got := s.all(); len(got) != screenLines || got[0] != fmt.Sprint(4*screenLines) || got[len(got)-1] != fmt.Sprint(5*screenLines-1) {
		t.Errorf("%d lines, %s to %s", len(got), got[0], got[len(got)-1])
	}
}

package server

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"capplayground/cluster"
	"capplayground/cluster/link"
	"capplayground/cluster/loopback"
	"capplayground/server/servertest"
	"capplayground/server/verbs"
)

// played is a node that was started by hand. It sends only the messages that the
// test gives it.
type played struct {
	t    *testing.T
	id   cluster.NodeID
	conn *link.Conn
	mu   sync.Mutex // held while it sends
}

// playNodes returns a playground of three nodes that are started by hand, and two
// of these nodes, which serve.
func playNodes(t *testing.T) (p *playground, one, two *played) {
	t.Helper()
	block := loopback.Test(t, 3)
	cfg, err := Config{Listen: block.Playground, Peers: block.Addrs, Mode: "CA", Attach: true}.validate()
	if err != nil {
		t.Fatal(err)
	}
	if p, err = newPlayground(cfg, t.TempDir(), "boot", nil); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.Close)
	if err := p.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	join := func(id cluster.NodeID) *played {
		ours, theirs := net.Pipe()
		n := &played{t: t, id: id, conn: link.NewConn(theirs, theirs, theirs.Close)}
		left := make(chan error, 1)
		go func() { left <- p.launch.Attach(link.NewConn(ours, ours, ours.Close)) }()
		t.Cleanup(func() {
			_ = n.conn.Close()
			if err := <-left; err != nil {
				t.Errorf("node %d: %v", id, err)
			}
		})
		n.say(link.Up{Hello: &link.Hello{Node: id, PID: int(id), Incarnation: "i", Database: "d", Mode: "CA", Epoch: 1, Addr: block.Addrs[id-1]}})
		n.say(link.Up{Ready: new(link.Ready)})
		return n
	}
	return p, join(1), join(2)
}

func (n *played) say(up link.Up) {
	n.mu.Lock()
	defer n.mu.Unlock()
	_ = n.conn.Send(up) // it ends with the test
}

func (n *played) tell(e cluster.Event) {
	e.Node = n.id
	n.say(link.Up{Events: []cluster.Event{e}})
}

// hear answers each ping and calls do with each other message, until the link ends.
func (n *played) hear(do func(link.Down)) {
	for {
		down, err := n.conn.ReadDown()
		switch {
		case err != nil:
			return
		case down.Ping != nil:
			n.say(link.Up{Pong: &link.Pong{Seq: down.Ping.Seq}})
		default:
			do(down)
		}
	}
}

// A call that sets something is answered when every node that is not silent has confirmed
// it. That may take long: a node may be busy, or wait for a processor. The test sends the
// messages of node 2. On an overloaded machine it may itself be silent for too long.
func TestSettingsAreAnsweredWhenTheyHold(t *testing.T) {
	t.Parallel()
	p, one, two := playNodes(t)
	ctx := t.Context()
	confirm, heard := make(chan struct{}), make(chan struct{}, 64)
	go one.hear(func(link.Down) {})
	go two.hear(func(d link.Down) {
		if d.Settings != nil {
			heard <- struct{}{}
			<-confirm // until then the test reads no ping of node 2
		}
	})
	<-heard // the settings that a joining node gets
	calls := map[string]func() error{
		"pace": func() error { _, err := p.Verbs.SetPace(ctx, cluster.PaceStep, 0); return err },
		"link": func() error { _, err := p.Verbs.SetLink(ctx, cluster.Link{From: 1, To: 2, DelayMS: 5}); return err },
		"rule": func() error {
			_, err := p.Verbs.AddRule(ctx, cluster.Rule{Type: "yes", Do: cluster.RuleHold})
			return err
		},
		"partition": func() error { return p.Verbs.Partition(ctx, [][]cluster.NodeID{{1}, {2, 3}}) },
		"isolate":   func() error { return p.Verbs.Isolate(ctx, 3) },
		"rejoin":    func() error { return p.Verbs.Rejoin(ctx, 3) },
		"quorum":    func() error { return p.Verbs.SetQuorum(ctx, cluster.Quorum{N: 3, R: 1, W: 1}) },
		"heal":      func() error { return p.Verbs.Heal(ctx) },
	}
	var begun, all sync.WaitGroup
	var confirmed atomic.Bool
	began := time.Now()
	early := make(chan string, len(calls))
	for what, call := range calls {
		begun.Add(1)
		all.Go(func() {
			begun.Done()
			if err := call(); err != nil {
				t.Errorf("%s: %v", what, err)
			}
			if !confirmed.Load() {
				early <- what
			}
		})
	}
	begun.Wait()
	for i := range 100 { // longer than a node may be silent
		two.tell(cluster.Event{Body: &cluster.ScreenLine{Text: fmt.Sprintf("busy %d", i)}})
		time.Sleep(10 * time.Millisecond) // the time between two events
	}
	confirmed.Store(true)
	held := time.Since(began)
	close(confirm)
	all.Wait()
	close(early)
	if len(early) > 0 && held > 4*time.Second {
		t.Skipf("the machine let the nodes hold the answer for %v, but a call waits at most 5 s", held)
	}
	if len(early) > 0 && wasSilent(t, p, 2) {
		t.Skip("node 2 was shown as silent, so no call had to wait for it")
	}
	for what := range early {
		t.Errorf("%s was answered before it held", what)
	}
}

// wasSilent reports whether an event shows a node as silent.
func wasSilent(t *testing.T, p *playground, id cluster.NodeID) bool {
	t.Helper()
	_, texts, _ := p.Collect.Retained()
	for _, text := range texts {
		var e cluster.Event
		if err := json.Unmarshal(text, &e); err != nil {
			t.Fatal(err)
		}
		if e.Node == id && e.Kind() == cluster.KindStatus && cluster.BodyOf[cluster.StatusChanged](e).Silent {
			return true
		}
	}
	return false
}

// The event of a message comes before the message arrives. A call that delivers
// or drops it at once waits until the message is in the inbox. It is answered
// "gone" only if the message is gone.
func TestMessageInHandBeforeItArrives(t *testing.T) {
	t.Parallel()
	p, one, two := playNodes(t)
	go one.hear(func(link.Down) {})
	asked := map[string]int{}
	go two.hear(func(d link.Down) {
		if d.Command == nil || d.Command.Msg == "" {
			return
		}
		done := link.Answer(d.Command.ID, nil)
		asked[d.Command.Msg]++
		switch {
		case d.Command.Msg == "comes" && asked["comes"] > 2: // now it is there
		case d.Command.Msg == "came" && asked["came"] > 2:
			two.tell(cluster.Event{Body: &cluster.Delivered{Transit: cluster.Transit{Msg: "came", From: 1, To: 2}}})
			fallthrough
		default:
			done = link.Answer(d.Command.ID, cluster.ErrNoSuchMessage)
		}
		two.say(link.Up{Done: &done})
	})
	for _, msg := range []string{"comes", "came", "stays"} {
		one.tell(cluster.Event{Body: &cluster.Sent{Transit: cluster.Transit{Msg: msg, From: 1, To: 2}}})
	}
	ctx, cancel := context.WithTimeout(t.Context(), servertest.Patience)
	defer cancel()
	p.launch.Apply(ctx) // after this the playground knows the messages
	if err := p.Verbs.Handle(ctx, "comes", verbs.Deliver); err != nil {
		t.Errorf("a message that arrives: %v", err)
	}
	if err := p.Verbs.Handle(ctx, "came", verbs.Deliver); !errors.Is(err, cluster.ErrNoSuchMessage) {
		t.Errorf("a message that was taken in: %v", err)
	}
	if err := p.Verbs.Handle(ctx, "stays", verbs.Drop); !errors.Is(err, cluster.ErrNotNow) {
		t.Errorf("a message that does not arrive: %v", err)
	}
}

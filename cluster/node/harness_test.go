package node

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"

	"capplayground/cluster"
	"capplayground/cluster/link"
	"capplayground/cluster/peer"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// disk is a Disk in memory. A test can watch its Apply.
type disk struct {
	mu      sync.Mutex
	records []cluster.Record
	apply   func([]cluster.Record) error // called before the records are kept; may be nil
}

func (d *disk) Load() ([]cluster.Record, error) { return d.kept(), nil }
func (d *disk) Database() string                { return "db" }
func (d *disk) Apply(r []cluster.Record) error {
	if d.apply != nil {
		if err := d.apply(r); err != nil {
			return err
		}
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.records = append(d.records, r...)
	return nil
}

func (d *disk) kept() []cluster.Record {
	d.mu.Lock()
	defer d.mu.Unlock()
	return slices.Clone(d.records)
}

// patience is how long echo waits for answers, in virtual time. It is longer than any
// test takes at full speed, however busy the machine is.
const patience = 10 * time.Minute

// echo is the smallest protocol. It keeps a write, sends it to all other nodes, and
// answers when all have acknowledged it. It answers a read from memory.
type echo struct {
	cfg  cluster.Config
	vals map[string]string
	acks map[cluster.OpID]int
	on   func(cluster.Input) // called with every input; may be nil

	ahead bool // its stores are sent ahead of its records
}

type echoBody struct{ Key, Val string }

func newEcho(id cluster.NodeID, n int) *echo {
	e := &echo{cfg: cluster.Config{ID: id}, vals: map[string]string{}, acks: map[cluster.OpID]int{}}
	for i := range n {
		e.cfg.Nodes = append(e.cfg.Nodes, cluster.NodeID(i+1))
	}
	return e
}

func (e *echo) Step(in cluster.Input) (out cluster.Output) {
	if e.on != nil {
		e.on(in)
	}
	switch in.Kind {
	case cluster.InputStart:
		for _, r := range in.Records {
			e.vals[r.Key] = string(r.Val)
		}
	case cluster.InputRequest:
		r := in.Request
		if r.Kind == cluster.OpRead {
			out.Replies = []cluster.Reply{{Op: r.Op, Key: r.Key, Val: e.vals[r.Key]}}
			return out
		}
		e.keep(&out, r.Key, r.Val)
		body, _ := json.Marshal(echoBody{r.Key, r.Val})
		for _, to := range e.cfg.Nodes {
			if to != e.cfg.ID {
				out.Messages = append(out.Messages, cluster.Message{From: e.cfg.ID, To: to, Type: "store", Class: cluster.ClassRequest, Op: r.Op, Label: r.Key + "=" + r.Val, Body: body})
			}
		}
		out.Timers = []cluster.Timer{{Name: "acks", Op: r.Op, Due: in.Now.Add(patience)}}
		e.acks[r.Op] = len(out.Messages)
		if e.ahead {
			out.Ahead, out.Messages = out.Messages, nil
		}
		e.answer(&out, r.Op)
	case cluster.InputMessage:
		m := in.Message
		if m.Type == "ack" {
			e.acks[m.Op]--
			e.answer(&out, m.Op)
			return out
		}
		var b echoBody
		if json.Unmarshal(m.Body, &b) == nil {
			e.keep(&out, b.Key, b.Val)
			out.Messages = []cluster.Message{{From: e.cfg.ID, To: m.From, Type: "ack", Class: cluster.ClassYes, Op: m.Op}}
		}
	case cluster.InputTimer:
		if _, waits := e.acks[in.Timer.Op]; !waits {
			out.Stale = true
			return out
		}
		delete(e.acks, in.Timer.Op)
		out.Replies = []cluster.Reply{{Op: in.Timer.Op, Err: cluster.ErrUnavailable}}
	}
	return out
}

func (e *echo) keep(out *cluster.Output, key, val string) {
	e.vals[key] = val
	out.Records = append(out.Records, cluster.Record{Key: key, Val: []byte(val)})
	out.Notes = append(out.Notes, &cluster.KeyChanged{Key: key, Value: cluster.Value{Val: val}})
}

func (e *echo) answer(out *cluster.Output, op cluster.OpID) {
	if n, waits := e.acks[op]; waits && n == 0 {
		delete(e.acks, op)
		out.Replies = append(out.Replies, cluster.Reply{Op: op, Version: "1"})
	}
}

func (e *echo) Snapshot() (s cluster.Snapshot) {
	for k, v := range e.vals {
		s.Keys = append(s.Keys, cluster.KeyState{Key: k, Val: v})
	}
	slices.SortFunc(s.Keys, func(a, b cluster.KeyState) int { return len(a.Key) - len(b.Key) })
	return s
}

// rig is some nodes on free ports, each with a playground of its own.
type rig struct {
	nodes map[cluster.NodeID]*Node
	machs map[cluster.NodeID]*echo
	disks map[cluster.NodeID]*disk
	play  map[cluster.NodeID]*playground
	errs  map[cluster.NodeID]chan error
}

var epochs atomic.Int64

// newRig starts n linked nodes; prepare may change a node before it starts.
func newRig(t testing.TB, n int, prepare func(r *rig, id cluster.NodeID, cfg *Config)) *rig {
	t.Helper()
	r := &rig{
		nodes: map[cluster.NodeID]*Node{}, machs: map[cluster.NodeID]*echo{}, disks: map[cluster.NodeID]*disk{},
		play: map[cluster.NodeID]*playground{}, errs: map[cluster.NodeID]chan error{},
	}
	// Each rig has its own epoch. If another test gets one of its ports later, the nodes of
	// the two rigs do not take each other for peers.
	epoch := int(epochs.Add(1))
	addrs := map[cluster.NodeID]string{}
	ls := map[cluster.NodeID]net.Listener{}
	for i := range n {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		id := cluster.NodeID(i + 1)
		ls[id], addrs[id] = l, l.Addr().String()
	}
	for id := range addrs {
		r.machs[id], r.disks[id], r.play[id] = newEcho(id, n), &disk{}, newPlayground()
	}
	for id := range addrs {
		cfg := Config{ID: id, Peers: addrs, Mode: "CA", Epoch: epoch, Machine: r.machs[id], Disk: r.disks[id], Link: r.play[id].dialer()}
		if prepare != nil {
			prepare(r, id, &cfg)
		}
		r.start(t, id, cfg, ls[id])
	}
	for id, node := range r.nodes {
		eventually(t, fmt.Sprintf("%v ready", id), node.Ready)
	}
	return r
}

func (r *rig) start(t testing.TB, id cluster.NodeID, cfg Config, l net.Listener) {
	t.Helper()
	node, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	mux := http.NewServeMux()
	mux.Handle(peer.Path, node.PeerHandler())
	srv := &http.Server{Handler: mux}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	var running sync.WaitGroup
	running.Go(func() { _ = srv.Serve(l) })
	running.Go(func() { done <- node.Run(ctx) })
	r.nodes[id], r.errs[id] = node, done
	t.Cleanup(func() {
		cancel()
		_ = srv.Close()
		running.Wait()
		r.play[id].close()
	})
}

// playground is the other end of one node's link.
type playground struct {
	conn   *link.Conn
	in     *io.PipeWriter // to the node
	out    *io.PipeReader // from the node
	nodeIn *io.PipeReader
	nodeW  *io.PipeWriter
	done   chan struct{}
	auto   bool         // the playground answers Sync by itself
	flows  atomic.Int64 // flow events so far

	mu  sync.Mutex
	ups []link.Up
	wr  sync.Mutex
	n   uint64
}

func newPlayground() *playground {
	p := &playground{done: make(chan struct{}), auto: true}
	p.nodeIn, p.in = io.Pipe()
	p.out, p.nodeW = io.Pipe()
	p.conn = link.NewConn(p.out, p.in, nil)
	go p.read()
	return p
}

func (p *playground) dialer() *link.Dialer { return link.Stdio(p.nodeIn, p.nodeW) }

func (p *playground) close() {
	_ = p.in.Close()
	_ = p.nodeIn.Close()
	_ = p.nodeW.Close()
	_ = p.out.Close()
	<-p.done
}

func (p *playground) read() {
	defer close(p.done)
	for {
		up, err := p.conn.ReadUp()
		if err != nil {
			return
		}
		p.mu.Lock()
		p.ups = append(p.ups, up)
		auto := p.auto
		p.mu.Unlock()
		for _, e := range up.Events {
			if e.Kind() == cluster.KindFlow {
				p.flows.Add(1)
			}
		}
		switch {
		case up.Hello != nil:
			go p.send(link.Down{Settings: &link.Settings{Pace: cluster.LivePace()}})
		case up.Sync != nil && auto:
			go p.send(link.Down{Sync: up.Sync})
		}
	}
}

func (p *playground) send(d link.Down) {
	p.wr.Lock()
	defer p.wr.Unlock()
	_ = p.conn.Send(d)
}

// all returns what the node has sent so far.
func (p *playground) all() []link.Up {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.ups)
}

// events returns the node's events of a kind so far; "" means every kind.
func (p *playground) events(kind cluster.EventKind) (events []cluster.Event) {
	for _, up := range p.all() {
		for _, e := range up.Events {
			if kind == "" || e.Kind() == kind {
				events = append(events, e)
			}
		}
	}
	return events
}

// event waits for the first event of a kind.
func (p *playground) event(t testing.TB, kind cluster.EventKind) cluster.Event {
	t.Helper()
	var found cluster.Event
	eventually(t, "event "+string(kind), func() bool {
		events := p.events(kind)
		if len(events) > 0 {
			found = events[0]
		}
		return len(events) > 0
	})
	return found
}

// command sends a command and waits until the node has answered.
func (p *playground) command(t testing.TB, c link.Command) error {
	t.Helper()
	p.mu.Lock()
	p.n++
	c.ID = p.n
	p.mu.Unlock()
	p.send(link.Down{Command: &c})
	var done *link.Done
	eventually(t, "done of "+c.Do, func() bool {
		for _, up := range p.all() {
			if up.Done != nil && up.Done.ID == c.ID {
				done = up.Done
			}
		}
		return done != nil
	})
	if done.Err != "" {
		return errors.New(done.Err)
	}
	return nil
}

// set sends settings and waits until the loop has them.
func (p *playground) set(t testing.TB, s link.Settings) {
	t.Helper()
	p.send(link.Down{Settings: &s})
	p.ping(t)
}

// ping sends a ping and waits for the pong.
func (p *playground) ping(t testing.TB) {
	t.Helper()
	p.mu.Lock()
	p.n++
	seq := p.n
	p.mu.Unlock()
	p.send(link.Down{Ping: &link.Ping{Seq: seq}})
	eventually(t, "pong", func() bool {
		return slices.ContainsFunc(p.all(), func(up link.Up) bool { return up.Pong != nil && up.Pong.Seq == seq })
	})
}

// eventually waits until a condition holds.
func eventually(t testing.TB, what string, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(20 * time.Second); !ok(); {
		if time.Now().After(end) {
			t.Fatalf("never: %s", what)
		}
		time.Sleep(time.Millisecond)
	}
}

// write sends a write to a node and returns a channel with its reply.
func (r *rig) write(id cluster.NodeID, key, val string) <-chan cluster.Reply {
	c := make(chan cluster.Reply, 1)
	go func() {
		reply, err := r.nodes[id].Do(context.Background(), cluster.Request{Kind: cluster.OpWrite, Key: key, Val: val}, "test")
		if err != nil {
			reply.Err = err
		}
		c <- reply
	}()
	return c
}

func await[T any](t testing.TB, c <-chan T, what string) T {
	t.Helper()
	select {
	case v := <-c:
		return v
	case <-time.After(20 * time.Second):
		t.Fatalf("no %s", what)
		panic("unreachable")
	}
}

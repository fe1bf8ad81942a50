package driver

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"capplayground/cluster"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// keeper is a small machine with durable writes. It records a write and sends it to
// node 2. It answers a read from memory.
type keeper struct {
	vals   map[string]string
	ahead  bool // it sends the message about a write in Ahead
	inputs []cluster.Input
}

func (k *keeper) Step(in cluster.Input) (out cluster.Output) {
	k.inputs = append(k.inputs, in)
	switch in.Kind {
	case cluster.InputRequest:
		r := in.Request
		reply := cluster.Reply{Op: r.Op, Key: r.Key, Val: k.vals[r.Key], Version: "1"}
		if r.Kind == cluster.OpWrite {
			k.vals[r.Key] = r.Val
			out.Records = []cluster.Record{{Key: r.Key, Val: []byte(r.Val)}}
			out.Notes = []cluster.Body{&cluster.KeyChanged{Key: r.Key, Value: cluster.Value{Val: r.Val}}}
			out.Messages = []cluster.Message{{From: 1, To: 2, Type: "have", Class: cluster.ClassRequest, Op: r.Op, Label: r.Key + "=" + r.Val}}
			out.Timers = []cluster.Timer{{Name: "patience", Op: r.Op, Due: in.Now.Add(time.Second)}}
			if k.ahead {
				out.Ahead, out.Messages = out.Messages, nil
			}
		}
		if r.Kind != cluster.OpPropose { // a propose never gets a reply
			out.Replies = []cluster.Reply{reply}
		}
	case cluster.InputTimer:
		out.Stale = in.Timer.Name == "stale"
	}
	return out
}

func (k *keeper) Snapshot() (s cluster.Snapshot) {
	for key, val := range k.vals {
		s.Keys = append(s.Keys, cluster.KeyState{Key: key, Val: val})
	}
	return s
}

// kinds lists the names of the inputs that the machine got.
func (k *keeper) kinds() string {
	names := map[cluster.InputKind]string{
		cluster.InputStart: "start", cluster.InputRequest: "request", cluster.InputMessage: "message",
		cluster.InputTimer: "timer", cluster.InputQuorum: "quorum", cluster.InputLost: "lost",
	}
	var all []string
	for _, in := range k.inputs {
		name := names[in.Kind]
		switch in.Kind {
		case cluster.InputMessage, cluster.InputLost:
			name += ":" + in.Message.ID
		case cluster.InputTimer:
			name += ":" + in.Timer.ID()
		}
		all = append(all, name)
	}
	return strings.Join(all, " ")
}

// lossKeeper is a keeper that is a cluster.LossHandler.
type lossKeeper struct{ keeper }

func (*lossKeeper) HandlesLoss() {}

// rig has a started driver of node 1 with its keeper. The tests set its time.
type rig struct {
	*Driver
	k   *keeper
	now Moment
}

func newRig(t *testing.T, change func(*Config, *keeper)) *rig {
	t.Helper()
	r := &rig{k: &keeper{vals: map[string]string{}}, now: Moment{Now: 1_000_000, Wall: 5_000_000}}
	cfg := Config{ID: 1, Machine: r.k, Watch: WatchAll, Incarnation: "a", Random: func() float64 { return 0.5 }}
	if change != nil {
		change(&cfg, r.k)
	}
	r.Driver = New(cfg)
	r.Start(nil, r.now)
	if b := r.Batch(r.now); len(b.Events)+len(b.Messages)+len(b.Records) > 0 {
		t.Fatalf("after the start, the batch has %+v", b)
	}
	r.k.inputs = nil
	return r
}

// pass moves virtual time and wall time forward.
func (r *rig) pass(d time.Duration) {
	r.now.Now = r.now.Now.Add(d)
	r.now.Wall += d.Microseconds()
}

func (r *rig) write(t *testing.T, op cluster.OpID, val string) {
	t.Helper()
	req := cluster.Request{Op: op, Kind: cluster.OpWrite, Key: "k", Val: val}
	if reply, ended := r.Request(req, "test", r.now); ended {
		t.Fatalf("op=%s is answered at once: %+v", op, reply)
	}
}

func (r *rig) read(t *testing.T, op cluster.OpID) {
	t.Helper()
	if reply, ended := r.Request(cluster.Request{Op: op, Kind: cluster.OpRead, Key: "k"}, "test", r.now); ended {
		t.Fatalf("op=%s is answered at once: %+v", op, reply)
	}
}

// advance gives the machine all inputs that are due.
func (r *rig) advance() {
	for r.Advance(r.now) {
	}
}

// batch returns the next Batch as one line: its messages, replies and records.
func (r *rig) batch() string {
	b := r.Batch(r.now)
	var parts []string
	for _, m := range b.Messages {
		parts = append(parts, "message:"+string(m.Op))
	}
	for _, reply := range b.Replies {
		parts = append(parts, fmt.Sprintf("reply:%s=%s", reply.Op, reply.Val))
	}
	for _, rec := range b.Records {
		parts = append(parts, fmt.Sprintf("record:%s=%s", rec.Key, rec.Val))
	}
	return strings.Join(parts, " ")
}

// all carries out all that is due, and returns the events without screen lines.
func (r *rig) all() (events []cluster.Event) {
	for {
		r.advance()
		b := r.Batch(r.now)
		events = append(events, b.Events...)
		if len(b.Records) == 0 {
			return slices.DeleteFunc(events, func(e cluster.Event) bool { return e.Kind() == cluster.KindScreen })
		}
		r.Saved()
	}
}

// told returns the kinds of the events as one line.
func told(events []cluster.Event) string {
	var kinds []string
	for _, e := range events {
		kinds = append(kinds, string(e.Kind()))
	}
	return strings.Join(kinds, " ")
}

func want(t *testing.T, what, got, want string) {
	t.Helper()
	if got != want {
		t.Errorf("%s: %q, want %q", what, got, want)
	}
}

// from returns a message from node 2 to node 1.
func from(id string, sent, due cluster.Time) cluster.Message {
	return cluster.Message{From: 2, To: 1, Type: "got", Class: cluster.ClassYes, ID: id, Sent: sent, Due: due}
}

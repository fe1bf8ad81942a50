//go:build linux

package launch

import (
	"errors"
	"fmt"
	"net"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"capplayground/cluster"
	"capplayground/cluster/link"
)

// TestAPingServesItsCallers: a ping that is not yet written serves each further call. An
// answer serves the calls of its ping and of earlier pings, and no later call.
func TestAPingServesItsCallers(t *testing.T) {
	t.Parallel()
	o := newOutbox(nil, func() link.Settings { return link.Settings{} })
	written := func() (pings []uint64) {
		batch, _ := o.take()
		for _, d := range batch {
			if d.Ping != nil {
				pings = append(pings, d.Ping.Seq)
			}
		}
		return pings
	}
	var calls []<-chan struct{}
	for want := range uint64(3) {
		calls = append(calls, o.ping(), o.ping())
		if got := written(); len(got) != 1 || got[0] != want+1 {
			t.Fatalf("two calls write the pings %v, want %d", got, want+1)
		}
		if got := written(); len(got) != 0 {
			t.Fatalf("without a call the pings %v are written", got)
		}
	}
	for seq, open := range []int{6, 4, 2, 0} {
		o.pong(uint64(seq))
		left := 0
		for _, c := range calls {
			select {
			case <-c:
			default:
				left++
			}
		}
		if left != open {
			t.Errorf("after the answer to ping %d, %d calls wait, want %d", seq, left, open)
		}
	}
}

// TestCommandsAreBounded: no more than maxCommands wait to be written. Each answer goes to
// the caller of its command.
func TestCommandsAreBounded(t *testing.T) {
	t.Parallel()
	o := newOutbox(nil, func() link.Settings { return link.Settings{} })
	answers := make(map[string]<-chan link.Done)
	for i := range maxCommands {
		answer, _, err := o.command(link.Command{Do: fmt.Sprint(i)})
		must(t, err)
		answers[fmt.Sprint(i)] = answer
	}
	if _, _, err := o.command(link.Command{}); !errors.Is(err, cluster.ErrNotNow) {
		t.Errorf("one command more: %v", err)
	}
	batch, _ := o.take()
	for _, d := range batch {
		if d.Command != nil {
			o.done(link.Done{ID: d.Command.ID, Err: d.Command.Do})
		}
	}
	for do, answer := range answers {
		if got := <-answer; got.Err != do {
			t.Fatalf("the caller of command %s gets the answer to %s", do, got.Err)
		}
	}
	if _, _, err := o.command(link.Command{}); err != nil {
		t.Errorf("after all are written: %v", err)
	}
}

// TestRoundsOfANodeThatDoesNotAnswer: a node is asked for at most maxAsked rounds without an
// answer. An answer belongs to the oldest of them, and an answer that was not asked for to
// none.
func TestRoundsOfANodeThatDoesNotAnswer(t *testing.T) {
	t.Parallel()
	p := &process{out: newOutbox(nil, func() link.Settings { return link.Settings{} })}
	for round := range uint64(maxAsked + 3) {
		p.askUnderWay(round)
	}
	if n := len(p.out.commands); n != maxAsked {
		t.Errorf("it is asked %d times, want %d", n, maxAsked)
	}
	for want := range uint64(maxAsked) {
		if round, ok := p.answeredRound(); !ok || round != want {
			t.Fatalf("the answer belongs to round %d (%v), want %d", round, ok, want)
		}
	}
	if round, ok := p.answeredRound(); ok {
		t.Errorf("an answer that was not asked for belongs to round %d", round)
	}
}

// TestALauncherHasItsDefaults: a Config without the callbacks works, and those that it has
// are called with the number of the node.
func TestALauncherHasItsDefaults(t *testing.T) {
	t.Parallel()
	for n, ok := range map[int]bool{0: false, 1: true, cluster.MaxNodes: true, cluster.MaxNodes + 1: false} {
		l, err := New(Config{Peers: peers(n), Dir: t.TempDir(), Settings: settings, Publish: new(recorder).publish})
		if (err == nil) != ok {
			t.Errorf("%d nodes: %v", n, err)
		}
		if err == nil {
			reports(l)
			l.Close()
		}
	}
	var got []string
	l, err := New(Config{
		Peers: peers(2), Dir: t.TempDir(), Settings: settings, Publish: new(recorder).publish, Durability: "process",
		StreamEnded: func(n cluster.NodeID, s link.Stream) { got = append(got, fmt.Sprintf("%v %s", n, s.ID)) },
		UnderWay: func(n cluster.NodeID, round uint64, _ link.UnderWay) {
			got = append(got, fmt.Sprintf("%v %d", n, round))
		},
	})
	must(t, err)
	defer l.Close()
	if reports(l); !slices.Equal(got, []string{"n1 s", "n1 7"}) {
		t.Errorf("the reports are passed on as %q", got)
	}
	if l.cfg.Durability != "process" {
		t.Errorf("the durability is %s", l.cfg.Durability)
	}
}

// reports lets node 1 of a launcher report the end of a stream, and answer a round.
func reports(l *Launcher) {
	p := &process{slot: l.slots[1], out: newOutbox(nil, func() link.Settings { return link.Settings{} })}
	p.handle(link.Up{Stream: &link.Stream{ID: "s"}})
	p.handle(link.Up{UnderWay: &link.UnderWay{}}) // was not asked for
	p.askUnderWay(7)
	p.handle(link.Up{UnderWay: &link.UnderWay{}})
}

// TestTheNewestLinesOfANode: they are kept, and each line is logged.
func TestTheNewestLinesOfANode(t *testing.T) {
	t.Parallel()
	var log strings.Builder
	p := &process{slot: newSlot(&Launcher{cfg: Config{Log: &log}}, 3)}
	p.read(strings.NewReader("a\nb\nc\nd\ne\nf\ng\nh\ni\n"))
	if got := p.lastLines(); got != "b; c; d; e; f; g; h; i" {
		t.Errorf("the last lines are %q", got)
	}
	if n := strings.Count(log.String(), "\n"); n != 9 {
		t.Errorf("%d lines are logged:\n%s", n, log.String())
	}
}

// TestTheWatchIsTooLate: a turn after silentAfter is in time, and a later turn is not.
func TestTheWatchIsTooLate(t *testing.T) {
	t.Parallel()
	began := time.Unix(1e9, 0)
	for after, want := range map[time.Duration]bool{lookEvery: false, silentAfter: false, silentAfter + 1: true} {
		w := patience{lastTurn: began}
		if got := w.recordTurn(began.Add(after)); got != want {
			t.Errorf("a turn after %v is too late: %v", after, got)
		}
	}
}

// TestAnotherProcessTakesNoPlace: while a node that was started by hand has its link, only the
// same process gets its slot. Two containers may give their processes the same number.
func TestAnotherProcessTakesNoPlace(t *testing.T) {
	t.Parallel()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	defer ln.Close()
	l, err := New(Config{Peers: []string{ln.Addr().String()}, Dir: t.TempDir(), Attach: true, Settings: settings, Publish: new(recorder).publish})
	must(t, err)
	defer l.Close()
	must(t, l.Start(t.Context(), cluster.Epoch{N: 1, Mode: "AP"}))
	hello := link.Hello{Node: 1, PID: 1, Incarnation: "i", Database: "d", Mode: "AP", Epoch: 1, Addr: ln.Addr().String()}
	first := visit(t, l, link.Up{Hello: &hello})
	_, err = first.conn.ReadDown() // it has the slot
	must(t, err)
	for _, other := range []link.Hello{{PID: 1, Incarnation: "j"}, {PID: 2, Incarnation: "i"}, {PID: 2, Incarnation: "j"}} {
		h := hello
		h.PID, h.Incarnation = other.PID, other.Incarnation
		v := visit(t, l, link.Up{Hello: &h})
		if down, err := v.conn.ReadDown(); err != nil || !strings.Contains(down.Refused, "runs already") {
			t.Errorf("process %d %s gets %+v, %v", h.PID, h.Incarnation, down, err)
		}
	}
	same := visit(t, l, link.Up{Hello: &hello})
	if down, err := same.conn.ReadDown(); err != nil || down.Settings == nil {
		t.Errorf("the same process on another link gets %+v, %v", down, err)
	}
}

// TestWipeEmptiesOneDisk: while the node does not run, its database is gone, and those of the
// others stay. Then the node runs again.
func TestWipeEmptiesOneDisk(t *testing.T) {
	t.Parallel()
	l, rec := start(t, "good", 2)
	one, two := write(t, l.cfg.Dir, nodeDir("CA", 1), "node1.db"), write(t, l.cfg.Dir, nodeDir("CA", 2), "node2.db")
	pid, emptied := status(rec.last(2)).PID, false
	must(t, l.Wipe(t.Context(), 2, func() {
		_, err := os.Stat(two)
		_, other := os.Stat(one)
		emptied = errors.Is(err, os.ErrNotExist) && other == nil && l.slots[2].running() == nil
	}))
	if now := status(rec.last(2)); !emptied || now.Status != cluster.StatusUp || now.PID == pid {
		t.Errorf("emptied while the node did not run: %v; then it is %+v, and was process %d", emptied, now, pid)
	}
}

// TestANodeByHandInAnEmptySlot: it may take the place of a launched node that was killed. As
// long as it runs, the mode cannot be switched.
func TestANodeByHandInAnEmptySlot(t *testing.T) {
	t.Parallel()
	l, _ := start(t, "good", 2)
	must(t, l.Kill(t.Context(), 2))
	if err := l.CanSwitch(); err != nil {
		t.Errorf("with an empty slot: %v", err)
	}
	if err := l.Handle(t.Context(), 2, link.DoDeliver, "m"); !errors.Is(err, cluster.ErrNotNow) || !strings.Contains(err.Error(), "is killed") {
		t.Errorf("a command to a killed node: %v", err)
	}
	v := visit(t, l, link.Up{Hello: &link.Hello{Node: 2, PID: 1, Incarnation: "i", Mode: "CA", Epoch: 1, Addr: peers(2)[1]}})
	down, err := v.conn.ReadDown()
	must(t, err)
	if down.Settings == nil {
		t.Fatalf("the node gets %+v", down)
	}
	if err := l.CanSwitch(); !errors.Is(err, cluster.ErrNotNow) {
		t.Errorf("with a node by hand: %v", err)
	}
}

// TestWhichLoopMayAnswer: that of the process in the slot, if it is neither frozen nor silent.
func TestWhichLoopMayAnswer(t *testing.T) {
	t.Parallel()
	p, other := new(process), new(process)
	for name, c := range map[string]struct {
		in   *process
		now  state
		want bool
	}{
		"runs":            {p, state{}, true},
		"frozen":          {p, state{frozen: true}, false},
		"silent":          {p, state{loopSilent: true}, false},
		"another process": {other, state{}, false},
		"an empty slot":   {nil, state{}, false},
	} {
		if got := (&slot{proc: c.in, state: c.now}).mayAnswer(p); got != c.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}

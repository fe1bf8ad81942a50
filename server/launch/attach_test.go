//go:build linux

package launch

import (
	"errors"
	"net"
	"strings"
	"testing"

	"capplayground/cluster"
	"capplayground/cluster/link"
)

// visitor is the link of a node that was started by hand.
type visitor struct {
	conn *link.Conn
	left chan error // the result of Attach
}

func visit(t *testing.T, l *Launcher, first link.Up) *visitor {
	t.Helper()
	ours, theirs := net.Pipe()
	v := &visitor{conn: link.NewConn(theirs, theirs, theirs.Close), left: make(chan error, 1)}
	go func() { v.left <- l.Attach(link.NewConn(ours, ours, ours.Close)) }()
	t.Cleanup(func() { _ = v.conn.Close() })
	if err := v.conn.Send(first); err != nil {
		t.Fatal(err)
	}
	return v
}

func TestRefusedNodesAreToldTheReason(t *testing.T) {
	t.Parallel()
	l, rec := start(t, "good", 3)
	own := func(change func(*link.Hello)) *link.Hello {
		h := &link.Hello{Node: 2, PID: 1, Incarnation: "i", Mode: "CA", Epoch: 1, Addr: peers(3)[1]}
		change(h)
		return h
	}
	for name, tc := range map[string]struct {
		hello *link.Hello
		says  string
	}{
		"a place that is taken": {own(func(*link.Hello) {}), "runs already"},
		"another mode":          {own(func(h *link.Hello) { h.Mode = "AP" }), "mode AP"},
		"another epoch":         {own(func(h *link.Hello) { h.Epoch = 2 }), "epoch 2"},
		"another address":       {own(func(h *link.Hello) { h.Addr = "127.0.0.2:1" }), "not at 127.0.0.2:1"},
		"no such node":          {own(func(h *link.Hello) { h.Node = 4 }), "no such node"},
		"no node at all":        {own(func(h *link.Hello) { h.Node = -1 }), "no such node"},
	} {
		v := visit(t, l, link.Up{Hello: tc.hello})
		if down, err := v.conn.ReadDown(); err != nil || !strings.Contains(down.Refused, tc.says) {
			t.Errorf("%s: got %+v, %v (want %q)", name, down, err, tc.says)
		}
		if err := <-v.left; !errors.Is(err, cluster.ErrNotNow) && !errors.Is(err, cluster.ErrNoSuchNode) {
			t.Errorf("%s: %v", name, err)
		}
	}
	v := visit(t, l, link.Up{Ready: new(link.Ready)})
	if err := <-v.left; !errors.Is(err, cluster.ErrNotNow) {
		t.Errorf("a first message that is no hello: %v", err)
	}
	if e := rec.last(2); cluster.BodyOf[cluster.StatusChanged](e).Status != cluster.StatusUp {
		t.Errorf("node 2 is %+v", e)
	}
}

// If the same process comes back on a new link, it takes its slot again and is not
// shown as killed. A node whose link ended is silent while its address answers.
func TestNodeByHandComesBackOnAnotherLink(t *testing.T) {
	t.Parallel()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	defer ln.Close()
	rec := new(recorder)
	l, err := New(Config{Peers: []string{ln.Addr().String()}, Dir: t.TempDir(), Attach: true, Settings: settings, Publish: rec.publish})
	must(t, err)
	defer l.Close()
	must(t, l.Start(t.Context(), cluster.Epoch{N: 1, Mode: "CP"}))
	if e := rec.last(1); cluster.BodyOf[cluster.StatusChanged](e).Status != cluster.StatusKilled {
		t.Errorf("before a node joins: %+v", e)
	}
	hello := link.Hello{Node: 1, PID: 7, Incarnation: "i", Database: "d", Mode: "CP", Epoch: 1, Addr: ln.Addr().String()}
	join := func(h link.Hello) *visitor {
		t.Helper()
		v := visit(t, l, link.Up{Hello: &h})
		var said []string
		for range 3 {
			down, err := v.conn.ReadDown()
			must(t, err)
			switch {
			case down.Settings != nil:
				said = append(said, "settings")
			case down.Command != nil:
				said = append(said, down.Command.Do)
			}
		}
		if got := strings.Join(said, " "); got != "settings thaw tell" {
			t.Errorf("a node that joins gets %s", got)
		}
		must(t, v.conn.Send(link.Up{Ready: new(link.Ready)}))
		go func() {
			for { // read all further messages
				if _, err := v.conn.ReadDown(); err != nil {
					return
				}
			}
		}()
		eventually(t, soon, "up", func() bool {
			return cluster.BodyOf[cluster.StatusChanged](rec.last(1)).Status == cluster.StatusUp && cluster.BodyOf[cluster.StatusChanged](rec.last(1)).PID == h.PID
		})
		return v
	}
	killed := func() (n int) {
		for _, e := range rec.all() {
			if cluster.BodyOf[cluster.StatusChanged](e).Status == cluster.StatusKilled {
				n++
			}
		}
		return n
	}

	first := join(hello)
	second := join(hello)
	must(t, <-first.left)
	_ = second.conn.Close()
	eventually(t, soon, "silent", func() bool { return cluster.BodyOf[cluster.StatusChanged](rec.last(1)).Silent })
	if e := rec.last(1); cluster.BodyOf[cluster.StatusChanged](e).Status != cluster.StatusUp || killed() != 1 {
		t.Errorf("a node whose link ended and whose address answers is %+v", e)
	}
	third := join(hello)
	must(t, <-second.left)
	eventually(t, soon, "no longer silent", func() bool { return !cluster.BodyOf[cluster.StatusChanged](rec.last(1)).Silent })
	if killed() != 1 {
		t.Errorf("after its return on a new link the node is %+v", rec.last(1))
	}

	other := hello
	other.PID, other.Incarnation, other.Database = 8, "j", "e"
	v := visit(t, l, link.Up{Hello: &other})
	if down, err := v.conn.ReadDown(); err != nil || !strings.Contains(down.Refused, "another database") {
		t.Errorf("with another disk: %+v, %v", down, err)
	}
	_ = third.conn.Close()
	eventually(t, soon, "silent", func() bool { return cluster.BodyOf[cluster.StatusChanged](rec.last(1)).Silent })
	other.Database = "d"
	fourth := join(other) // the process was started again before its death was noticed
	must(t, <-third.left)
	if killed() != 2 {
		t.Errorf("%d deaths were published (want 2)", killed())
	}
	must(t, ln.Close())
	_ = fourth.conn.Close()
	must(t, <-fourth.left)
	if cluster.BodyOf[cluster.StatusChanged](rec.last(1)).Status != cluster.StatusKilled || killed() != 3 {
		t.Errorf("a node whose address refuses connections is %+v", rec.last(1))
	}
}

//go:build linux

package launch

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strconv"
	"sync"
	"syscall"
	"testing"
	"time"

	"go.uber.org/goleak"

	"capplayground/cluster"
	"capplayground/cluster/link"
)

// The test binary also runs as the node that the tests launch, as the playground
// that a test kills, and as a stranger: a process that belongs to no playground.
const (
	fakeNode       = "LAUNCH_TEST_NODE"
	fakePlayground = "LAUNCH_TEST_PLAYGROUND"
	fakeStranger   = "LAUNCH_TEST_STRANGER"
)

func TestMain(m *testing.M) {
	switch {
	case os.Getenv(fakeNode) != "":
		os.Exit(beNode(os.Getenv(fakeNode), os.Args[2:]))
	case os.Getenv(fakePlayground) != "":
		os.Exit(bePlayground(os.Getenv(fakePlayground)))
	case os.Getenv(fakeStranger) != "":
		os.Exit(beStranger(os.Getenv(fakeStranger)))
	}
	goleak.VerifyTestMain(m)
}

// busyFor is how many events a busy node sends: sending them takes longer than
// silentAfter.
const busyFor = 150

// beNode uses the link as a node does, and has no database. manner is one of:
//   - "good": it answers pings and commands,
//   - "mute": it does not answer pings,
//   - "busy": it does not answer pings before it has sent many events,
//   - "survived": for nodes 2 and higher, a child of the first process keeps the
//     node's stdout open,
//   - "broken": it ends at once.
func beNode(manner string, args []string) int {
	signal.Ignore(syscall.SIGINT, syscall.SIGTERM)
	if manner == "broken" {
		fmt.Fprintln(os.Stderr, "my database is damaged")
		return 1
	}
	if manner == "survived" && args[0] != "1" {
		startChild(args)
	}
	id, err := strconv.Atoi(args[0])
	if err != nil {
		return 2
	}
	conn := link.NewConn(os.Stdin, os.Stdout, nil)
	say := func(up link.Up) {
		if conn.Send(up) != nil {
			os.Exit(0)
		}
	}
	say(link.Up{Hello: &link.Hello{Node: cluster.NodeID(id), PID: os.Getpid(), Incarnation: strconv.Itoa(os.Getpid())}})
	say(link.Up{Ready: new(link.Ready)})
	say(link.Up{Sync: &link.Sync{Seq: 7}})
	if manner == "busy" {
		for i := range busyFor {
			say(screen(id, fmt.Sprintf("busy %d", i+1)))
			time.Sleep(10 * time.Millisecond) // the interval of the events
		}
	}
	for {
		down, err := conn.ReadDown()
		switch {
		case err != nil:
			return 0 // stdin was closed
		case down.Ping != nil && manner != "mute":
			say(link.Up{Pong: &link.Pong{Seq: down.Ping.Seq}})
		case down.Sync != nil:
			say(screen(id, fmt.Sprintf("synced %d", down.Sync.Seq)))
		case down.Settings != nil:
			say(screen(id, "pace "+down.Settings.Pace.Name))
		case down.Command != nil && down.Command.Do == "farewell":
			for i := range 1000 {
				say(screen(id, fmt.Sprintf("last words %d", i)))
			}
			_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
		case down.Command != nil && down.Command.Msg == "gone":
			done := link.Answer(down.Command.ID, cluster.ErrNoSuchMessage)
			say(link.Up{Done: &done})
		case down.Command != nil:
			say(link.Up{Done: &link.Done{ID: down.Command.ID}})
		}
	}
}

func screen(id int, text string) link.Up {
	return link.Up{Events: []cluster.Event{{Node: cluster.NodeID(id), Body: &cluster.ScreenLine{Text: text}}}}
}

// bePlayground launches nodes, freezes the first of them, prints the numbers of
// their processes, and waits to be killed.
func bePlayground(freeze string) int {
	frozen, _ := strconv.Atoi(freeze)
	dir, err := os.MkdirTemp("", "launch-test-")
	if err != nil {
		return 1
	}
	rec := new(recorder)
	l, err := New(Config{
		Env: []string{fakeNode + "=good"}, Peers: peers(5), Dir: dir,
		Settings: settings, Publish: rec.publish,
	})
	if err != nil {
		return 1
	}
	ctx := context.Background()
	if err := l.Start(ctx, cluster.Epoch{N: 1, Mode: "CA"}); err != nil {
		fmt.Println(err)
		return 1
	}
	for id := 1; id <= frozen; id++ {
		if err := l.Freeze(ctx, cluster.NodeID(id)); err != nil {
			fmt.Println(err)
			return 1
		}
	}
	_ = os.RemoveAll(dir)
	for id := 1; id <= 5; id++ {
		fmt.Println(cluster.BodyOf[cluster.StatusChanged](rec.last(cluster.NodeID(id))).PID)
	}
	_, _ = io.Copy(io.Discard, os.Stdin)
	return 0
}

func peers(n int) (addrs []string) {
	for i := 1; i <= n; i++ {
		addrs = append(addrs, fmt.Sprintf("127.0.0.%d:%d", i, 3000+i))
	}
	return addrs
}

func settings(cluster.NodeID) link.Settings { return link.Settings{Pace: cluster.LivePace()} }

// recorder keeps all events.
type recorder struct {
	mu     sync.Mutex
	events []cluster.Event
}

func (r *recorder) publish(events ...cluster.Event) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.events = append(r.events, events...)
}

func (r *recorder) all() []cluster.Event {
	r.mu.Lock()
	defer r.mu.Unlock()
	return append([]cluster.Event(nil), r.events...)
}

// last returns a node's newest status event.
func (r *recorder) last(id cluster.NodeID) (last cluster.Event) {
	for _, e := range r.all() {
		if e.Kind() == cluster.KindStatus && e.Node == id {
			last = e
		}
	}
	return last
}

// eventually waits until the condition holds, and fails after limit.
func eventually(t *testing.T, limit time.Duration, condition string, holds func() bool) {
	t.Helper()
	deadline := time.After(limit)
	tick := time.NewTicker(2 * time.Millisecond)
	defer tick.Stop()
	for !holds() {
		select {
		case <-deadline:
			t.Fatalf("not within %v: %s", limit, condition)
		case <-tick.C:
		}
	}
}

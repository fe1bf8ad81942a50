package link

import (
	"context"
	"errors"
	"io"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"capplayground/cluster"
)

// events returns n events as one pending entry of a node.
func events(n int) Up { return Up{Events: make([]cluster.Event, n)} }

// TestTheBacklogIsKeptToItsBound: a node keeps MaxBacklog events for its playground. With
// one more it drops the oldest, down to three quarters, and counts them.
func TestTheBacklogIsKeptToItsBound(t *testing.T) {
	t.Parallel()
	n := NewNode(&Dialer{}, Hello{Node: 1})
	for i := range uint64(MaxBacklog) {
		n.Events(event(i + 1))
	}
	if n.events != MaxBacklog || n.lost != 0 {
		t.Fatalf("%d events, %d lost, want %d and 0", n.events, n.lost, MaxBacklog)
	}
	n.Events(event(MaxBacklog + 1))
	if n.events != MaxBacklog*3/4 || n.lost != MaxBacklog/4+1 || len(n.pending) != n.events {
		t.Errorf("%d events in %d entries, %d lost", n.events, len(n.pending), n.lost)
	}
	if first := n.pending[0].Events[0].LC; first != MaxBacklog/4+2 {
		t.Errorf("the oldest event is %d", first)
	}
}

// TestEventsAreJoinedToLines: a line holds at most batch events. Events do not overtake a line
// of another kind.
func TestEventsAreJoinedToLines(t *testing.T) {
	t.Parallel()
	pong := Up{Pong: &Pong{}}
	for name, tc := range map[string]struct {
		pending    []Up
		used, held int
	}{
		"one entry":              {[]Up{events(3)}, 1, 3},
		"up to the bound":        {[]Up{events(200), events(batch - 200), events(1)}, 2, batch},
		"over the bound":         {[]Up{events(200), events(batch - 199)}, 1, 200},
		"three below the bound":  {[]Up{events(50), events(50), events(50)}, 3, 150},
		"the third is too many":  {[]Up{events(100), events(100), events(100)}, 2, 200},
		"more than a line holds": {[]Up{events(batch + 9), events(1)}, 1, batch + 9},
		"another kind behind":    {[]Up{events(3), pong, events(3)}, 1, 3},
		"another kind first":     {[]Up{pong, events(3)}, 1, 0},
	} {
		up, used := join(tc.pending)
		if used != tc.used || len(up.Events) != tc.held {
			t.Errorf("%s: %d entries, %d events, want %d and %d", name, used, len(up.Events), tc.used, tc.held)
		}
	}
}

// TestFlush: a caller waits until its own lines are written, and no longer.
func TestFlush(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		n := NewNode(&Dialer{}, Hello{Node: 1})
		c := NewConn(strings.NewReader(""), io.Discard, nil)
		began := time.Now()
		check := func(when string) {
			t.Helper()
			synctest.Wait()
			n.mu.Lock()
			defer n.mu.Unlock()
			if time.Since(began) != 0 || n.late {
				t.Fatalf("%s: %v passed, late %v", when, time.Since(began), n.late)
			}
		}
		n.Send(Up{Ready: &Ready{}})
		n.Flush()
		check("without a link")
		n.startWriting(make(chan struct{}))
		waits := func(what string) (returned chan struct{}) {
			t.Helper()
			returned = make(chan struct{})
			go func() { n.Flush(); close(returned) }()
			synctest.Wait()
			select {
			case <-returned:
				t.Fatalf("Flush did not wait for %s", what)
			default:
			}
			return returned
		}
		returned := waits("Ready, which is written on every connection")
		if err := n.writePending(c); err != nil {
			t.Fatal(err)
		}
		<-returned
		check("after the write")
		n.Flush()
		check("with nothing pending")
		n.Events(event(1))
		returned = waits("an event")
		n.endFlushes()
		<-returned
		check("when the link ended")
	})
}

// TestAPlaygroundThatDoesNotReadIsWaitedForOnce: after a wait that took Patience the
// next calls do not wait, until all pending lines are written.
func TestAPlaygroundThatDoesNotReadIsWaitedForOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		n := NewNode(&Dialer{}, Hello{Node: 1})
		n.startWriting(make(chan struct{}))
		began := time.Now()
		for range 3 {
			n.Events(event(1))
			n.Flush()
		}
		if took := time.Since(began); took != Patience {
			t.Errorf("three calls waited %v, want %v", took, Patience)
		}
		meanwhile := writer(func([]byte) { n.Events(event(2)) })
		if err := n.writePending(NewConn(strings.NewReader(""), meanwhile, nil)); err != nil || !n.late {
			t.Errorf("while more is pending: late %v, %v", n.late, err)
		}
		if err := n.writePending(NewConn(strings.NewReader(""), io.Discard, nil)); err != nil || n.late {
			t.Errorf("with nothing pending: late %v, %v", n.late, err)
		}
	})
}

type writer func([]byte)

func (w writer) Write(p []byte) (int, error) { w(p); return len(p), nil }

// TestEventsThatAreNotWrittenCountAsLost: their number is added to the number of the events
// that were lost before.
func TestEventsThatAreNotWrittenCountAsLost(t *testing.T) {
	t.Parallel()
	n := NewNode(&Dialer{}, Hello{Node: 1})
	broken, end := io.Pipe()
	_ = broken.Close()
	for i := range uint64(3) {
		n.Events(event(i))
		n.Events(event(i))
		if err := n.writePending(NewConn(strings.NewReader(""), end, nil)); err == nil {
			t.Fatal("the line was written")
		}
		if n.lost != 2*(i+1) {
			t.Errorf("%d events are lost, want %d", n.lost, 2*(i+1))
		}
	}
}

// TestALinkIsDeadAfterMaxSilence: without a line for MaxSilence a link is dead. The time
// starts again with each line.
func TestALinkIsDeadAfterMaxSilence(t *testing.T) {
	t.Parallel()
	for lines, want := range map[int]time.Duration{0: MaxSilence, 3: MaxSilence + 3*MaxSilence/6} {
		synctest.Test(t, func(t *testing.T) {
			var heard atomic.Bool
			go func() {
				for range lines {
					heard.Store(true)
					time.Sleep(MaxSilence / 6)
					synctest.Wait()
				}
			}()
			began := time.Now()
			if err := listen(t.Context(), &heard); !errors.Is(err, errSilent) || time.Since(began) != want {
				t.Errorf("after %d lines: %v after %v, want %v", lines, err, time.Since(began), want)
			}
		})
	}
}

// TestALaunchedNodeThatCannotDialEnds: Run returns the error, because the playground has
// ended. If the node is being stopped, Run returns no error.
func TestALaunchedNodeThatCannotDialEnds(t *testing.T) {
	t.Parallel()
	gone := errors.New("no pipe")
	ctx, cancel := context.WithCancel(t.Context())
	n := NewNode(&Dialer{Once: true, Dial: func(context.Context) (*Conn, error) { return nil, gone }}, Hello{Node: 1})
	if err := n.Run(ctx); !errors.Is(err, gone) {
		t.Errorf("Run: %v", err)
	}
	n = NewNode(&Dialer{Once: true, Dial: func(context.Context) (*Conn, error) { cancel(); return nil, gone }}, Hello{Node: 1})
	if err := n.Run(ctx); err != nil {
		t.Errorf("Run, while the node is being stopped: %v", err)
	}
}

// TestLongLines: a line of MaxLine bytes is read. The buffer of a long line of events is
// freed. The buffer of a short one is used again.
func TestLongLines(t *testing.T) {
	t.Parallel()
	line := `{"pong":` + strings.Repeat(" ", MaxLine-len(`{"pong":{"seq":7}}`)) + `{"seq":7}}`
	if up, err := NewConn(strings.NewReader(line+"\n"), nil, nil).ReadUp(); err != nil || up.Pong == nil || up.Pong.Seq != 7 {
		t.Errorf("a line of %d bytes is read as %+v, %v", len(line), up, err)
	}
	c := NewConn(strings.NewReader(""), io.Discard, nil)
	for size, kept := range map[int]bool{100: true, 2 << 20: false} {
		up := Up{Events: []cluster.Event{{Node: 1, Body: &cluster.ScreenLine{Text: strings.Repeat("x", size)}}}}
		if err := c.Send(up); err != nil || (cap(c.out) > 0) != kept {
			t.Errorf("a line of %d bytes: its buffer is kept: %v, %v", size, cap(c.out) > 0, err)
		}
	}
}

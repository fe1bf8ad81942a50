package hub_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"capplayground/cluster"
	"capplayground/server/hub"
)

var sent = cluster.Event{Body: &cluster.Sent{Transit: cluster.Transit{From: 1, To: 2, Class: cluster.ClassRequest}}}

// TestFirstFrame: the hello comes first, then the events after it, each once.
func TestFirstFrame(t *testing.T) {
	t.Parallel()
	h, src := start(t, hub.Config{})
	src.emit(sent, sent)
	v := join(t, h, 0, "")
	if got := next(t.Context(), t, v); len(got) != 1 || got[0].Kind() != cluster.KindHello || got[0].Seq != 2 {
		t.Fatalf("first frame %v, want a hello at 2", got)
	}
	src.emit(sent)
	if got := next(t.Context(), t, v); len(got) != 1 || got[0].Seq != 3 {
		t.Fatalf("second frame %v, want event 3", got)
	}
}

// TestNoDelay: a single event reaches the viewer at once. The test's clock would
// show a microsecond of waiting.
func TestNoDelay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h, src := start(t, hub.Config{})
		v := join(t, h, 0, "")
		next(t.Context(), t, v)
		for range 3 {
			time.Sleep(time.Second)
			began := time.Now()
			for range 15 { // an operation sends its messages in several waves
				src.emit(sent)
				next(t.Context(), t, v)
			}
			if waited := time.Since(began); waited != 0 {
				t.Fatalf("events waited %v though there is only one viewer", waited)
			}
		}
		began := time.Now()
		for range 1000 {
			src.emit(sent)
			next(t.Context(), t, v)
		}
		if took := time.Since(began); took < 1950*time.Millisecond || took > 2050*time.Millisecond {
			t.Fatalf("a thousand frames took %v, want about two seconds", took)
		}
	})
}

// TestGapGrows: a thousand viewers get few frames with many events each.
func TestGapGrows(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h, src := start(t, hub.Config{})
		v := join(t, h, 0, "")
		for range 999 {
			join(t, h, 0, "")
		}
		next(t.Context(), t, v)
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		var producer sync.WaitGroup
		producer.Go(func() {
			for ctx.Err() == nil {
				src.emit(sent)
				time.Sleep(time.Millisecond)
			}
		})
		frames := 0
		for next(ctx, t, v) != nil {
			frames++
		}
		if frames < 8 || frames > 13 {
			t.Errorf("%d frames in a second, want about 10", frames)
		}
		producer.Wait()
	})
}

// TestShared: viewers that keep up share the bytes of a frame.
func TestShared(t *testing.T) {
	t.Parallel()
	h, src := start(t, hub.Config{})
	a, b := join(t, h, 0, ""), join(t, h, 0, "")
	next(t.Context(), t, a)
	next(t.Context(), t, b)
	src.emit(sent, sent)
	x, errX := a.Next(t.Context())
	y, errY := b.Next(t.Context())
	if errX != nil || errY != nil || !bytes.Equal(x, y) || &x[0] != &y[0] {
		t.Errorf("two viewers got two frames: %v %v", errX, errY)
	}
}

// TestSummary: a viewer that lags gets messages as counts, and all other events one by one.
func TestSummary(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h, src := start(t, hub.Config{Lag: 10})
		src.emit(sent) // before the viewer joined
		v := join(t, h, 0, "")
		next(t.Context(), t, v)
		for range 20 {
			src.emit(sent, cluster.Event{Body: &cluster.Delivered{Transit: cluster.Transit{From: 1, To: 2, Class: cluster.ClassRequest}}})
		}
		src.emit(cluster.Event{Body: &cluster.Returned{ClientCall: cluster.ClientCall{Op: "7"}, Status: "201"}})
		src.emit(cluster.Event{Body: &cluster.Lost{Transit: cluster.Transit{From: 2, To: 1, Class: cluster.ClassYes}, Why: cluster.WhyCut}})
		synctest.Wait()
		time.Sleep(time.Second)
		got := next(t.Context(), t, v)
		for i := range got {
			got[i].T, got[i].V = 0, 0
		}
		want := []cluster.Event{
			{Seq: 42, Body: &cluster.Returned{ClientCall: cluster.ClientCall{Op: "7"}, Status: "201"}},
			{Body: &cluster.Flow{From: 1, To: 2, Class: cluster.ClassRequest, Sent: 21, Delivered: 20, SeqFrom: 2, SeqTo: 43}},
			{Body: &cluster.Flow{From: 2, To: 1, Class: cluster.ClassYes, Lost: 1, SeqFrom: 2, SeqTo: 43}},
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("summary (-want +got):\n%s", diff)
		}
	})
}

// TestSummaryIsShared: viewers that missed the same events share one summary.
func TestSummaryIsShared(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h, src := start(t, hub.Config{Lag: 10})
		viewers := []*hub.Viewer{join(t, h, 0, ""), join(t, h, 0, "")}
		for _, v := range viewers {
			next(t.Context(), t, v)
		}
		for range 20 {
			src.emit(sent)
		}
		synctest.Wait()
		time.Sleep(time.Second)
		var frames [][]byte
		for _, v := range viewers {
			frame, err := v.Next(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			frames = append(frames, frame)
		}
		if &frames[0][0] != &frames[1][0] {
			t.Error("the viewers do not share one summary")
		}
	})
}

// TestCountsStayExact: a viewer ends with the true counts at every speed of reading. It may
// get single messages, summaries or new hellos.
func TestCountsStayExact(t *testing.T) {
	t.Parallel()
	var hellos, flows, singles int
	for seed := range uint64(25) {
		synctest.Test(t, func(t *testing.T) {
			rng := rand.New(rand.NewPCG(seed, 1))
			h, src := start(t, hub.Config{Lag: 20, LogEvents: 100})
			v := join(t, h, 0, "")
			p := &page{t: t, counts: map[key]count{}}
			truth := &page{t: t, counts: map[key]count{}}
			n := 1500
			var producer sync.WaitGroup
			producer.Go(func() {
				rng := rand.New(rand.NewPCG(seed, 2))
				for n > 0 {
					burst := 1 + rng.IntN(40)
					for range burst {
						e := random(rng)
						src.emit(e)
					}
					n -= burst
					time.Sleep(time.Duration(rng.IntN(8)) * time.Millisecond)
				}
			})
			ctx, cancel := context.WithCancel(t.Context())
			go func() {
				producer.Wait()
				time.Sleep(time.Second) // the viewer has all events long before this ends
				cancel()
			}()
			for {
				events := next(ctx, t, v)
				if events == nil {
					break
				}
				p.take(events)
				if rng.IntN(4) == 0 {
					time.Sleep(time.Duration(rng.IntN(30)) * time.Millisecond)
				}
			}
			producer.Wait()
			truth.take(src.events)
			if p.seq != src.last() {
				t.Errorf("seed %d: the page is at event %d of %d", seed, p.seq, src.last())
			}
			if diff := cmp.Diff(truth.counts, p.counts, cmp.AllowUnexported(key{}, count{})); diff != "" {
				t.Errorf("seed %d: counts (-true +page):\n%s", seed, diff)
			}
			hellos, flows, singles = hellos+p.hellos, flows+p.flows, singles+p.singles
			cancel()
			synctest.Wait()
		})
	}
	if hellos < 30 || flows < 50 || singles < 50 {
		t.Errorf("only %d hellos, %d flows, %d single messages: this test proves too little", hellos, flows, singles)
	}
}

func random(rng *rand.Rand) cluster.Event {
	m := cluster.Transit{
		From: cluster.NodeID(1 + rng.IntN(3)), To: cluster.NodeID(1 + rng.IntN(3)),
		Class: []cluster.Class{cluster.ClassRequest, cluster.ClassYes}[rng.IntN(2)],
	}
	bodies := []cluster.Body{
		&cluster.Sent{Transit: m}, &cluster.Sent{Transit: m}, &cluster.Sent{Transit: m}, &cluster.Delivered{Transit: m},
		&cluster.Delivered{Transit: m}, &cluster.Lost{Transit: m}, &cluster.KeyChanged{},
	}
	e := cluster.Event{Body: bodies[rng.IntN(len(bodies))]}
	if rng.IntN(300) == 0 {
		return cluster.Event{Body: &cluster.ModeChanged{Mode: "AP", Epoch: 1 + rng.IntN(100)}}
	}
	return e
}

// TestNoGap: viewers that join while many events are published miss no event
// between their hello and the next frame.
func TestNoGap(t *testing.T) {
	t.Parallel()
	h, src := start(t, hub.Config{Lag: 100_000, LogEvents: 100_000})
	const total = 3000
	var all sync.WaitGroup
	all.Go(func() {
		for range total / 3 {
			src.emit(sent, sent, sent)
		}
	})
	for i := range 20 {
		all.Go(func() {
			for src.last() < uint64(i*total/25) {
				time.Sleep(time.Microsecond)
			}
			v := join(t, h, 0, "")
			at := uint64(0)
			for at < total {
				for _, e := range next(t.Context(), t, v) {
					if e.Kind() != cluster.KindHello && e.Seq != at+1 {
						t.Errorf("event %d after %d", e.Seq, at)
						return
					}
					at = e.Seq
				}
			}
		})
	}
	all.Wait()
}

// TestResume: a viewer that names the last event that it saw gets only the
// events after it.
func TestResume(t *testing.T) {
	t.Parallel()
	h, src := start(t, hub.Config{Lag: 10})
	for range 30 {
		src.emit(sent)
	}
	for _, tc := range []struct {
		since uint64
		boot  string
		want  string
	}{
		{25, "b1", "26-30"},
		{30, "b1", ""},
		{1, "b1", "hello 30"},  // too many events were missed to send them one by one
		{31, "b1", "hello 30"}, // an event that does not exist yet
		{25, "b0", "hello 30"}, // of another process
		{25, "", "hello 30"},
		{0, "b1", "hello 30"},
	} {
		v := join(t, h, tc.since, tc.boot)
		events := next(t.Context(), t, v)
		got := ""
		switch n := len(events); {
		case n > 0 && events[0].Kind() == cluster.KindHello:
			got = fmt.Sprint("hello ", events[0].Seq)
		case n > 0:
			got = fmt.Sprintf("%d-%d", events[0].Seq, events[n-1].Seq)
		}
		if got != tc.want {
			t.Errorf("since %d of %q: got %q, want %q", tc.since, tc.boot, got, tc.want)
		}
	}
}

// TestAfterTheFirstFrame: after a first frame of any kind, the next one begins with the
// event after it.
func TestAfterTheFirstFrame(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		since uint64
		boot  string
		want  string
	}{
		"a backlog":              {25, "b1", "event 31"},
		"nothing missed":         {30, "b1", "event 31"},
		"as much as Lag":         {20, "b1", "event 31"},
		"more than Lag":          {19, "b1", "sums 20-31"},
		"the first time":         {0, "", "event 31"},
		"another process":        {25, "b0", "event 31"},
		"an event of the future": {99, "b1", "event 31"},
	} {
		h, src := start(t, hub.Config{Lag: 10})
		for range 30 {
			src.emit(sent)
		}
		v := join(t, h, tc.since, tc.boot)
		next(t.Context(), t, v)
		src.emit(sent)
		var got []string
		for _, e := range next(t.Context(), t, v) {
			if f, ok := e.Body.(*cluster.Flow); ok {
				got = append(got, fmt.Sprintf("sums %d-%d", f.SeqFrom, f.SeqTo))
			} else {
				got = append(got, fmt.Sprint("event ", e.Seq))
			}
		}
		if len(got) != 1 || got[0] != tc.want {
			t.Errorf("%s: got %v, want %s", name, got, tc.want)
		}
	}
}

// TestHelloIsShared: for a thousand viewers that join together one hello is made.
func TestHelloIsShared(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h, src := start(t, hub.Config{})
		for range 1000 {
			next(t.Context(), t, join(t, h, 0, ""))
		}
		if src.hellos != 1 {
			t.Errorf("%d hellos made, want 1", src.hellos)
		}
	})
}

// TestFull: no more than Config.MaxViewers may join until one of them leaves.
func TestFull(t *testing.T) {
	t.Parallel()
	h, _ := start(t, hub.Config{MaxViewers: 2})
	a := join(t, h, 0, "")
	join(t, h, 0, "")
	if _, err := h.Join(0, ""); !errors.Is(err, hub.ErrFull) {
		t.Errorf("the third of two viewers: %v, want ErrFull", err)
	}
	a.Leave()
	a.Leave()
	join(t, h, 0, "")
	if n := h.Viewers(); n != 2 {
		t.Errorf("%d viewers, want 2", n)
	}
}

// TestEnd: when Run ends, every viewer ends, and no new one may join.
func TestEnd(t *testing.T) {
	t.Parallel()
	src := &source{t: t, boot: "b1"}
	h, err := hub.New(hub.Config{Source: src})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- h.Run(ctx) }()
	v := join(t, h, 0, "")
	next(t.Context(), t, v)
	ended := make(chan error, 1)
	go func() {
		_, err := v.Next(context.Background())
		ended <- err
	}()
	cancel()
	if err := <-ended; !errors.Is(err, hub.ErrClosed) {
		t.Errorf("Next: %v, want ErrClosed", err)
	}
	if err := <-done; err != nil {
		t.Errorf("Run: %v", err)
	}
	if _, err := h.Join(0, ""); !errors.Is(err, hub.ErrClosed) {
		t.Errorf("Join: %v, want ErrClosed", err)
	}
}

// TestTotals: messages that the ends of a lane reported one by one and by sums
// are counted together, across a restart and a mode change.
func TestTotals(t *testing.T) {
	t.Parallel()
	var totals hub.Totals
	flow := func(teller cluster.NodeID, sent, delivered, lost uint64) cluster.Event {
		return cluster.Event{Node: teller, Body: &cluster.Flow{From: 1, To: 2, Class: cluster.ClassRequest, Sent: sent, Delivered: delivered, Lost: lost}}
	}
	for i, step := range []struct {
		event cluster.Event
		want  [3]uint64 // of a flow event: sent, delivered, lost as a viewer sees them
	}{
		{event: sent},
		{flow(1, 10, 0, 0), [3]uint64{11, 0, 0}},
		{flow(2, 0, 4, 1), [3]uint64{11, 4, 1}},
		{event: sent},
		{flow(1, 15, 0, 0), [3]uint64{17, 4, 1}},
		{event: cluster.Event{Node: 1, Body: &cluster.StatusChanged{Status: cluster.StatusFrozen}}},
		{flow(1, 15, 0, 0), [3]uint64{17, 4, 1}},
		{event: cluster.Event{Node: 1, Body: &cluster.StatusChanged{Status: cluster.StatusKilled}}},
		{flow(2, 0, 6, 1), [3]uint64{17, 6, 1}},
		{flow(1, 20, 0, 0), [3]uint64{37, 6, 1}},
		{event: cluster.Event{Node: 1, Body: &cluster.StatusChanged{Status: cluster.StatusStarting}}},
		{flow(1, 2, 0, 0), [3]uint64{39, 6, 1}},
		{event: cluster.Event{Body: &cluster.ModeChanged{Mode: "AP", Epoch: 2}}},
		{flow(1, 3, 0, 0), [3]uint64{3, 0, 0}},
	} {
		e := step.event
		totals.Take(&e)
		sums := cluster.BodyOf[cluster.Flow](e)
		if got := [3]uint64{sums.Sent, sums.Delivered, sums.Lost}; got != step.want {
			t.Errorf("step %d: %v, want %v", i, got, step.want)
		}
	}
}

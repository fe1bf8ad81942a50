package workload

import (
	"errors"
	"math"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"

	"capplayground/cluster"
	"capplayground/server/operation"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// target takes the place of a node, and counts the calls.
type target struct {
	*httptest.Server
	mu     sync.Mutex
	values map[string]int
	reads  int
	failed []string
}

func newTarget(t *testing.T) *target {
	n := &target{values: map[string]int{}}
	n.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		n.mu.Lock()
		defer n.mu.Unlock()
		if r.Header.Get("X-Cap-Client") != "load" {
			n.failed = append(n.failed, "a call that does not say that it is load")
		}
		parts := strings.Split(r.URL.Path, "/")
		if r.Method == http.MethodPost {
			n.values[parts[len(parts)-1]]++
			w.WriteHeader(http.StatusCreated)
		} else {
			n.reads++
		}
	}))
	t.Cleanup(n.Close)
	return n
}

func (n *target) count() (writes, reads int) {
	n.mu.Lock()
	defer n.mu.Unlock()
	return len(n.values), n.reads
}

func eventually(t *testing.T, what string, holds func() bool) {
	t.Helper()
	deadline := time.After(10 * time.Second)
	for !holds() {
		select {
		case <-deadline:
			t.Fatalf("this did not happen: %s", what)
		case <-time.After(time.Millisecond):
		}
	}
}

func TestLoadReadsAndWritesUniqueValues(t *testing.T) {
	a, b := newTarget(t), newTarget(t)
	r := New(Config{Caller: Connections, URLs: []string{a.URL, b.URL}})
	if err := r.Start(Load{Rate: 2000, Clients: 4, ReadRatio: 0.5}); err != nil {
		t.Fatal(err)
	}
	eventually(t, "both nodes are read and written", func() bool {
		for _, n := range []*target{a, b} {
			if writes, reads := n.count(); writes < 10 || reads < 10 {
				return false
			}
		}
		return true
	})
	r.Stop()
	if _, running := r.Running(); running {
		t.Error("it runs after Stop")
	}
	a.Close() // waits for calls that their clients broke off
	b.Close()
	for value, times := range a.values {
		if times+b.values[value] != 1 {
			t.Errorf("%s was written %d times", value, times+b.values[value])
		}
	}
	if failed := append(a.failed, b.failed...); len(failed) > 0 {
		t.Error(failed)
	}
}

// A load ends after 10 minutes without a viewer, by the test's own clock. It does not end a
// little earlier. It does not end if there was a viewer in the meantime.
func TestLoadStopsByItselfWhenNobodyWatches(t *testing.T) {
	n := newTarget(t)
	var watched atomic.Bool
	var clock atomic.Int64 // nanoseconds
	looked := make(chan struct{}, 1)
	r := New(Config{
		Caller: Connections,
		URLs:   []string{n.URL},
		Watched: func() bool {
			select {
			case looked <- struct{}{}:
			default:
			}
			return watched.Load()
		},
		Now: func() time.Time { return time.Unix(0, clock.Load()) },
	})
	pass := func(d time.Duration) {
		clock.Add(int64(d))
		for range 3 { // the first calls may have begun before the clock was set
			select {
			case <-looked:
			case <-time.After(10 * time.Second):
				t.Fatal("the load has stopped, or checks for viewers no more")
			}
		}
	}
	running := func() bool { _, running := r.Running(); return running }
	if err := r.Start(Load{Rate: 1000}); err != nil {
		t.Fatal(err)
	}
	pass(Unwatched - time.Second)
	watched.Store(true)
	pass(2 * time.Second)
	watched.Store(false)
	pass(Unwatched - time.Second)
	if writes, _ := n.count(); !running() || writes == 0 {
		t.Fatalf("running %v after a little less than %v, with %d writes made", running(), Unwatched, writes)
	}
	clock.Add(int64(time.Second))
	eventually(t, "it stopped", func() bool { return !running() })
	if err := r.Start(Load{Rate: 1000}); err != nil {
		t.Fatalf("it does not start again: %v", err)
	}
	r.Stop()
}

func TestLoadOutOfBoundsChangesNothing(t *testing.T) {
	n := newTarget(t)
	r := New(Config{Caller: Connections, URLs: []string{n.URL}})
	defer r.Stop()
	if err := r.Start(Load{Rate: 100}); err != nil {
		t.Fatal(err)
	}
	before, _ := r.Running()
	for _, bad := range []Load{{Rate: -1}, {Rate: 1e12}, {Rate: math.NaN()}, {Clients: 65}, {Clients: -1}, {Keys: 1001}, {ReadRatio: -0.1}, {ReadRatio: math.NaN()}, {Seed: MaxSeed + 1}} {
		if err := r.Start(bad); !errors.Is(err, ErrLoad) {
			t.Errorf("%+v: error %v, want ErrLoad", bad, err)
		}
	}
	if after, running := r.Running(); !running || after != before {
		t.Errorf("the load changed from %+v to %+v", before, after)
	}
}

// A call that never reached a node, and a call that the node did not answer, are
// reported to Unanswered, because no node can send their events.
func TestLoadTellsOfCallsThatAreNotAnswered(t *testing.T) {
	refusing := httptest.NewServer(http.NotFoundHandler())
	refusing.Close()
	release := make(chan struct{})
	silent := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		select {
		case <-release:
		case <-r.Context().Done():
		}
	}))
	defer silent.Close()
	defer close(release)
	var mu sync.Mutex
	told := map[int]int{}
	r := New(Config{
		Caller:   Connections,
		URLs:     []string{refusing.URL, silent.URL},
		Patience: func() time.Duration { return 50 * time.Millisecond },
		Unanswered: func(id cluster.OpID, op operation.Op, began time.Time, status int) {
			mu.Lock()
			defer mu.Unlock()
			if id == "" || began.IsZero() || status == 503 && op.Node != 1 || op.Client != "load" {
				t.Errorf("Unanswered was called with %s %+v, %d", id, op, status)
			}
			if told[503] == 0 || told[504] == 0 { // calls that begin later may be broken off by Stop
				told[status]++
			}
		},
	})
	if err := r.Start(Load{Rate: 1000}); err != nil {
		t.Fatal(err)
	}
	defer r.Stop()
	eventually(t, "both silences are told", func() bool {
		mu.Lock()
		defer mu.Unlock()
		return told[503] > 0 && told[504] > 0
	})
}

// Finish waits for the calls under way, Stop does not.
func TestFinishLetsCallsEnd(t *testing.T) {
	asked, release := make(chan struct{}, 100), make(chan struct{})
	slow := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
		asked <- struct{}{}
		<-release
	}))
	defer slow.Close()
	r := New(Config{
		Caller: Connections,
		URLs:   []string{slow.URL},
		Unanswered: func(_ cluster.OpID, op operation.Op, _ time.Time, status int) {
			t.Errorf("a call was broken off: %+v, %d", op, status)
		},
	})
	if err := r.Start(Load{Rate: 1000, Clients: 2}); err != nil {
		t.Fatal(err)
	}
	<-asked
	done := make(chan struct{})
	go func() {
		defer close(done)
		r.Finish(t.Context())
	}()
	close(release)
	<-done
	if _, running := r.Running(); running {
		t.Error("it runs after Finish")
	}
}

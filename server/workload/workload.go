// Package workload sends steady random operations to the nodes, as the clients of
// a service would. It calls the nodes' REST APIs as any client does, and never
// repeats a failed call.
package workload

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/google/uuid"

	"capplayground/cluster"
	"capplayground/server/operation"
)

// Load is the amount and the mix of the traffic.
type Load struct {
	Rate      float64 `json:"rate"`       // operations per second, all clients together; 0.1 to 5000
	Clients   int     `json:"clients"`    // 1 to 64; each has one call at a time
	Keys      int     `json:"keys"`       // 1 to 1000
	ReadRatio float64 `json:"read_ratio"` // 0, writes only, to 1, reads only
	// Seed decides the node, the key and the kind of every call. Loads of the same
	// seed begin the same calls in the same turns, so that several clusters can be
	// given the same traffic. 0 to 9007199254740991 (MaxSeed); 0 is 1.
	Seed uint64 `json:"seed,omitempty"`
}

// MaxSeed is the largest seed: the largest integer that every reader of JSON keeps exactly
// (RFC 7493, section 2.2).
const MaxSeed = 1<<53 - 1

// ErrLoad is returned for a Load out of its bounds.
var ErrLoad = cluster.Sentinel("unusable workload", cluster.ErrFields)

// Validate sets fields that are zero to their defaults (20 operations per second
// by 4 clients on 3 keys) and returns ErrLoad if a number is out of its bounds.
func (l *Load) Validate() error {
	if l.Rate == 0 {
		l.Rate = 20
	}
	if l.Clients == 0 {
		l.Clients = 4
	}
	if l.Keys == 0 {
		l.Keys = 3
	}
	if l.Seed == 0 {
		l.Seed = 1
	}
	switch {
	case !(l.Rate >= 0.1 && l.Rate <= 5000):
		return fmt.Errorf("%w: rate %v is not between 0.1 and 5000", ErrLoad, l.Rate)
	case l.Clients < 1 || l.Clients > 64:
		return fmt.Errorf("%w: clients %d is not between 1 and 64", ErrLoad, l.Clients)
	case l.Keys < 1 || l.Keys > 1000:
		return fmt.Errorf("%w: keys %d is not between 1 and 1000", ErrLoad, l.Keys)
	case !(l.ReadRatio >= 0 && l.ReadRatio <= 1):
		return fmt.Errorf("%w: read_ratio %v is not between 0 and 1", ErrLoad, l.ReadRatio)
	case l.Seed > MaxSeed:
		return fmt.Errorf("%w: seed %d is not between 0 and %d", ErrLoad, l.Seed, uint64(MaxSeed))
	}
	return nil
}

// Unwatched is how long a load goes on while there are no viewers, in real time.
const Unwatched = 10 * time.Minute

// Caller makes one HTTP request. *http.Client is one.
type Caller interface {
	Do(*http.Request) (*http.Response, error)
}

// Connections returns a Caller that keeps one connection for each client, and the
// function that closes them.
func Connections(clients int) (caller Caller, end func()) {
	transport := &http.Transport{MaxIdleConnsPerHost: clients}
	return &http.Client{Transport: transport}, transport.CloseIdleConnections
}

// Config is the configuration of a Runner.
type Config struct {
	// Caller returns what makes the calls of a load with so many clients. end is
	// called when the load is over. Required. Connections is one.
	Caller func(clients int) (caller Caller, end func())
	// URLs are the nodes' addresses, as in "http://127.0.0.1:3001", in the order
	// of their numbers. At least one is required.
	URLs []string
	// Unanswered is called for every call that its node did not answer. The status is
	// 503 if the call never reached the node, 504 if the outcome is unknown. The node
	// itself sends the events of the calls that it answers. May be nil.
	Unanswered func(id cluster.OpID, op operation.Op, began time.Time, status int)
	// Watched reports whether there are viewers; nil: always.
	Watched func() bool
	// Now is the clock that measures Unwatched. Default time.Now.
	Now func() time.Time
	// Patience is how long a client waits for one answer. Default 3 s.
	Patience func() time.Duration
	// Token is sent with every call, unless it is empty.
	Token string
}

// Runner runs at most one load at a time. Its methods may be called from
// several goroutines.
type Runner struct {
	cfg  Config
	turn atomic.Uint64 // turns so far, also those left out; each write has the number of its turn as its value

	mu     sync.Mutex
	load   *Load              // nil while none runs
	finish context.CancelFunc // ends the turns
	stop   context.CancelFunc // ends the turns, and the calls under way
	done   chan struct{}
}

// New returns a runner without a load.
func New(cfg Config) *Runner {
	if cfg.Unanswered == nil {
		cfg.Unanswered = func(cluster.OpID, operation.Op, time.Time, int) {}
	}
	if cfg.Watched == nil {
		cfg.Watched = func() bool { return true }
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	if cfg.Patience == nil {
		cfg.Patience = func() time.Duration { return 3 * time.Second }
	}
	return &Runner{cfg: cfg}
}

// Start ends the load that runs, and runs this one. If the load is out of bounds, it
// returns ErrLoad and changes nothing.
func (r *Runner) Start(load Load) error {
	if err := load.Validate(); err != nil {
		return err
	}
	r.Stop()
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.load != nil {
		return nil // another call of Start was faster, and its load runs
	}
	calls, stop := context.WithCancel(context.Background())
	turns, finish := context.WithCancel(calls)
	done := make(chan struct{})
	r.load, r.finish, r.stop, r.done = &load, finish, stop, done
	go func() {
		defer close(done)
		r.run(turns, calls, load)
		stop()
		r.mu.Lock()
		defer r.mu.Unlock()
		if r.done == done {
			r.load = nil
		}
	}()
	return nil
}

// Finish begins no further call. It returns when the calls under way have ended,
// which takes at most Patience, or when ctx ends.
func (r *Runner) Finish(ctx context.Context) {
	r.mu.Lock()
	finish, done := r.finish, r.done
	r.mu.Unlock()
	if finish == nil {
		return
	}
	finish()
	select {
	case <-done:
	case <-ctx.Done():
	}
	r.Stop()
}

// Stop ends the load, if one runs, and breaks off the calls under way. It returns
// when they have ended.
func (r *Runner) Stop() {
	r.mu.Lock()
	stop, done := r.stop, r.done
	r.mu.Unlock()
	if stop == nil {
		return
	}
	stop()
	<-done
}

// Running returns the load that runs now; false when there is none.
func (r *Runner) Running() (Load, bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.load == nil {
		return Load{}, false
	}
	return *r.load, true
}

// run lets the clients call until ctx ends, or until there were no viewers for
// Unwatched. The end of the context calls breaks off the calls under way. A turn
// at which every client is busy is left out, so the nodes get no burst of late calls
// when they thaw.
func (r *Runner) run(ctx, calls context.Context, load Load) {
	caller, end := r.cfg.Caller(load.Clients)
	defer end()
	turns := make(chan uint64, load.Clients)
	before := r.turn.Load()
	var wg sync.WaitGroup
	for range load.Clients {
		wg.Go(func() {
			for turn := range turns {
				r.call(calls, caller, load, turn-before, turn)
			}
		})
	}
	defer wg.Wait()
	defer close(turns)

	// Above a thousand turns per second, one tick gives several turns.
	every := max(time.Duration(float64(time.Second)/load.Rate), time.Millisecond)
	tick := time.NewTicker(every)
	defer tick.Stop()
	owed, began, seen := 0.0, time.Now(), r.cfg.Now()
	for {
		select {
		case <-ctx.Done():
			return
		case now := <-tick.C:
			if r.cfg.Watched() {
				seen = r.cfg.Now()
			} else if r.cfg.Now().Sub(seen) >= Unwatched {
				return
			}
			owed = min(owed+load.Rate*now.Sub(began).Seconds(), max(1, load.Rate/10))
			began = now
		}
		for ; owed >= 1; owed-- {
			select {
			case turns <- r.turn.Add(1):
			default:
			}
		}
	}
}

// call makes the call of a turn, which counts from 1 in each load. A write writes
// value. If the node does not answer, call calls Unanswered.
func (r *Runner) call(ctx context.Context, caller Caller, load Load, turn, value uint64) {
	dice := rand.New(rand.NewPCG(load.Seed, turn))
	n := dice.IntN(len(r.cfg.URLs))
	id, began := cluster.OpID(uuid.NewString()), time.Now()
	op := operation.Op{
		Node: cluster.NodeID(n + 1), Kind: cluster.OpRead, Key: fmt.Sprintf("load%d", dice.IntN(load.Keys)+1), Client: cluster.LoadClient,
	}
	method, url := http.MethodGet, r.cfg.URLs[n]+"/database/"+op.Key
	if dice.Float64() >= load.ReadRatio {
		op.Kind, op.Val = cluster.OpWrite, fmt.Sprintf("w%d", value)
		method, url = http.MethodPost, url+"/"+op.Val
	}
	if err := r.ask(ctx, caller, method, url, id); err != nil {
		status := http.StatusGatewayTimeout
		if failed, ok := errors.AsType[*net.OpError](err); ok && failed.Op == "dial" {
			status = http.StatusServiceUnavailable
		}
		r.cfg.Unanswered(id, op, began, status)
	}
}

// ask makes one request, and returns an error if no answer came.
func (r *Runner) ask(ctx context.Context, caller Caller, method, url string, op cluster.OpID) error {
	ctx, cancel := context.WithTimeout(ctx, r.cfg.Patience())
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, method, url, nil)
	if err != nil {
		return err
	}
	req.Header.Set("X-Cap-Client", cluster.LoadClient)
	req.Header.Set("X-Cap-Op", string(op))
	if r.cfg.Token != "" {
		req.Header.Set("Authorization", "Bearer "+r.cfg.Token)
	}
	resp, err := caller.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	_, err = io.Copy(io.Discard, resp.Body)
	return err
}

package compare

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"

	"capplayground/cluster"
)

// Config is what a Runner stands on. All fields are required.
type Config struct {
	Nodes int // number of nodes
	// Hold gives the cluster to one comparison. end must end that comparison, and
	// return when the comparison has called Release. Hold returns
	// cluster.ErrNotNow while another user holds the cluster.
	Hold func(end func()) (Cluster, error)
	// Publish sends events to the viewers. It must not block.
	Publish func(...cluster.Event)
	Clock   func() int64 // microseconds since the epoch
}

// Runner plays at most one comparison at a time.
type Runner struct {
	cfg  Config
	life context.Context // ends with Close
	end  context.CancelFunc

	mu     sync.Mutex
	cancel context.CancelFunc // nil while none is played
	done   chan struct{}      // closed when the newest comparison is over
	state  State
	soFar  Result // the lanes that have ended, of the comparison that runs
}

// State is what GET /api/compare answers.
type State struct {
	Running  bool      `json:"running"`
	Ended    int       `json:"ended,omitempty"`    // while it runs: how many lanes have ended
	Progress *Progress `json:"progress,omitempty"` // while it runs
	Error    string    `json:"error,omitempty"`    // why the last one has no result
	Result   *Result   `json:"result,omitempty"`   // of the last one that ended well
}

// NewRunner returns a runner that plays nothing yet. Close must follow.
func NewRunner(cfg Config) *Runner {
	life, end := context.WithCancel(context.Background())
	return &Runner{cfg: cfg, life: life, end: end}
}

// Close ends the comparison that is under way and leaves the cluster as it is.
func (r *Runner) Close() {
	r.end()
	r.mu.Lock()
	done := r.done
	r.mu.Unlock()
	if done != nil {
		<-done
	}
}

// Start plays a script in the background. It calls progress after each fault;
// progress must not block. The error wraps cluster.ErrBadFault for a script that
// this cluster cannot play, and cluster.ErrNotNow while another user holds the
// cluster.
func (r *Runner) Start(script Script, progress func(Progress)) error {
	err := script.Validate()
	if err == nil {
		err = script.Fits(r.cfg.Nodes)
	}
	if err != nil {
		return fmt.Errorf("%w: %w", cluster.ErrBadFault, err)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.life.Err() != nil {
		return cluster.ErrStopping
	}
	c, err := r.cfg.Hold(r.Stop)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(r.life)
	done := make(chan struct{})
	r.cancel, r.done = cancel, done
	r.state.Running, r.state.Ended, r.state.Error, r.state.Progress = true, 0, "", nil
	r.soFar = Result{}
	go func() {
		defer close(done)
		defer cancel()
		r.run(ctx, c, script, func(p Progress) {
			r.progress(p)
			progress(p)
		})
	}()
	return nil
}

// run plays the script, then returns to the mode before it, with every node up
// and every link perfect. A Runner that is closed leaves the cluster as it is.
func (r *Runner) run(ctx context.Context, c Cluster, script Script, progress func(Progress)) {
	before := c.Mode()
	result, err := Run(ctx, c, script, script.Lanes(), progress, r.laneEnded)
	if r.life.Err() == nil {
		err = errors.Join(err, c.SetMode(r.life, before))
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	c.Release()
	r.cancel = nil
	r.state.Running, r.state.Ended, r.state.Progress = false, 0, nil
	switch {
	case ctx.Err() != nil:
		r.state.Error = "stopped"
	case err != nil:
		r.state.Error = err.Error()
	default:
		r.state.Result = &result
	}
	r.publish()
}

func (r *Runner) progress(p Progress) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.state.Progress = &p
	r.publish()
}

// laneEnded keeps the lanes that have ended.
func (r *Runner) laneEnded(lanes Result) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.soFar, r.state.Ended = lanes, len(lanes.Lanes)
	r.publish()
}

// Lanes returns the lanes that have ended of the comparison that runs. If none runs, it
// returns those of the last one that ended well.
func (r *Runner) Lanes() Result {
	r.mu.Lock()
	defer r.mu.Unlock()
	switch {
	case r.state.Running:
		return r.soFar
	case r.state.Result != nil:
		return *r.state.Result
	}
	return Result{}
}

// publish sends the state without the result to the viewers. The caller holds
// r.mu.
func (r *Runner) publish() {
	brief := r.state
	brief.Result = nil
	report, err := json.Marshal(brief)
	if err != nil {
		return // numbers and words: this cannot fail
	}
	r.cfg.Publish(cluster.Event{T: r.cfg.Clock(), Body: &cluster.Compared{Report: report}})
}

// Stop ends the comparison that is under way. It returns when the cluster is as
// it was before the comparison, or when the Runner is closed.
func (r *Runner) Stop() {
	r.mu.Lock()
	cancel, done := r.cancel, r.done
	r.mu.Unlock()
	if cancel == nil {
		return
	}
	cancel()
	<-done
}

// State returns how far the comparison is, and the result of the last one.
func (r *Runner) State() State {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.state
}

// Play plays a script to its end and returns the result.
func (r *Runner) Play(ctx context.Context, script Script, progress func(Progress)) (Result, error) {
	if err := r.Start(script, progress); err != nil {
		return Result{}, err
	}
	r.mu.Lock()
	done := r.done
	r.mu.Unlock()
	select {
	case <-done:
	case <-ctx.Done():
		r.Stop()
		return Result{}, ctx.Err()
	}
	state := r.State()
	if state.Error != "" {
		return Result{}, errors.New(state.Error)
	}
	return *state.Result, nil
}

package server

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"

	"github.com/a-h/templ"

	"capplayground/cluster"
	"capplayground/server/compare"
	"capplayground/server/history"
	"capplayground/server/workload"
)

// comparison plays at most one comparison at a time on the playground's nodes.
type comparison struct {
	play *Playground

	mu     sync.Mutex
	cancel context.CancelFunc // nil while none is played
	done   chan struct{}      // closed when the newest is over
	state  comparisonState
}

// comparisonState is what GET /api/compare answers.
type comparisonState struct {
	Running  bool              `json:"running"`
	Progress *compare.Progress `json:"progress,omitempty"` // while it runs
	Error    string            `json:"error,omitempty"`    // why the last one has no result
	Result   *compare.Result   `json:"result,omitempty"`   // of the last one that ended well
}

// Blank implements control.Comparison.
func (c *comparison) Blank() any { return &compare.Script{} }

// Start implements control.Comparison.
func (c *comparison) Start(script any) error {
	s := compare.Default()
	if given, ok := script.(*compare.Script); ok {
		s = *given
	}
	return c.begin(s, func(compare.Progress) {})
}

// begin plays the script in the background. tell hears of every step.
func (c *comparison) begin(script compare.Script, tell func(compare.Progress)) error {
	if err := script.Validate(); err != nil {
		return fmt.Errorf("%w: %w", cluster.ErrBadFault, err)
	}
	if err := script.Fits(len(c.play.cfg.Peers)); err != nil {
		return fmt.Errorf("%w: %w", cluster.ErrBadFault, err)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.cancel != nil {
		return fmt.Errorf("%w: a comparison is being played", cluster.ErrNotNow)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	c.cancel, c.done = cancel, done
	c.state.Running, c.state.Error, c.state.Progress = true, "", nil
	go func() {
		defer close(done)
		defer cancel()
		c.run(ctx, script, func(p compare.Progress) {
			c.progress(p)
			tell(p)
		})
	}()
	return nil
}

// run plays, and brings back the mode that was there before.
func (c *comparison) run(ctx context.Context, script compare.Script, tell func(compare.Progress)) {
	before := c.play.Mode()
	result, err := compare.Run(ctx, &stand{c.play}, script, script.Lanes(), tell)
	if again := c.play.setMode(context.WithoutCancel(ctx), before); err == nil {
		err = again
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.cancel = nil
	c.state.Running, c.state.Progress = false, nil
	switch {
	case ctx.Err() != nil:
		c.state.Error = "stopped"
	case err != nil:
		c.state.Error = err.Error()
	default:
		c.state.Result = &result
	}
	c.publish()
}

func (c *comparison) progress(p compare.Progress) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.state.Progress = &p
	c.publish()
}

// publish tells viewers how far it is, without the result.
func (c *comparison) publish() {
	brief := c.state
	brief.Result = nil
	report, err := json.Marshal(brief)
	if err != nil {
		return // a share of 0 to 1, numbers and words: this cannot fail
	}
	c.play.collect.Publish(cluster.Event{Kind: cluster.KindCompare, T: c.play.cfg.Clock(), Report: report})
}

// Stop implements control.Comparison.
func (c *comparison) Stop() {
	c.mu.Lock()
	cancel, done := c.cancel, c.done
	c.mu.Unlock()
	if cancel == nil {
		return
	}
	cancel()
	<-done
}

// State implements control.Comparison.
func (c *comparison) State() any { return c.now() }

func (c *comparison) now() comparisonState {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.state
}

// Page is the page of the last result.
func (c *comparison) Page(base string) templ.Component {
	var result compare.Result
	if r := c.now().Result; r != nil {
		result = *r
	}
	return result.Page(base)
}

// free says that nothing is compared now, or cluster.ErrNotNow.
func (c *comparison) free() error {
	if c.now().Running {
		return fmt.Errorf("%w: a comparison is being played; it can be stopped with DELETE /api/compare", cluster.ErrNotNow)
	}
	return nil
}

// Compare plays a script under every mode and returns what came of it. It
// is for a playground that nobody else uses meanwhile.
func (s *Server) Compare(ctx context.Context, script compare.Script, tell func(compare.Progress)) (compare.Result, error) {
	c := s.play.compare
	if err := c.begin(script, tell); err != nil {
		return compare.Result{}, err
	}
	select {
	case <-c.done:
	case <-ctx.Done():
		c.Stop()
		return compare.Result{}, ctx.Err()
	}
	state := c.now()
	if state.Error != "" {
		return compare.Result{}, errors.New(state.Error)
	}
	return *state.Result, nil
}

// stand is the playground as a comparison uses it.
type stand struct{ *Playground }

// SetMode implements compare.Cluster.
func (s *stand) SetMode(ctx context.Context, mode cluster.Mode) error {
	s.load.Stop()
	s.faults.Heal()
	if _, err := s.faults.SetPace(cluster.PaceLive, 0); err != nil {
		return err
	}
	if err := s.setMode(ctx, mode); err != nil {
		return err
	}
	return ctx.Err()
}

// Fault implements compare.Cluster.
func (s *stand) Fault(ctx context.Context, f compare.Fault) error {
	switch f.Do {
	case compare.Freeze:
		return s.Freeze(ctx, f.Node)
	case compare.Unfreeze:
		return s.Unfreeze(ctx, f.Node)
	case compare.Kill:
		return s.Kill(ctx, f.Node)
	case compare.Restart:
		return s.Restart(ctx, f.Node)
	case compare.Isolate:
		return s.Isolate(ctx, f.Node)
	case compare.Rejoin:
		return s.Rejoin(ctx, f.Node)
	case compare.Partition:
		return s.Partition(ctx, f.Groups)
	}
	return s.Heal(ctx)
}

// StartLoad implements compare.Cluster.
func (s *stand) StartLoad(load workload.Load) error { return s.load.Runner.Start(load) }

// StopLoad implements compare.Cluster.
func (s *stand) StopLoad(ctx context.Context) { s.load.Finish(ctx) }

// Recover implements compare.Cluster.
func (s *stand) Recover(ctx context.Context) error {
	if err := s.Heal(ctx); err != nil {
		return err
	}
	return s.all(func(id cluster.NodeID) error {
		if s.collect.Status(id) != cluster.StatusKilled {
			return nil
		}
		return s.Restart(ctx, id)
	})
}

// Seen implements compare.Cluster.
func (s *stand) Seen(ctx context.Context) (history.Listing, history.Report) {
	s.judge.atRest(ctx)
	return s.judge.history.List(0), s.judge.history.Report()
}

var _ compare.Cluster = (*stand)(nil)

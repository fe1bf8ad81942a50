package scenario

import (
	"context"
	"fmt"
	"time"
)

// Played is one step after it was played.
type Played struct {
	Step   int // from 1
	Steps  int
	Say    string
	Done   []Done
	Rows   []Row
	Failed bool
	Took   time.Duration // real
}

// Rehearse plays a scenario from its beginning to its end without a person. It presses
// next as soon as a step is over, and reports each step. It returns an error if the state
// at the beginning was not reached, or ctx's error.
func (r *Runner) Rehearse(ctx context.Context, s *Scenario, tell func(Played)) error {
	if err := r.Start(s); err != nil {
		return err
	}
	defer r.Stop()
	for step := 1; ; step++ {
		began := time.Now()
		v, err := r.reach(ctx, step)
		if err != nil {
			return err
		}
		tell(Played{Step: v.Step, Steps: v.Steps, Say: sentence(&s.Steps[v.Step-1]), Done: v.Done, Rows: v.Rows, Failed: v.Failed, Took: time.Since(began)})
		if v.Step == v.Steps {
			return nil
		}
		if s.Steps[v.Step-1].After != 0 {
			continue // it goes on by itself
		}
		if err := r.Next(); err != nil {
			return err
		}
	}
}

// reach returns the talk when a step is over.
func (r *Runner) reach(ctx context.Context, step int) (Presenter, error) {
	for {
		changed := r.Changed()
		v := r.View()
		switch {
		case !v.Running:
			return v, ErrNone
		case v.Phase == Broken:
			return v, fmt.Errorf("the known state did not come: %s", v.Trouble)
		case v.Step == step && v.Phase == Ready:
			return v, nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return v, ctx.Err()
		}
	}
}

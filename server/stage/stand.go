package stage

import (
	"context"
	"fmt"

	"capplayground/cluster"
	"capplayground/server/compare"
	"capplayground/server/history"
	"capplayground/server/verbs"
)

// stand is the stage as a comparison uses it. It implements
// compare.Cluster.
type stand struct {
	*verbs.Hold
	stage *Stage
}

// hold gives the stage to a comparison.
func (s *Stage) hold(end func()) (compare.Cluster, error) {
	if s.cfg.Lane {
		return nil, fmt.Errorf("%w: a lane stays in its mode, so no comparison is played in it", cluster.ErrNotNow)
	}
	hold, err := s.Verbs.Hold("a comparison is being played; it can be stopped with DELETE /api/compare", end)
	if err != nil {
		return nil, err
	}
	return stand{hold, s}, nil
}

// Mode is the present one.
func (s stand) Mode() cluster.Mode { return s.stage.Verbs.Mode() }

// Fault carries out one line of a script.
func (s stand) Fault(ctx context.Context, f compare.Fault) error {
	verb, _ := verbs.Of(f.Do) // the script was checked
	_, err := s.stage.Verbs.Do(ctx, verbs.Action{Verb: verb.Name, Args: verbs.Args{Node: f.Node, Groups: f.Groups}})
	return err
}

// StopLoad returns when the calls under way are over.
func (s stand) StopLoad(ctx context.Context) { s.stage.load.Finish(ctx) }

// Recover heals, and starts every node that is killed.
func (s stand) Recover(ctx context.Context) error { return s.stage.Verbs.Recover(ctx) }

// Seen returns every operation since the mode was set, and its judgement.
func (s stand) Seen(ctx context.Context) (history.Listing, history.Report) {
	return s.stage.Seen(ctx)
}

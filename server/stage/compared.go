package stage

import (
	"context"
	"fmt"

	"capplayground/cluster"
	"capplayground/server/compare"
	"capplayground/server/history"
	"capplayground/server/verbs"
)

// comparedStage is the stage in the form that a comparison needs. It implements compare.Cluster.
type comparedStage struct {
	*verbs.Hold
	stage *Stage
}

// hold reserves the stage for a comparison.
func (s *Stage) hold(end func()) (compare.Cluster, error) {
	if s.cfg.Lane {
		return nil, fmt.Errorf("%w: a lane stays in its mode, so no comparison is played in it", cluster.ErrNotNow)
	}
	hold, err := s.Verbs.Hold("a comparison is being played; it can be stopped with DELETE /api/compare", end)
	if err != nil {
		return nil, err
	}
	return comparedStage{hold, s}, nil
}

// Mode returns the present mode.
func (s comparedStage) Mode() cluster.Mode { return s.stage.Verbs.Mode() }

// Fault carries out one fault of a script.
func (s comparedStage) Fault(ctx context.Context, f compare.Fault) error {
	verb, _ := verbs.Of(f.Do) // the script was checked
	_, err := s.stage.Verbs.Do(ctx, verbs.Action{Verb: verb.Name, Args: verbs.Args{Node: f.Node, Groups: f.Groups}})
	return err
}

// StopLoad returns when the calls under way are over.
func (s comparedStage) StopLoad(ctx context.Context) { s.stage.load.Finish(ctx) }

// Recover heals, and starts every killed node.
func (s comparedStage) Recover(ctx context.Context) error { return s.stage.Verbs.Recover(ctx) }

// Seen returns every operation since the last change of the mode, and their judgement.
func (s comparedStage) Seen(ctx context.Context) (history.Listing, history.Report) {
	return s.stage.Seen(ctx)
}

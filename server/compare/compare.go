// Package compare runs one script of faults and load under several modes, one
// after another on the same nodes, and puts what the clients saw side by side.
package compare

import (
	"context"
	"fmt"
	"time"

	"capplayground/cluster"
	"capplayground/server/history"
	"capplayground/server/workload"
)

// Cluster is what a comparison does to the playground, which is its alone until
// Release.
type Cluster interface {
	// Mode returns the present mode.
	Mode() cluster.Mode
	// SetMode starts every node anew in that mode, healed and empty, and
	// returns when all of them serve.
	SetMode(ctx context.Context, mode cluster.Mode) error
	// Fault does one thing of the script.
	Fault(ctx context.Context, f Fault) error
	StartLoad(load workload.Load) error
	// StopLoad returns when the calls under way are over.
	StopLoad(ctx context.Context)
	// Recover heals every link, thaws and restarts every node, and returns when
	// all of them serve.
	Recover(ctx context.Context) error
	// Seen returns every operation since SetMode, and its judgement.
	Seen(ctx context.Context) (history.Listing, history.Report)
	// Release gives the cluster back.
	Release()
}

// Result is a comparison that ended.
type Result struct {
	Began  time.Time `json:"began"`
	Script Script    `json:"script"`
	Lanes  []Lane    `json:"lanes"`
}

// Lane is what one mode made of the script.
type Lane struct {
	Mode    cluster.Mode         `json:"mode"`
	Verdict string               `json:"verdict"`
	Keys    []history.KeyVerdict `json:"keys"`
	Totals  history.Figures      `json:"totals"`
	Faults  []Mark               `json:"faults"` // when each thing of the script was done
	Ops     []Op                 `json:"ops"`    // by invoke
}

// Mark is one thing of the script as it was done.
type Mark struct {
	AtMS float64 `json:"at_ms"` // since the lane began
	Text string  `json:"text"`
}

// Op is one operation in a lane.
type Op struct {
	ID      cluster.OpID        `json:"op"`
	Node    cluster.NodeID      `json:"node"`
	Kind    cluster.RequestKind `json:"op_kind"`
	Key     string              `json:"key"`
	FromMS  float64             `json:"from_ms"`         // since the lane began
	ToMS    float64             `json:"to_ms,omitempty"` // absent when it never ended
	Status  int                 `json:"status,omitempty"`
	Outcome string              `json:"outcome"` // accepted, refused, unknown, open, stale, conflicting, lost write
	Missed  cluster.OpID        `json:"missed,omitempty"`
}

// Progress says how far a comparison is.
type Progress struct {
	Mode cluster.Mode `json:"mode"`
	Lane int          `json:"lane"` // from 0
	Of   int          `json:"of"`   // lanes in all
	Done float64      `json:"done"` // 0 to 1, over all lanes
	Text string       `json:"text"` // what was just done
}

// Run plays the script under each mode and returns the lanes in their order.
// tell hears of every step; it must not block. An error ends the comparison.
// The cluster is then as the last step left it.
func Run(ctx context.Context, c Cluster, script Script, modes []cluster.Mode, tell func(Progress)) (Result, error) {
	if err := script.Validate(); err != nil {
		return Result{}, err
	}
	result := Result{Began: time.Now(), Script: script}
	for i, mode := range modes {
		say := func(share float64, text string) {
			tell(Progress{Mode: mode, Lane: i, Of: len(modes), Done: (float64(i) + share) / float64(len(modes)), Text: text})
		}
		lane, err := play(ctx, c, script, mode, say)
		if err != nil {
			return result, fmt.Errorf("%s: %w", mode, err)
		}
		result.Lanes = append(result.Lanes, lane)
	}
	return result, nil
}

func play(ctx context.Context, c Cluster, script Script, mode cluster.Mode, say func(float64, string)) (Lane, error) {
	say(0, "starting")
	if err := c.SetMode(ctx, mode); err != nil {
		return Lane{}, err
	}
	lane := Lane{Mode: mode, Faults: []Mark{}}
	began := time.Now()
	if err := c.StartLoad(script.Load); err != nil {
		return Lane{}, err
	}
	err := disturb(ctx, c, script, began, &lane, say)
	c.StopLoad(ctx)
	if ctx.Err() != nil { // the Runner undoes what was done, if there still is a cluster
		return Lane{}, ctx.Err()
	}
	if again := c.Recover(ctx); err == nil {
		err = again
	}
	if err != nil {
		return Lane{}, err
	}
	listing, report := c.Seen(ctx)
	lane.Verdict, lane.Keys, lane.Totals = report.Verdict, report.Keys, report.Total
	for _, op := range listing.Ops {
		lane.Ops = append(lane.Ops, laneOp(op, began.UnixMicro()))
	}
	return lane, nil
}

// disturb does the things of the script at their times, until its end.
func disturb(ctx context.Context, c Cluster, script Script, began time.Time, lane *Lane, say func(float64, string)) error {
	for _, f := range script.Faults {
		if err := until(ctx, began.Add(f.At.Duration())); err != nil {
			return err
		}
		if err := c.Fault(ctx, f); err != nil {
			return fmt.Errorf("%s: %w", f, err)
		}
		lane.Faults = append(lane.Faults, Mark{AtMS: since(began), Text: f.String()})
		say(float64(f.At)/float64(script.Length), f.String())
	}
	return until(ctx, began.Add(script.Length.Duration()))
}

func until(ctx context.Context, t time.Time) error {
	timer := time.NewTimer(time.Until(t))
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}

func since(t time.Time) float64 { return float64(time.Since(t).Microseconds()) / 1000 }

func laneOp(op history.Op, began int64) Op {
	out := Op{
		ID: op.ID, Node: op.Node, Kind: op.Kind, Key: op.Key, Status: op.Status,
		FromMS: float64(op.Invoke-began) / 1000, Outcome: string(op.Outcome()),
	}
	if op.Return != 0 {
		out.ToMS = float64(op.Return-began) / 1000
	}
	if op.Word != nil && op.Word.Word != history.WordLatest {
		out.Outcome, out.Missed = op.Word.Word, op.Word.Newest
	}
	return out
}

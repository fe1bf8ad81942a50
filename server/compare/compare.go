// Package compare plays one script of faults and load under several modes, one
// mode after another on the same nodes. A lane is one mode's play: its operations
// and their verdict.
package compare

import (
	"context"
	"fmt"
	"time"

	"capplayground/cluster"
	"capplayground/server/history"
	"capplayground/server/workload"
)

// Cluster is the playground, which one comparison holds until Release.
type Cluster interface {
	// Mode returns the present mode.
	Mode() cluster.Mode
	// SetMode starts every node again in that mode, with perfect links and an
	// empty database. It returns when all nodes serve.
	SetMode(ctx context.Context, mode cluster.Mode) error
	// Fault carries out one fault of the script.
	Fault(ctx context.Context, f Fault) error
	StartLoad(load workload.Load) error
	// StopLoad ends the load. It returns when the load's calls are over.
	StopLoad(ctx context.Context)
	// Recover heals every link, thaws every frozen node and restarts every killed
	// node. It returns when all nodes serve.
	Recover(ctx context.Context) error
	// Seen returns every operation since SetMode, and the verdict on them.
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

// Lane is the script as it was played in one mode.
type Lane struct {
	Mode    cluster.Mode         `json:"mode"`
	Verdict string               `json:"verdict"`
	Keys    []history.KeyVerdict `json:"keys"`
	Totals  history.Figures      `json:"totals"`
	Faults  []Mark               `json:"faults"` // when each fault was carried out
	Ops     []Op                 `json:"ops"`    // by the time of their beginning
}

// Mark is one fault, at the time at which it was carried out.
type Mark struct {
	AtMS  float64 `json:"at_ms"`            // since the lane began
	EndMS float64 `json:"end_ms,omitempty"` // absent when it lasted until the lane ended, or does not last
	Text  string  `json:"text"`
	Fault Fault   `json:"fault"`
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

// Progress is how far a comparison is.
type Progress struct {
	Mode cluster.Mode `json:"mode"`
	Lane int          `json:"lane"` // from 0
	Of   int          `json:"of"`   // lanes in all
	Done float64      `json:"done"` // 0 to 1, over all lanes
	Text string       `json:"text"` // the fault that was carried out last
}

// Run plays the script under each mode and returns the lanes in their order. It
// calls progress after each fault, and ended with the lanes so far after each lane.
// Neither must block. An error ends the comparison, and the cluster stays as it is then.
func Run(ctx context.Context, c Cluster, script Script, modes []cluster.Mode, progress func(Progress), ended func(Result)) (Result, error) {
	if err := script.Validate(); err != nil {
		return Result{}, err
	}
	result := Result{Began: time.Now(), Script: script}
	for i, mode := range modes {
		report := func(share float64, text string) {
			progress(Progress{Mode: mode, Lane: i, Of: len(modes), Done: (float64(i) + share) / float64(len(modes)), Text: text})
		}
		lane, err := play(ctx, c, script, mode, report)
		if err != nil {
			return result, fmt.Errorf("%s: %w", mode, err)
		}
		result.Lanes = append(result.Lanes, lane)
		ended(result)
	}
	return result, nil
}

func play(ctx context.Context, c Cluster, script Script, mode cluster.Mode, report func(float64, string)) (Lane, error) {
	report(0, "starting")
	if err := c.SetMode(ctx, mode); err != nil {
		return Lane{}, err
	}
	lane := Lane{Mode: mode, Faults: []Mark{}}
	began := time.Now()
	if err := c.StartLoad(script.Load); err != nil {
		return Lane{}, err
	}
	err := injectFaults(ctx, c, script, began, &lane, report)
	c.StopLoad(ctx)
	if ctx.Err() != nil { // the Runner recovers the cluster, unless the playground ends
		return Lane{}, ctx.Err()
	}
	if again := c.Recover(ctx); err == nil {
		err = again
	}
	if err != nil {
		return Lane{}, err
	}
	listing, verdict := c.Seen(ctx)
	lane.Verdict, lane.Keys, lane.Totals = verdict.Verdict, verdict.Keys, verdict.Total
	for _, op := range listing.Ops {
		lane.Ops = append(lane.Ops, laneOp(op, began.UnixMicro()))
	}
	return lane, nil
}

// injectFaults carries out each fault at its time. It returns at the end of the script.
func injectFaults(ctx context.Context, c Cluster, script Script, began time.Time, lane *Lane, report func(float64, string)) error {
	for _, f := range script.Faults {
		if err := until(ctx, began.Add(f.At.Duration())); err != nil {
			return err
		}
		if err := c.Fault(ctx, f); err != nil {
			return fmt.Errorf("%s: %w", f, err)
		}
		lane.mark(Mark{AtMS: since(began), Text: f.String(), Fault: f})
		report(float64(f.At)/float64(script.Length), f.String())
	}
	return until(ctx, began.Add(script.Length.Duration()))
}

// mark adds a fault, which may end earlier ones.
func (l *Lane) mark(m Mark) {
	for i := range l.Faults {
		if before := &l.Faults[i]; before.EndMS == 0 && m.Fault.Ends(before.Fault) {
			before.EndMS = m.AtMS
		}
	}
	l.Faults = append(l.Faults, m)
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

package simnodes

import (
	"fmt"
	"math"
	"slices"

	"capplayground/cluster"
	"capplayground/cluster/link"
	"capplayground/cluster/modes"
	"capplayground/cluster/simulated"
	"capplayground/server/faults"
)

// Bounds of a Run.
const (
	MaxActions = 100_000
	maxLength  = 24 * 3_600_000_000     // of the whole run, in microseconds
	maxTime    = 10_000_000_000_000_000 // in microseconds since the epoch
	maxKey     = 256                    // bytes
	maxVal     = 64 << 10               // bytes
	maxRate    = 1                      // of a pace
	maxLatency = 60_000                 // virtual milliseconds
)

// Run is all that is needed to repeat the run of one epoch: the seed, the actions with
// their times, and the events that no node made. The first action begins the epoch. The
// runs of earlier epochs have no effect on it.
type Run struct {
	Seed    uint64             `json:"seed"`
	Nodes   int                `json:"nodes"`
	Began   int64              `json:"began"` // in microseconds since the Unix epoch
	Actions []simulated.Action `json:"actions"`
}

// Run returns the run of the present epoch so far. ok is false if there is none, or if it
// has MaxActions or more.
func (n *Nodes) Run() (run Run, ok bool) {
	n.mu.Lock()
	defer n.mu.Unlock()
	run = Run{Seed: n.cfg.Seed, Nodes: len(n.cfg.Peers), Began: n.began, Actions: slices.Clone(n.actions)}
	if len(run.Actions) == 0 {
		return run, false
	}
	first := run.Actions[0].At
	run.Began += first
	for i := range run.Actions {
		run.Actions[i].At -= first
	}
	return run, len(run.Actions) < MaxActions
}

// keepLocked keeps an action of the present epoch.
func (n *Nodes) keepLocked(a simulated.Action) {
	if a.Do == simulated.DoEpoch {
		n.actions = nil
	}
	if len(n.actions) < MaxActions {
		n.actions = append(n.actions, a)
	}
}

// mode returns the mode of the run. The run must have been checked.
func (r *Run) mode() cluster.Mode { return r.Actions[0].Epoch.Mode }

// length is the time between the first action and the last one, in microseconds.
func (r *Run) length() int64 { return r.Actions[len(r.Actions)-1].At }

// Check returns an error, which wraps cluster.ErrBadFault, for a run that cannot be
// repeated with so many nodes. A run may come from a stranger.
func (r *Run) Check(nodes int) error {
	bad := func(format string, args ...any) error {
		return fmt.Errorf("%w: the run of the link %s", cluster.ErrBadFault, fmt.Sprintf(format, args...))
	}
	switch {
	case r.Nodes != nodes:
		return bad("has %d nodes (want %d)", r.Nodes, nodes)
	case r.Began <= 0 || r.Began > maxTime:
		return bad("began at %d", r.Began)
	case len(r.Actions) == 0 || len(r.Actions) > MaxActions:
		return bad("has %d actions (want 1 to %d)", len(r.Actions), MaxActions)
	case r.Actions[0].Do != simulated.DoEpoch || r.Actions[0].At != 0:
		return bad("does not begin with an epoch")
	}
	var before int64
	for i, a := range r.Actions {
		if a.At < before || a.At > maxLength {
			return bad("has action %d at %d microseconds", i+1, a.At)
		}
		before = a.At
		if i > 0 && a.Do == simulated.DoEpoch {
			return bad("has a second epoch")
		}
		if why := r.wrongAction(a); why != "" {
			return bad("has action %d (%.20q), %s", i+1, a.Do, why)
		}
	}
	return nil
}

// wrongAction says why an action cannot be repeated; "": it can.
func (r *Run) wrongAction(a simulated.Action) string {
	switch a.Do {
	case simulated.DoEpoch:
		if a.Epoch == nil || a.Epoch.N < 1 || modes.Of(a.Epoch.Mode).Name == "" {
			return "which has no mode"
		}
		return r.wrongSettings(a.Settings)
	case simulated.DoSettings:
		return r.wrongSettings(a.Settings)
	case simulated.DoRequest:
		return wrongRequest(a.Request, modes.Of(r.mode()))
	case simulated.DoPublish:
		for _, e := range a.Events {
			if !publishable(e, r.Nodes) {
				return "which has an event that no client and no talk makes"
			}
		}
	}
	return ""
}

// wrongRequest says why a request is not one of the mode; "": it is.
func wrongRequest(req *cluster.Request, mode cluster.Descriptor) string {
	switch {
	case req == nil || req.Op == "" || len(req.Op) > maxKey || len(req.Key) > maxKey || len(req.Val) > maxVal:
		return "which has no operation, or one that is too long"
	case req.Kind == cluster.OpRead, req.Kind == cluster.OpWrite:
	case mode.ByHand && slices.Contains([]cluster.RequestKind{cluster.OpPropose, cluster.OpCommit, cluster.OpRollback}, req.Kind):
	case mode.Plant && slices.Contains([]cluster.RequestKind{cluster.OpPlant, cluster.OpHolds}, req.Kind):
	default:
		return "whose operation this mode does not have"
	}
	return ""
}

// publishable reports whether an event is one that Nodes.Publish keeps.
func publishable(e cluster.Event, nodes int) bool {
	switch e.Body.(type) {
	case *cluster.Invoked, *cluster.Returned:
		return e.Node >= 1 && int(e.Node) <= nodes
	case *cluster.ScenarioChanged, *cluster.Asked, *cluster.Voted, *cluster.Revealed, *cluster.Blackened:
		return e.Node == 0
	}
	return false
}

// wrongSettings says why settings cannot be those of the nodes; "": they can.
func (r *Run) wrongSettings(all []link.Settings) string {
	if len(all) != r.Nodes {
		return fmt.Sprintf("which has settings of %d nodes", len(all))
	}
	for _, s := range all {
		p, q := s.Pace, s.Quorum
		switch {
		case !(p.Rate >= 0 && p.Rate <= maxRate) || !(p.Latency >= 0 && p.Latency <= maxLatency) || size(p.T0) > maxTime || size(int64(p.V0)) > maxTime:
			return "which has an impossible pace"
		case q.N < 1 || q.N > r.Nodes || q.R < 1 || q.R > q.N || q.W < 1 || q.W > q.N:
			return "which has impossible sizes of quorums"
		case len(s.Rules) > faults.MaxRules:
			return "which has too many rules"
		}
		for _, l := range s.Links {
			if l.From < 1 || int(l.From) > r.Nodes || l.To < 1 || int(l.To) > r.Nodes || !(l.Loss >= 0 && l.Loss <= 1) ||
				!(l.DelayMS >= 0 && l.DelayMS <= faults.MaxDelay) || !(l.JitterMS >= 0 && l.JitterMS <= faults.MaxDelay) {
				return "which has an impossible link"
			}
		}
	}
	return ""
}

// size is the absolute value of a time.
func size(t int64) int64 {
	if t == math.MinInt64 {
		return math.MaxInt64
	}
	return max(t, -t)
}

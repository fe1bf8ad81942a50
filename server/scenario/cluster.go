package scenario

import (
	"context"
	"time"

	"capplayground/cluster"
	"capplayground/server/history"
)

// Cluster is what a scenario is played on. The playground implements it over
// the verbs of the control API, so that each action is what one call does.
type Cluster interface {
	// Begin brings the state from which a scenario begins: all nodes run in this
	// mode, their databases are empty, there is no fault, no rule and no load,
	// and the history is forgotten. It returns when that is so.
	Begin(context.Context, Start) error
	// Do carries out an action that is not an operation, and returns when it is
	// done. Actions on messages, timers and rules come with the id in Found.
	Do(ctx context.Context, a Action, found string) error
	// Call carries out an operation as a client of its node. ifMatch, if not
	// empty, is the version that a write supersedes.
	Call(ctx context.Context, a Action, ifMatch string) Answer
	// Elapse returns nil when this much virtual time has passed, or ctx's error.
	Elapse(context.Context, time.Duration) error
	// Judge returns the judgement of all that clients saw so far.
	Judge(context.Context) history.Report
	// Curl returns the command by which a person does the same; with lanes, in all
	// lanes at once.
	Curl(a Action, lanes bool) string
	// Tell publishes what changed in the talk. It must not call the Runner.
	Tell(Change)
}

// Lane is one of the clusters that a Runner plays on, with what was seen there.
type Lane struct {
	mode     cluster.Mode
	cluster  Cluster
	observer *observer
}

// NewLane returns a lane. Its Take must hear of all events of the cluster. mode is that
// of a cluster whose mode never changes; "": the cluster takes the mode of each scenario.
func NewLane(mode cluster.Mode, c Cluster) *Lane {
	return &Lane{mode: mode, cluster: c, observer: newObserver()}
}

// Take hears of events in their order. It returns at once and calls nothing.
func (l *Lane) Take(events []cluster.Event) { l.observer.take(events) }

// Start is the known state from which a scenario begins.
type Start struct {
	Mode   cluster.Mode
	Nodes  int // that the scenario needs
	Quorum *cluster.Quorum
	Pace   Pace
}

// Answer is what a node said to an operation.
type Answer struct {
	Status   int      `json:"status"` // HTTP; 503 where it never reached the node, 504 where its outcome is unknown
	Val      string   `json:"val,omitempty"`
	Siblings []string `json:"siblings,omitempty"`
	Version  string   `json:"version,omitempty"`
	Error    string   `json:"error,omitempty"`
}

package scenario

import (
	"context"
	"time"

	"capplayground/cluster"
	"capplayground/server/history"
)

// Cluster is the cluster on which a scenario is played. The playground implements it with
// the verbs of the control API, so that each action has the effect of one call.
type Cluster interface {
	// Begin makes the state in which a scenario begins: all nodes run in this mode, their
	// databases are empty, there is no fault, no rule and no load, and the history is
	// forgotten. It returns when this state is reached.
	Begin(context.Context, Start) error
	// Do carries out an action that is not an operation, and returns when it is done.
	// found is the id of the message, the timer or the rule that the action is about.
	Do(ctx context.Context, a Action, found string) error
	// Call carries out an operation as a client of its node. ifMatch, if not
	// empty, is the version that a write supersedes.
	Call(ctx context.Context, a Action, ifMatch string) Answer
	// Elapse returns nil when this much virtual time has passed, or ctx's error.
	Elapse(context.Context, time.Duration) error
	// Judge returns the judgement of everything that clients have seen so far.
	Judge(context.Context) history.Report
	// Curl returns the command with which a user does the same. With lanes, the command
	// acts on all lanes at once.
	Curl(a Action, lanes bool) string
	// Tell publishes a change of the talk. It must not call the Runner.
	Tell(Change)
}

// Lane is one of the clusters on which a Runner plays, with the events of that cluster.
type Lane struct {
	mode     cluster.Mode
	cluster  Cluster
	observer *observer
}

// NewLane returns a lane. Its Take must get all events of the cluster. mode is that of a
// cluster whose mode never changes; "": the cluster changes to the mode of each scenario.
func NewLane(mode cluster.Mode, c Cluster) *Lane {
	return &Lane{mode: mode, cluster: c, observer: newObserver()}
}

// Take takes events in their order. It returns at once and calls no other part.
func (l *Lane) Take(events []cluster.Event) { l.observer.take(events) }

// Start is the state from which a scenario begins.
type Start struct {
	Mode   cluster.Mode
	Nodes  int // that the scenario needs
	Quorum *cluster.Quorum
	Pace   Pace
}

// Answer is a node's answer to an operation.
type Answer struct {
	Status   int      `json:"status"` // of HTTP; 503 if it never reached the node, 504 if its outcome is unknown
	Val      string   `json:"val,omitempty"`
	Siblings []string `json:"siblings,omitempty"`
	Version  string   `json:"version,omitempty"`
	Error    string   `json:"error,omitempty"`
}

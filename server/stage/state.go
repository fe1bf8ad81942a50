package stage

import (
	"capplayground/cluster"
	"capplayground/server/collect"
	"capplayground/server/verbs"
	"capplayground/server/workload"
)

// state answers the questions of the control API about the cluster. It implements
// control.State.
type state struct {
	*collect.Collector
	stage *Stage
}

// Present is the answer of GET /api/cluster.
type Present struct {
	collect.Cluster
	Process *cluster.Vitals `json:"process,omitempty"` // of the playground's process; a recording has none
}

// Cluster returns the present state.
func (s state) Cluster() any {
	vitals := cluster.ReadVitals()
	return Present{s.Collector.Cluster(), &vitals}
}

// Now returns the present virtual time.
func (s state) Now() cluster.Time { return s.stage.faults.Now() }

// Nodes returns the numbers of all nodes.
func (s state) Nodes() []cluster.NodeID { return s.stage.Verbs.IDs() }

// Mode returns the present mode.
func (s state) Mode() cluster.Mode { return s.stage.Verbs.Mode() }

// Quorum returns the sizes N, R and W.
func (s state) Quorum() cluster.Quorum { return s.stage.faults.Quorum() }

// traffic is the random traffic of clients. It implements control.Workload.
type traffic struct {
	*verbs.Verbs
	*workload.Runner
}

package stage

import (
	"capplayground/cluster"
	"capplayground/server/collect"
	"capplayground/server/verbs"
	"capplayground/server/workload"
)

// state is what the control API tells of the cluster. It implements
// control.State.
type state struct {
	*collect.Collector
	stage *Stage
}

// Present is the answer of GET /api/cluster.
type Present struct {
	collect.Cluster
	Process *cluster.Vitals `json:"process,omitempty"` // of the playground; a recording has none
}

// Cluster returns what now holds.
func (s state) Cluster() any {
	vitals := cluster.ReadVitals()
	return Present{s.Collector.Cluster(), &vitals}
}

// Now is the present virtual time.
func (s state) Now() cluster.Time { return s.stage.faults.Now() }

// Nodes are the numbers of all nodes.
func (s state) Nodes() []cluster.NodeID { return s.stage.Verbs.IDs() }

// Mode is the present one.
func (s state) Mode() cluster.Mode { return s.stage.Verbs.Mode() }

// Quorum returns the sizes N, R and W.
func (s state) Quorum() cluster.Quorum { return s.stage.faults.Quorum() }

// traffic is the random traffic of clients. It implements control.Workload.
type traffic struct {
	*verbs.Verbs
	*workload.Runner
}

package server

import (
	"context"
	"io"
	"time"

	"capplayground/cluster"
	"capplayground/server/collect"
	"capplayground/server/compare"
	"capplayground/server/control"
	"capplayground/server/export"
	"capplayground/server/history"
	"capplayground/server/recording"
	"capplayground/server/scenario"
	"capplayground/server/stage"
	"capplayground/server/workload"
)

// film answers the calls that look. Faults is nil: no call that
// acts gets here.
type film struct {
	*collect.Collector
	control.Faults

	rec     *recording.Recording
	history *history.History
	report  history.Report
	library *scenario.Library
}

func newFilm(rec *recording.Recording, c *collect.Collector) *film {
	h := rec.Judge()
	return &film{Collector: c, rec: rec, history: h, report: h.Report(), library: scenario.NewLibrary(nil, nil)}
}

// Cluster is the answer of GET /api/cluster.
func (f *film) Cluster() any { return stage.Present{Cluster: f.Collector.Cluster()} }

// Now is the virtual time of the end.
func (f *film) Now() cluster.Time {
	end := f.rec.End()
	return f.Collector.Cluster().Pace.At(end.UnixMicro())
}

// Nodes are the numbers of all nodes.
func (f *film) Nodes() []cluster.NodeID {
	var ids []cluster.NodeID
	for _, n := range f.rec.Hello.Cluster.Nodes {
		ids = append(ids, n.ID)
	}
	return ids
}

// Mode is that of the end.
func (f *film) Mode() cluster.Mode { return f.Collector.Cluster().Mode }

// Quorum returns the sizes at the end.
func (f *film) Quorum() cluster.Quorum { return f.Collector.Cluster().Quorum }

// Rules are those of the end.
func (f *film) Rules() []cluster.Rule { return f.Collector.Rules() }

// Record writes the recording as it was read.
func (f *film) Record(w io.Writer) error {
	_, err := w.Write(f.rec.Text)
	return err
}

// Export returns the recording in a format of another tool.
func (f *film) Export(format string, of export.Selection) (export.File, error) {
	return export.Write(format, f.rec, of)
}

// History returns the newest operations, at most n; 0 is all.
func (f *film) History(_ context.Context, n int) any { return f.history.List(n) }

// Verdict returns the judgement, which was made from the events.
func (f *film) Verdict(context.Context) any { return f.report }

// Explain writes a page about one key.
func (f *film) Explain(_ context.Context, key string, w io.Writer) error {
	return f.history.Visualize(key, w)
}

// The types below answer for what a recording does not have. What their interfaces
// say besides is not called.
type (
	noNodes      struct{ control.Nodes }
	noCluster    struct{ control.Cluster }
	noMessages   struct{ control.Messages }
	noOps        struct{ control.Ops }
	noScreens    struct{ control.Screens }
	noLoad       struct{ control.Workload }
	noComparison struct{ control.Comparison }
	filmTalk     struct {
		control.Talk
		library *scenario.Library
	}
)

// Running says that no load runs.
func (noLoad) Running() (workload.Load, bool) { return workload.Load{}, false }

// State says that no comparison was played.
func (noComparison) State() compare.State { return compare.State{} }

// List returns the scenarios that could be played on a cluster.
func (t filmTalk) List() any { return t.library.List() }

// Schema returns the JSON Schema of a scenario file.
func (t filmTalk) Schema() []byte { return t.library.Schema() }

// Recording says that no scenario is played.
func (filmTalk) Recording() ([]byte, error) { return nil, scenario.ErrNone }

// View says that no scenario is played.
func (filmTalk) View() any {
	return scenario.Presenter{Now: time.Now().UnixMicro(), Rows: []scenario.Row{}, Done: []scenario.Done{}}
}

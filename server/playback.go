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

// playback answers, from a recording, the calls that change nothing. Faults is nil,
// because refuseActions refuses all other calls before.
type playback struct {
	*collect.Collector
	control.Faults

	rec     *recording.Recording
	history *history.History
	report  history.Report
	library *scenario.Library
}

func newPlayback(rec *recording.Recording, c *collect.Collector) *playback {
	h := rec.Judge()
	return &playback{Collector: c, rec: rec, history: h, report: h.Report(), library: scenario.NewLibrary(nil, nil)}
}

// Cluster is the answer of GET /api/cluster.
func (p *playback) Cluster() any { return stage.Present{Cluster: p.Collector.Cluster()} }

// Now returns the virtual time of the end.
func (p *playback) Now() cluster.Time {
	end := p.rec.End()
	return p.Collector.Cluster().Pace.At(end.UnixMicro())
}

// Nodes returns the numbers of all nodes.
func (p *playback) Nodes() []cluster.NodeID {
	var ids []cluster.NodeID
	for _, n := range p.rec.Hello.Cluster.Nodes {
		ids = append(ids, n.ID)
	}
	return ids
}

// Mode returns the mode at the end.
func (p *playback) Mode() cluster.Mode { return p.Collector.Cluster().Mode }

// Quorum returns the sizes at the end.
func (p *playback) Quorum() cluster.Quorum { return p.Collector.Cluster().Quorum }

// Rules returns the rules at the end.
func (p *playback) Rules() []cluster.Rule { return p.Collector.Rules() }

// Record writes the recording as it was read.
func (p *playback) Record(w io.Writer) error {
	_, err := w.Write(p.rec.Text)
	return err
}

// Export returns the recording in a format of another tool.
func (p *playback) Export(format string, of export.Selection) (export.File, error) {
	return export.Write(format, p.rec, of)
}

// History returns the newest operations, at most n; 0 is all.
func (p *playback) History(_ context.Context, n int) any { return p.history.List(n) }

// Verdict returns the judgement, which was made from the events.
func (p *playback) Verdict(context.Context) any { return p.report }

// Explain writes a page about one key.
func (p *playback) Explain(_ context.Context, key string, w io.Writer) error {
	return p.history.Visualize(key, w)
}

// The types below have no data, because a recording has none for them. The methods of
// their interfaces that are not here are never called.
type (
	noNodes      struct{ control.Nodes }
	noCluster    struct{ control.Cluster }
	noMessages   struct{ control.Messages }
	noOps        struct{ control.Ops }
	noScreens    struct{ control.Screens }
	noLoad       struct{ control.Workload }
	noComparison struct{ control.Comparison }
	playbackTalk struct {
		control.Talk
		library *scenario.Library
	}
)

// Running says that no load runs.
func (noLoad) Running() (workload.Load, bool) { return workload.Load{}, false }

// State says that no comparison was played.
func (noComparison) State() compare.State { return compare.State{} }

// List returns the scenarios that could be played on a cluster.
func (t playbackTalk) List() any { return t.library.List() }

// Schema returns the JSON Schema of a scenario file.
func (t playbackTalk) Schema() []byte { return t.library.Schema() }

// Recording says that no scenario is played.
func (playbackTalk) Recording(cluster.Mode) ([]byte, error) { return nil, scenario.ErrNone }

// View says that no scenario is played.
func (playbackTalk) View() any {
	return scenario.Presenter{Now: time.Now().UnixMicro(), Rows: []scenario.Row{}, Done: []scenario.Done{}}
}

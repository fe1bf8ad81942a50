// Package stage is one cluster with everything that is known of it and everything
// that can be done to it: its state, its viewers, its judge, the verbs, scenarios,
// comparisons, recordings and the control API. The caller makes the nodes, so that
// they can be real processes (package launch) or a simulation.
package stage

import (
	"context"
	"fmt"
	"io"

	"capplayground/cluster"
	"capplayground/cluster/link"
	"capplayground/server/client"
	"capplayground/server/collect"
	"capplayground/server/compare"
	"capplayground/server/control"
	"capplayground/server/faults"
	"capplayground/server/history"
	"capplayground/server/hub"
	"capplayground/server/judge"
	"capplayground/server/scenario"
	"capplayground/server/verbs"
	"capplayground/server/workload"
)

// Nodes are the nodes of a stage.
type Nodes interface {
	verbs.Nodes
	// AskUnderWay asks the nodes for all that is under way there; see
	// collect.Config.Ask.
	AskUnderWay(round uint64, lost []cluster.NodeID)
	// Start starts all nodes for the first epoch, and returns when they serve.
	Start(context.Context, cluster.Epoch) error
	// Close ends all nodes.
	Close() error
}

// Hooks are the functions of the stage that nodes call.
type Hooks struct {
	// Settings returns the latest settings of a node.
	Settings func(cluster.NodeID) link.Settings
	// Collect takes the events of the nodes.
	Collect *collect.Collector
	// CatchUp takes the pace of a node that ran before the playground started. It reports
	// whether the settings of all nodes changed.
	CatchUp func(cluster.Pace) bool
	// Restore takes over the settings of all nodes, as Settings returned them in another
	// run. Nodes that repeat a run call it.
	Restore func([]link.Settings)
}

// Config is the configuration of a Stage. Mode, URLs, Clock, Log, Nodes, Client and
// Load are required.
type Config struct {
	Mode cluster.Mode // of the first epoch
	URLs []string     // of the nodes' REST APIs, in the order of their numbers
	// Boot names this run of the playground to viewers that come back.
	Boot string
	// Page is the URL of the playground, for the commands that people see.
	Page  string
	Token string // sent with every call of a node, if it is not ""
	// Lane says that the cluster is one of several lanes; see Join.
	Lane  bool
	Clock func() int64 // in microseconds since the epoch
	// Elsewhere reports whether a node is on another machine; nil: none is.
	Elsewhere func(cluster.NodeID) bool
	// Scenarios are played by name beside those that are part of the program.
	Scenarios []*scenario.Scenario
	Record    string // see server.Config
	Version   string // see server.Config
	Log       io.Writer
	// Phones is the answer to GET /api/audience.
	Phones func() (any, error)

	// Nodes makes the nodes, and starts none yet.
	Nodes func(Hooks) (Nodes, error)
	// Publish takes the events of the clients and of the talk, and must publish them by
	// Hooks.Collect. nil: they are published directly.
	Publish func(...cluster.Event)
	// Client makes the calls of single operations. It must not use a connection twice. A
	// kept connection could break between two requests, and it would be unknown whether
	// the second request was sent.
	Client client.Caller
	// Load returns what makes the calls of random traffic; see workload.Config.
	Load func(clients int) (caller workload.Caller, end func())
}

// Stage is one cluster. Each part is made from parts that were made before it.
type Stage struct {
	cfg     Config
	Collect *collect.Collector
	Hub     *hub.Hub
	Nodes   Nodes
	Verbs   *verbs.Verbs
	Compare *compare.Runner
	Talk    *scenario.Library // nil for a lane, until Join
	API     *control.API      // nil for a lane, until Join

	lane    *scenario.Lane
	faults  *faults.Faults
	client  *client.Client
	load    *workload.Runner
	judge   *judge.Judge
	records recorders
}

// New makes the parts and starts no node yet. Close must follow, and for lanes Join
// before anything else. The error wraps ErrRecord, or is that of Config.Nodes.
func New(cfg Config) (*Stage, error) {
	if cfg.Elsewhere == nil {
		cfg.Elsewhere = func(cluster.NodeID) bool { return false }
	}
	s := &Stage{cfg: cfg}
	s.Collect = collect.New(collect.Config{
		Boot: cfg.Boot, URLs: cfg.URLs, Clock: cfg.Clock, Mode: cfg.Mode, Pace: cluster.LivePace(), Quorum: faults.FitQuorum(len(cfg.URLs)),
		Ask: func(round uint64, lost []cluster.NodeID) { s.Nodes.AskUnderWay(round, lost) },
	})
	if cfg.Publish == nil {
		s.cfg.Publish = s.Collect.Publish
	}
	s.faults = faults.New(len(cfg.URLs), cfg.Clock, s.Collect.Publish)
	var err error
	if s.Hub, err = hub.New(hub.Config{Source: s.Collect}); err == nil {
		s.Nodes, err = cfg.Nodes(Hooks{Settings: s.faults.For, Collect: s.Collect, CatchUp: s.faults.CatchUp, Restore: s.faults.Restore})
	}
	if err != nil {
		s.Collect.Close()
		return nil, err
	}
	s.makeUsers()
	if err := s.startRecord(); err != nil {
		s.Close()
		return nil, err
	}
	s.lane = scenario.NewLane(s.fixed(), &talk{s})
	s.tap()
	if !cfg.Lane {
		Join(s)
	}
	return s, nil
}

// Join makes the talk of several lanes, and the control API of each. All lanes have one
// talk. Config.Scenarios are those of the first lane.
func Join(lanes ...*Stage) {
	first := lanes[0].cfg
	clusters := make([]*scenario.Lane, len(lanes))
	for i, s := range lanes {
		clusters[i] = s.lane
	}
	talk := scenario.NewLibrary(scenario.New(first.Clock, clusters...), first.Scenarios)
	for _, s := range lanes {
		s.Talk = talk
		s.API = s.newAPI()
	}
}

// fixed returns the mode of a cluster whose mode never changes; "" for another.
func (s *Stage) fixed() cluster.Mode {
	if s.cfg.Lane {
		return s.cfg.Mode
	}
	return ""
}

// clientsStage is the collector, with another way for the events of clients.
type clientsStage struct {
	*collect.Collector
	publish func(...cluster.Event)
}

func (t clientsStage) Publish(events ...cluster.Event) { t.publish(events...) }

// makeUsers makes the parts that use the nodes.
func (s *Stage) makeUsers() {
	cfg := s.cfg
	s.client = client.New(client.Config{URLs: cfg.URLs, Token: cfg.Token, Caller: cfg.Client, Stage: clientsStage{s.Collect, cfg.Publish}, Time: s.faults, Clock: cfg.Clock})
	s.load = workload.New(workload.Config{
		URLs: cfg.URLs, Token: cfg.Token, Caller: cfg.Load, Unanswered: s.client.Unanswered, Watched: s.hasReceivers, Patience: s.faults.Patience,
	})
	s.judge = judge.New(judge.Config{
		Mode: cfg.Mode, Clock: cfg.Clock, Elsewhere: cfg.Elsewhere, Publish: s.Collect.Publish, Watched: s.hasReceivers, Load: s.load.Running,
	})
	s.Verbs = verbs.New(verbs.Config{
		Count: len(cfg.URLs), Lane: cfg.Lane, Nodes: s.Nodes, Stage: s.Collect, Faults: s.faults, Client: s.client, Load: s.load,
	})
	s.Compare = compare.NewRunner(compare.Config{Nodes: len(cfg.URLs), Hold: s.hold, Publish: s.Collect.Publish, Clock: cfg.Clock})
}

// tap gives the events to all parts that take them.
func (s *Stage) tap() {
	s.Collect.Tap(func(events []cluster.Event, texts [][]byte) {
		s.judge.Take(events)
		s.lane.Take(events)
		s.Verbs.Take(events)
		s.records.take(events[0].Seq, texts)
	})
}

// newAPI returns the control API.
func (s *Stage) newAPI() *control.API {
	return control.New(control.Config{
		State: state{s.Collect, s}, Nodes: s.Verbs, Faults: s.Verbs, Cluster: s.Verbs, Messages: s.Verbs,
		Ops: s.client, Screens: s.client, Workload: traffic{s.Verbs, s.load},
		Judge: s.judge, Comparison: s.Compare, Talk: s.Talk, Phones: s.cfg.Phones,
	})
}

// Seen returns every operation since the last reset, and the judgement of them once it
// is final, or when ctx ends.
func (s *Stage) Seen(ctx context.Context) (history.Listing, history.Report) {
	return s.judge.Final(ctx)
}

// Mode returns the mode of the first epoch.
func (s *Stage) Mode() cluster.Mode { return s.cfg.Mode }

// URLs returns the URLs of the nodes' REST APIs, in the nodes' order.
func (s *Stage) URLs() []string { return s.cfg.URLs }

// Start starts the nodes of the first epoch.
func (s *Stage) Start(ctx context.Context) error {
	return s.Nodes.Start(ctx, cluster.Epoch{N: 1, Mode: s.cfg.Mode})
}

// Run feeds the viewers until ctx ends.
func (s *Stage) Run(ctx context.Context) error {
	if err := s.Hub.Run(ctx); err != nil && ctx.Err() == nil {
		return fmt.Errorf("stage: %w", err)
	}
	return nil
}

// StopCalls ends everything that would wait for the nodes.
func (s *Stage) StopCalls() {
	if s.Talk != nil { // nil: New gave up before
		s.Talk.Stop()
	}
	s.Verbs.Close()
	s.Compare.Close()
	s.load.Stop()
	s.client.Close()
}

// Close ends everything, the nodes included.
func (s *Stage) Close() {
	s.StopCalls()
	_ = s.Nodes.Close()
	s.judge.Close()
	s.Collect.Close()
	s.logError(s.records.close())
}

// hasReceivers reports whether a viewer or a recording takes the events in. A recording
// must hold the same reports as viewers get.
func (s *Stage) hasReceivers() bool { return s.records.any() || s.Hub.Viewers() > 0 }

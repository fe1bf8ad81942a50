package server

import (
	"context"

	"capplayground/cluster"
	"capplayground/cluster/guard"
	"capplayground/cluster/link"
	"capplayground/server/client"
	"capplayground/server/collect"
	"capplayground/server/compare"
	"capplayground/server/faults"
	"capplayground/server/hub"
	"capplayground/server/judge"
	"capplayground/server/launch"
	"capplayground/server/scenario"
	"capplayground/server/verbs"
	"capplayground/server/workload"
)

// playground is everything but the web: the nodes, what is known of them, and
// what can be done to them. Each part is made from parts that were made before
// it.
type playground struct {
	cfg     Config
	collect *collect.Collector
	hub     *hub.Hub
	faults  *faults.Faults
	launch  *launch.Launcher
	client  *client.Client
	load    *workload.Runner
	judge   *judge.Judge
	verbs   *verbs.Verbs
	compare *compare.Runner
	talk    *scenario.Library
	records recorders
}

// newPlayground makes the parts and starts no node yet. Close must follow.
func newPlayground(cfg Config, dir, boot string) (*playground, error) {
	p := &playground{cfg: cfg}
	urls := p.urls()
	p.collect = collect.New(collect.Config{
		Boot: boot, URLs: urls, Clock: cfg.Clock, Mode: cfg.Mode, Pace: cluster.LivePace(), Quorum: faults.FitQuorum(len(cfg.Peers)),
		Ask: func(round uint64, lost []cluster.NodeID) { p.launch.AskUnderWay(round, lost) },
	})
	p.faults = faults.New(len(cfg.Peers), cfg.Clock, p.collect.Publish)
	var err error
	if p.hub, err = hub.New(hub.Config{Source: p.collect}); err != nil {
		return nil, err
	}
	p.launch, err = launch.New(launch.Config{
		Program: cfg.Program, Args: cfg.Args, Peers: cfg.Peers, Dir: dir,
		Durability: cfg.Durability, Token: cfg.Token, Attach: cfg.Attach, Bug: cfg.Bug, Log: cfg.Log, Clock: cfg.Clock, NoSignals: cfg.NoSignals,
		Settings: p.faults.For, Publish: p.collect.Publish, CatchUp: p.faults.CatchUp,
		Told: func(id cluster.NodeID, s link.Stream) {
			p.collect.StreamEnded(id, collect.Stream{ID: s.ID, From: s.From, To: s.To, First: s.First, Last: s.Last})
		},
		Listed: func(id cluster.NodeID, round uint64, u link.UnderWay) {
			p.collect.Listed(id, collect.Listing{Round: round, Messages: u.Messages, Received: u.Received, Ops: u.Ops, Timers: u.Timers})
		},
	})
	if err != nil {
		p.collect.Close()
		return nil, err
	}
	p.client = client.New(client.Config{URLs: urls, Token: cfg.Token, Stage: p.collect, Time: p.faults, Clock: cfg.Clock})
	p.load = workload.New(workload.Config{
		URLs: urls, Token: cfg.Token, Unanswered: p.client.Unanswered, Watched: p.watched, Patience: p.faults.Patience,
	})
	p.judge = judge.New(judge.Config{
		Mode: cfg.Mode, Clock: cfg.Clock, Elsewhere: p.elsewhere, Publish: p.collect.Publish, Watched: p.watched, Load: p.load.Running,
	})
	p.verbs = verbs.New(verbs.Config{
		Count: len(cfg.Peers), Lane: cfg.lane, Nodes: p.launch, Stage: p.collect, Faults: p.faults, Client: p.client, Load: p.load,
	})
	p.compare = compare.NewRunner(compare.Config{
		Nodes: len(cfg.Peers), Hold: p.hold, Publish: p.collect.Publish, Clock: cfg.Clock,
	})
	player := scenario.New(&talk{p, urls}, cfg.Clock)
	if err := p.startRecord(); err != nil {
		p.close()
		return nil, err
	}
	p.collect.Tap(func(events []cluster.Event, texts [][]byte) {
		p.judge.Take(events)
		player.Take(events)
		p.verbs.Take(events)
		p.records.take(events[0].Seq, texts)
	})
	p.talk = scenario.NewLibrary(player, cfg.Scenarios)
	return p, nil
}

// urls returns the URLs of the nodes' REST APIs, in the nodes' order.
func (p *playground) urls() []string {
	urls := make([]string, len(p.cfg.Peers))
	for i, peer := range p.cfg.Peers {
		urls[i] = "http://" + peer
	}
	return urls
}

// start starts the nodes of the first epoch.
func (p *playground) start(ctx context.Context) error {
	return p.launch.Start(ctx, cluster.Epoch{N: 1, Mode: p.cfg.Mode})
}

// stopCalls ends everything that would wait for the nodes.
func (p *playground) stopCalls() {
	if p.talk != nil { // nil: newPlayground gave up before
		p.talk.Stop()
	}
	p.verbs.Close()
	p.compare.Close()
	p.load.Stop()
	p.client.Close()
}

// close ends everything, the nodes included.
func (p *playground) close() {
	p.stopCalls()
	_ = p.launch.Close()
	p.judge.Close()
	p.collect.Close()
	p.warn(p.records.close())
}

// watched reports whether a viewer or a recording takes the events in. A recording
// must hold the same reports as viewers get.
func (p *playground) watched() bool { return p.records.any() || p.hub.Viewers() > 0 }

// elsewhere says whether a node is on another machine, as far as its address
// tells.
func (p *playground) elsewhere(id cluster.NodeID) bool {
	return id >= 1 && int(id) <= len(p.cfg.Peers) && !guard.Loopback(p.cfg.Peers[id-1])
}

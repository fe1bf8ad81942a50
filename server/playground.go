package server

import (
	"errors"
	"fmt"

	"github.com/google/uuid"

	"capplayground/cluster"
	"capplayground/cluster/guard"
	"capplayground/cluster/link"
	"capplayground/server/client"
	"capplayground/server/collect"
	"capplayground/server/launch"
	"capplayground/server/stage"
	"capplayground/server/workload"
)

// playground is one cluster of real processes, with the stage that shows it. A Server has
// one playground, or one for each lane. What they share is in Server.
type playground struct {
	*stage.Stage
	cfg    Config
	remote []bool // by node number minus 1: see isRemote
	launch *launch.Launcher
}

// newPlayground makes the parts and starts no node yet. Close must follow. boot names
// this run for viewers. phones is the answer to GET /api/audience.
func newPlayground(cfg Config, dir, boot string, phones func() (any, error)) (*playground, error) {
	p := &playground{cfg: cfg}
	for _, addr := range cfg.Peers {
		p.remote = append(p.remote, !guard.Loopback(addr))
	}
	var err error
	p.Stage, err = stage.New(stage.Config{
		Mode: cfg.Mode, URLs: urlsOf(cfg.Peers), Boot: boot, Page: "http://" + cfg.Listen, Token: cfg.Token, Lane: cfg.lane, Clock: cfg.Clock,
		Elsewhere: p.isRemote, Scenarios: cfg.Scenarios, Record: cfg.Record, Version: cfg.Version, Log: cfg.Log, Phones: phones,
		Client: client.Connections(), Load: func(clients int) (workload.Caller, func()) { return workload.Connections(clients) },
		Nodes: func(hooks stage.Hooks) (stage.Nodes, error) {
			l, err := launch.New(p.launching(dir, hooks))
			p.launch = l
			return l, err
		},
	})
	switch {
	case errors.Is(err, launch.ErrInUse):
		return nil, fmt.Errorf("%w: %w", ErrBusy, err)
	case errors.Is(err, launch.ErrForeign), errors.Is(err, stage.ErrRecord):
		return nil, fmt.Errorf("%w: %w", ErrConfig, err)
	case err != nil:
		return nil, err
	}
	return p, nil
}

// launching returns the configuration of the launcher.
func (p *playground) launching(dir string, hooks stage.Hooks) launch.Config {
	cfg := p.cfg
	return launch.Config{
		Program: cfg.Program, Args: cfg.Args, Peers: cfg.Peers, Dir: dir,
		Durability: cfg.Durability, Token: cfg.Token, Attach: cfg.Attach, Bug: cfg.Bug, Log: cfg.Log, Clock: cfg.Clock, NoSignals: cfg.NoSignals,
		Settings: hooks.Settings, Publish: hooks.Collect.Publish, Ordered: hooks.Collect.Ordered, CatchUp: hooks.CatchUp,
		StreamEnded: func(id cluster.NodeID, s link.Stream) {
			hooks.Collect.StreamEnded(id, collect.Stream{ID: s.ID, From: s.From, To: s.To, First: s.First, Last: s.Last})
		},
		UnderWay: func(id cluster.NodeID, round uint64, u link.UnderWay) {
			hooks.Collect.Listed(id, collect.Listing{Round: round, Messages: u.Messages, Received: u.Received, Ops: u.Ops, Timers: u.Timers})
		},
	}
}

// isRemote reports whether a node is on another machine. It only looks at the node's
// address, because it is called for each event.
func (p *playground) isRemote(id cluster.NodeID) bool {
	return id >= 1 && int(id) <= len(p.remote) && p.remote[id-1]
}

// urlsOf returns the URLs of the nodes' REST APIs, in the nodes' order.
func urlsOf(peers []string) []string {
	urls := make([]string, len(peers))
	for i, peer := range peers {
		urls[i] = "http://" + peer
	}
	return urls
}

// newBoot returns a name for a run of the playground.
func newBoot() string { return uuid.NewString() }

package main

import (
	"context"
	"fmt"
	"io"
	"strings"

	"capplayground/cluster"
	"capplayground/cluster/modes"
	"capplayground/server"
)

const lanesHelp = `Usage: playground lanes [flags]

Starts several clusters side by side, each in a mode of its own, and serves one
page for all: one hand writes, freezes and cuts in all of them at the same moment.
Each cluster has its own nodes, databases, history and verdict. The page lists the
scenarios that are played in lanes. Ctrl-C ends all.

There is no --attach: a lane starts its own nodes, and a node that is started by
hand cannot say to which lane it belongs. Use playground --attach for one cluster.

`

// lanesOptions is the command line of lanes.
type lanesOptions struct {
	options
	modes string
}

// serveLanes is the command lanes.
func serveLanes(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	o := lanesOptions{options: options{mode: string(modes.Default())}}
	flags := o.flags("playground lanes")
	flags.StringVar(&o.modes, "modes", joined(modes.Compared()), "the `modes` of the lanes, in their order, of "+modes.Choice())
	o.stageFlags(flags)
	flags.Lookup("record").Usage = "`file` of the recordings: run.jsonl becomes run-MODE.jsonl, one for each lane"
	flags.Lookup("peers").Usage = "`host:port,…` of the nodes of all lanes, lane by lane, instead of 127.0.0.1:3001,… 127.0.1.1:3001,…"
	flags.Lookup("nodes").Usage = "how many nodes each lane has, 3 to 9"
	if done, err := o.read(flags, args, lanesHelp, stdout); err != nil || done {
		return err
	}
	cfg, err := o.lanesConfig(stderr)
	if err != nil {
		return err
	}
	if cfg.Scenarios, err = readScenarios(o.scenarios); err != nil {
		return err
	}
	return o.serve(ctx, cfg, stdout, stderr, func(screen io.Writer, s *server.Server) {
		playFirst(s, cfg, stderr)
		o.greetLanes(screen, s.URL(), cfg.Lanes)
	})
}

// joined lists modes as the command line has them.
func joined(all []cluster.Mode) string {
	names := make([]string, len(all))
	for i, mode := range all {
		names[i] = string(mode)
	}
	return strings.Join(names, ",")
}

// lanesConfig checks the options and makes the server's configuration of them.
func (o *lanesOptions) lanesConfig(stderr io.Writer) (server.Config, error) {
	names := strings.Split(o.modes, ",")
	o.lanes = len(names)
	cfg, err := o.config(stderr)
	if err != nil {
		return cfg, err
	}
	for _, name := range names {
		mode, err := modes.Parse(name)
		if err != nil {
			return cfg, fmt.Errorf("%w: --modes: %w", errUsage, err)
		}
		cfg.Lanes = append(cfg.Lanes, server.Lane{Mode: mode})
	}
	return cfg, shareOut(cfg.Peers, cfg.Lanes)
}

// shareOut gives each lane its nodes.
func shareOut(peers []string, lanes []server.Lane) error {
	if len(peers)%len(lanes) != 0 {
		return fmt.Errorf("%w: --peers has %d addresses for %d lanes: each lane has the same number of nodes", errUsage, len(peers), len(lanes))
	}
	each := len(peers) / len(lanes)
	for i := range lanes {
		lanes[i].Peers = peers[i*each : (i+1)*each]
	}
	return nil
}

// greetLanes prints what to open and what to call.
func (o *lanesOptions) greetLanes(w io.Writer, page string, lanes []server.Lane) {
	curl := o.curl()
	_, _ = fmt.Fprintf(w, "Open   %s\nWrite  %s -X POST %s/api/lanes/ops -H 'Content-Type: application/json' -d '%s'\n",
		o.pages(page)[0], curl, page, `{"node":1,"kind":"write","key":"city","val":"London"}`)
	for _, lane := range lanes {
		_, _ = fmt.Fprintf(w, "Read   %s http://%s/database/city   (%s)\n", curl, lane.Peers[0], lane.Mode)
	}
	o.greetOthers(w, page)
}

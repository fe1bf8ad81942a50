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
Each cluster has its own nodes, databases, history and verdict. Ctrl-C ends all.

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
	flags.BoolVar(&o.open, "open", false, "open the page in a browser")
	flags.Lookup("peers").Usage = "`host:port,…` of the nodes of all lanes, lane by lane, instead of 127.0.0.1:3001,… 127.0.1.1:3001,…"
	flags.Lookup("nodes").Usage = "how many nodes each lane has, 3 to 9"
	if done, err := o.read(flags, args, lanesHelp, stdout); err != nil || done {
		return err
	}
	cfg, err := o.lanesConfig(stderr)
	if err != nil {
		return err
	}
	return o.serve(ctx, cfg, stdout, stderr, func(screen io.Writer, s *server.Server) {
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
	if len(cfg.Peers)%len(names) != 0 {
		return cfg, fmt.Errorf("%w: --peers has %d addresses for %d lanes: each lane has the same number of nodes", errUsage, len(cfg.Peers), len(names))
	}
	each := len(cfg.Peers) / len(names)
	for i, name := range names {
		mode, err := modes.Parse(name)
		if err != nil {
			return cfg, fmt.Errorf("%w: --modes: %w", errUsage, err)
		}
		cfg.Lanes = append(cfg.Lanes, server.Lane{Mode: mode, Peers: cfg.Peers[i*each : (i+1)*each]})
	}
	return cfg, nil
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

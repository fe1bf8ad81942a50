package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"

	"capplayground/cluster/console"
	"capplayground/cluster/loopback"
	"capplayground/cluster/modes"
	"capplayground/cluster/usage"
	"capplayground/server"
)

const serveHelp = `Usage: playground [flags]
       playground lanes [flags]          (several clusters side by side; see lanes --help)
       playground node NUMBER [flags]    (one node; the playground runs these)
       playground run [FILE…] [flags]    (plays scenarios without a browser; see run --help)
       playground compare [flags]        (one script of faults under every mode; see compare --help)
       playground replay FILE [flags]    (shows a recording; see replay --help)
       playground export FILE [flags]    (writes a recording for another tool; see export --help)
       playground sim [flags]            (simulated clusters; see sim --help)

Starts the nodes of a small replicated store as processes of their own and
serves a page on which every message between them is seen. Ctrl-C ends all. If
it runs in the background of a shell, by go run, kill %1 ends only go run: end
the playground with kill and the number that "pgrep playground" prints.

`

func parse(args []string, stdout io.Writer) (o options, done bool, err error) {
	flags := o.flags("playground")
	flags.StringVar(&o.mode, "mode", string(modes.Default()), "the first mode: "+modes.Choice())
	flags.BoolVar(&o.attach, "attach", false, "start no nodes: they join by playground node NUMBER --playground URL")
	o.stageFlags(flags)
	flags.BoolVar(&o.version, "version", false, "print the version")
	done, err = o.read(flags, args, serveHelp, stdout)
	return o, done, err
}

// serve is the playground.
func serve(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	o, done, err := parse(args, stdout)
	if err != nil || done {
		return err
	}
	if o.version {
		_, err := fmt.Fprintln(stdout, usage.Version("playground"))
		return err
	}
	cfg, err := o.config(stderr)
	if err != nil {
		return err
	}
	if cfg.Scenarios, err = readScenarios(o.scenarios); err != nil {
		return err
	}
	return o.serve(ctx, cfg, stdout, stderr, func(screen io.Writer, s *server.Server) {
		playFirst(s, cfg, stderr)
		o.greet(screen, s.URL(), cfg.Peers)
	})
}

// playFirst begins the first scenario of the command line.
func playFirst(s *server.Server, cfg server.Config, stderr io.Writer) {
	if len(cfg.Scenarios) == 0 {
		return
	}
	if err := s.Scenarios().Start(cfg.Scenarios[0]); err != nil {
		_, _ = fmt.Fprintf(stderr, "playground: %s: %v\n", cfg.Scenarios[0].Name, err)
	}
}

// serve runs a playground until ctx ends. greet is called when all nodes serve.
func (o *options) serve(ctx context.Context, cfg server.Config, stdout, stderr io.Writer, greet func(io.Writer, *server.Server)) (err error) {
	screen := console.New(stdout)
	defer screen.Close(readTimeout)
	var s *server.Server
	cfg.Ready = func() {
		greet(screen, s)
		if o.open {
			if err := openBrowser(o.pages(s.URL())[0]); err != nil {
				_, _ = fmt.Fprintln(stderr, "playground: no browser to open:", err)
			}
		}
	}
	if s, err = newServer(cfg); err != nil {
		return err
	}
	return s.Run(ctx)
}

// newServer makes a server. Its error says what to do.
func newServer(cfg server.Config) (*server.Server, error) {
	s, err := server.New(cfg)
	switch {
	case errors.Is(err, server.ErrConfig):
		return nil, fmt.Errorf("%w: %w", errUsage, err)
	case errors.Is(err, server.ErrBusy):
		addrs := append([]string{cfg.Listen}, cfg.Peers...)
		for _, lane := range cfg.Lanes {
			addrs = append(addrs, lane.Peers...)
		}
		return nil, fmt.Errorf("%w%s", err, holders(addrs))
	}
	return s, err
}

// holders names the processes that hold some of these addresses, one line each.
func holders(addrs []string) (lines string) {
	var seen []int
	for _, addr := range addrs {
		if h := loopback.HolderOf(addr); h.PID != 0 && !slices.Contains(seen, h.PID) {
			seen = append(seen, h.PID)
			lines += fmt.Sprintf("\n  %s is held by %v; kill %d ends it", addr, h, h.PID)
		}
	}
	return lines
}

package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"runtime/debug"
	"strings"

	"capplayground/cluster"
	"capplayground/cluster/loopback"
	"capplayground/cluster/modes"
	"capplayground/server"
)

const usage = `Usage: playground [flags]
       playground node NUMBER [flags]    (one node; the playground runs these)
       playground compare [flags]        (one script of faults under every mode; see compare --help)
       playground sim [flags]            (simulated clusters; see sim --help)

Starts the nodes of a small replicated store as processes of their own and
serves a page on which every message between them is seen. Ctrl-C ends all.

`

// options is the command line of the playground itself.
type options struct {
	listen, data, mode, peers, durability, token, bug string

	nodes                 int
	open, version, attach bool
}

func parse(args []string, stdout io.Writer) (o options, done bool, err error) {
	flags := o.flags("playground")
	flags.StringVar(&o.mode, "mode", string(modes.Default()), "the first mode: "+modes.Choice())
	flags.BoolVar(&o.attach, "attach", false, "start no node: they join by node NUMBER --playground URL")
	flags.BoolVar(&o.open, "open", false, "open the page in a browser")
	flags.BoolVar(&o.version, "version", false, "print the version")
	done, err = read(flags, args, usage, stdout)
	return o, done, err
}

// flags are those that every command of a whole playground has.
func (o *options) flags(name string) *flag.FlagSet {
	flags := flag.NewFlagSet(name, flag.ContinueOnError)
	flags.SetOutput(io.Discard) // we say it ourselves, in one place
	flags.StringVar(&o.listen, "listen", "127.0.0.1:8080", "`host:port` of the page; one that other machines reach needs a token")
	flags.IntVar(&o.nodes, "nodes", 5, "how many nodes, 3 to 9")
	flags.StringVar(&o.peers, "peers", "", "`host:port,…` of the nodes, instead of 127.0.0.1:3001,127.0.0.2:3002,…")
	flags.StringVar(&o.data, "data-dir", "", "`directory` of the databases (default: a fresh one, removed at the end)")
	flags.StringVar(&o.durability, "durability", "disk", "disk: survives a power loss; process: survives kill -9, and is faster")
	flags.StringVar(&o.token, "token", os.Getenv("CAP_TOKEN"), "what callers must bring (default: $CAP_TOKEN)")
	flags.StringVar(&o.bug, "bug", "", "plant a known mistake in every node, for tests")
	return flags
}

// read reads the command line; done says that help was wanted, and given.
func read(flags *flag.FlagSet, args []string, usage string, stdout io.Writer) (done bool, err error) {
	switch err := flags.Parse(args); {
	case errors.Is(err, flag.ErrHelp):
		help(stdout, usage, flags)
		return true, nil
	case err != nil:
		return false, fmt.Errorf("%w: %w (see --help)", errUsage, err)
	case flags.NArg() > 0:
		return false, fmt.Errorf("%w: what is %q? (see --help)", errUsage, flags.Arg(0))
	}
	return false, nil
}

func help(w io.Writer, usage string, flags *flag.FlagSet) {
	_, _ = io.WriteString(w, usage+"Flags:\n")
	flags.VisitAll(func(f *flag.Flag) {
		if f.Name == "bug" {
			return
		}
		arg, text := flag.UnquoteUsage(f)
		if f.DefValue != "" && f.DefValue != "false" && f.Name != "token" {
			text += " (default " + f.DefValue + ")"
		}
		_, _ = fmt.Fprintf(w, "  --%-22s %s\n", strings.TrimSpace(f.Name+" "+arg), text)
	})
}

// serve is the playground.
func serve(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	o, done, err := parse(args, stdout)
	if err != nil || done {
		return err
	}
	if o.version {
		_, err := fmt.Fprintln(stdout, version())
		return err
	}
	cfg, err := o.config(stderr)
	if err != nil {
		return err
	}
	var s *server.Server
	cfg.Ready = func() {
		greet(stdout, s.URL(), cfg.Peers)
		if o.open {
			if err := openBrowser(s.URL()); err != nil {
				_, _ = fmt.Fprintln(stderr, "playground: no browser to open:", err)
			}
		}
	}
	s, err = server.New(cfg)
	if errors.Is(err, server.ErrConfig) {
		return fmt.Errorf("%w: %w", errUsage, err)
	}
	if err != nil {
		return err
	}
	return s.Run(ctx)
}

func (o options) config(stderr io.Writer) (server.Config, error) {
	cfg := server.Config{
		Listen: o.listen, Data: o.data, Durability: o.durability, Token: o.token, Attach: o.attach, Bug: o.bug, Log: stderr,
	}
	mode, err := modes.Parse(o.mode)
	if err != nil {
		return cfg, fmt.Errorf("%w: --mode: %w", errUsage, err)
	}
	cfg.Mode = mode
	if o.durability != "disk" && o.durability != "process" {
		return cfg, fmt.Errorf("%w: --durability %q (want disk or process)", errUsage, o.durability)
	}
	if o.peers != "" {
		cfg.Peers = strings.Split(o.peers, ",")
		return cfg, nil
	}
	if o.nodes < 3 || o.nodes > cluster.MaxNodes {
		return cfg, fmt.Errorf("%w: --nodes %d (want 3 to %d)", errUsage, o.nodes, cluster.MaxNodes)
	}
	var alone bool
	if cfg.Peers, alone = loopback.Default(o.nodes); alone {
		_, _ = fmt.Fprintf(stderr, "playground: 127.0.0.2 and its neighbours cannot be bound here: all nodes listen at 127.0.0.1, ports %d to %d\n",
			loopback.BasePort+1, loopback.BasePort+o.nodes)
	}
	return cfg, nil
}

// greet says in three lines what to open and what to curl.
func greet(w io.Writer, url string, peers []string) {
	_, _ = fmt.Fprintf(w, "Open   %s\nWrite  curl -X POST http://%s/database/city/London\nRead   curl http://%s/database/city\n",
		url, peers[0], peers[1])
}

func version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "playground (unknown build)"
	}
	text := "playground " + info.Main.Version + " " + info.GoVersion
	for _, s := range info.Settings {
		if s.Key == "vcs.revision" {
			text += " " + s.Value
		}
	}
	return text
}

// openBrowser hands url to the desktop.
func openBrowser(url string) error {
	var cmd *exec.Cmd
	switch runtime.GOOS {
	case "darwin":
		cmd = exec.Command("open", url)
	case "windows":
		cmd = exec.Command("rundll32", "url.dll,FileProtocolHandler", url)
	default:
		cmd = exec.Command("xdg-open", url)
	}
	if err := cmd.Start(); err != nil {
		return err
	}
	go func() { _ = cmd.Wait() }() // how the browser ends is its own affair
	return nil
}

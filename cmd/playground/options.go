package main

import (
	"crypto/rand"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"os"
	"runtime"
	"slices"
	"strings"

	"capplayground/cluster"
	"capplayground/cluster/loopback"
	"capplayground/cluster/modes"
	"capplayground/cluster/usage"
	"capplayground/server"
)

// options are the flags that every command with a whole playground has.
type options struct {
	listen, data, mode, peers, durability, token, bug string

	names                 []string // further names of the page
	scenarios             []string // files
	audience, record      string
	nodes                 int             // of each cluster
	lanes                 int             // how many clusters there are; 0 is 1
	set                   map[string]bool // the flags that the command line names
	tokenFrom             string          // where the token comes from, for a person
	open, version, attach bool
	makeToken             bool
}

// flags defines the flags of the commands that start nodes and serve a page.
func (o *options) flags(name string) *flag.FlagSet {
	flags := o.pageFlags(name)
	flags.IntVar(&o.nodes, "nodes", 5, "how many nodes, 3 to 9")
	flags.StringVar(&o.peers, "peers", "", "`host:port,…` of the nodes, instead of 127.0.0.1:3001,127.0.0.2:3002,…")
	flags.StringVar(&o.data, "data-dir", "", "`directory` of the databases (default: a fresh one, removed at the end)")
	usage.Alias(flags, "data-dir", "data") // as nodes called it in earlier versions
	flags.StringVar(&o.durability, "durability", "disk", "disk: survives a power loss; process: survives kill -9, and is faster")
	flags.StringVar(&o.bug, "bug", "", "plant a known mistake in every node, for tests")
	return flags
}

// pageFlags defines the flags of the commands that serve a page.
func (o *options) pageFlags(name string) *flag.FlagSet {
	flags := flag.NewFlagSet(name, flag.ContinueOnError)
	flags.SetOutput(io.Discard) // main prints errors, in one place
	flags.StringVar(&o.listen, "listen", "127.0.0.1:8080", "`host:port` of the page; other machines can reach it only with a token")
	flags.StringVar(&o.token, "token", "", "`text` that callers must bring (default: $CAP_TOKEN, or the text of the file $CAP_TOKEN_FILE)")
	flags.BoolVar(&o.makeToken, "make-token", false, "make a random token if none is given, as in a container that other machines can reach")
	flags.Func("name", "a further `host[:port]` under which browsers reach the page, as by a tunnel; may be repeated", func(name string) error {
		if name == "" || strings.ContainsAny(name, " /@") {
			return errors.New("want host or host:port")
		}
		o.names = append(o.names, name)
		return nil
	})
	return flags
}

// scenarioFlag defines the flag for scenarios of a person.
func (o *options) scenarioFlag(flags *flag.FlagSet) {
	flags.Func("scenario", "`file` of a scenario that is played at once, and stands in the list of scenarios; may be repeated", func(file string) error {
		o.scenarios = append(o.scenarios, file)
		return nil
	})
}

// stageFlags defines the flags of the commands that serve the stage for a person.
func (o *options) stageFlags(flags *flag.FlagSet) {
	o.scenarioFlag(flags)
	flags.StringVar(&o.record, "record", "", "`file` that all events are written to, for playground replay; one that ends in .gz is compressed")
	flags.StringVar(&o.audience, "audience", "", "`host:port` at which phones may connect: they can look and vote, and reach nothing else")
	flags.BoolVar(&o.open, "open", false, "open the page in a browser")
}

// read reads the command line. done means that help was asked for and printed.
func (o *options) read(flags *flag.FlagSet, args []string, help string, stdout io.Writer) (done bool, err error) {
	var files []string
	if len(args) > 0 && !strings.HasPrefix(args[0], "-") {
		files = args
	} else {
		files, done, err = o.readFiles(flags, args, help, stdout)
	}
	if len(files) > 0 {
		return false, fmt.Errorf("%w: unknown argument %q (see --help)", errUsage, files[0])
	}
	return done, err
}

// parseFlags parses the flags of a command and returns its other arguments, which stand
// before or after the flags. The help names no flag of hidden. done means that help was
// asked for and printed.
func parseFlags(flags *flag.FlagSet, args []string, help string, stdout io.Writer, hidden ...string) (others []string, done bool, err error) {
	for len(args) > 0 && !strings.HasPrefix(args[0], "-") {
		others, args = append(others, args[0]), args[1:]
	}
	switch err := flags.Parse(args); {
	case errors.Is(err, flag.ErrHelp):
		usage.Print(stdout, help, flags, hidden...)
		return nil, true, nil
	case err != nil:
		return nil, false, fmt.Errorf("%w: %w (see --help)", errUsage, err)
	}
	return append(others, flags.Args()...), false, nil
}

// readFiles reads the command line of a command that takes files. They stand
// before or after the flags.
func (o *options) readFiles(flags *flag.FlagSet, args []string, help string, stdout io.Writer) (files []string, done bool, err error) {
	if files, done, err = parseFlags(flags, args, help, stdout, "bug", "data"); done || err != nil {
		return nil, done, err
	}
	o.set = map[string]bool{}
	flags.Visit(func(f *flag.Flag) { o.set[f.Name] = true })
	return files, false, nil
}

// config checks the options and makes the server's configuration of them.
func (o *options) config(stderr io.Writer) (server.Config, error) {
	if err := o.readToken(); err != nil {
		return server.Config{}, err
	}
	cfg := server.Config{
		Listen: o.listen, Names: o.names, Data: o.data, Durability: o.durability, Token: o.token, Attach: o.attach, Bug: o.bug, Log: stderr,
		Audience: o.audience, Record: o.record, Version: usage.Version("playground"),
	}
	var err error
	if cfg.Mode, err = modes.Parse(o.mode); err != nil {
		return cfg, fmt.Errorf("%w: --mode: %w", errUsage, err)
	}
	if o.durability != "disk" && o.durability != "process" {
		return cfg, fmt.Errorf("%w: --durability %q (want disk or process)", errUsage, o.durability)
	}
	if _, port, err := net.SplitHostPort(o.listen); err != nil || port == "" {
		return cfg, fmt.Errorf("%w: --listen %q (want host:port, such as 127.0.0.1:8080)", errUsage, o.listen)
	}
	if cfg.Peers, err = o.addresses(stderr); err != nil {
		return cfg, err
	}
	for _, addr := range append([]string{o.listen}, cfg.Peers...) {
		if refusedByBrowsers(addr) {
			_, _ = fmt.Fprintf(stderr, "playground: browsers refuse to open the port of %s; take another one (see https://fetch.spec.whatwg.org/#port-blocking)\n", addr)
		}
	}
	return cfg, nil
}

// readToken takes the token from the environment if the command line names none. With
// --make-token it makes one if the environment has none either.
func (o *options) readToken() (err error) {
	if o.set["token"] {
		o.tokenFrom = "--token"
		return nil
	}
	if o.token, err = usage.Token(os.Getenv); err != nil {
		return fmt.Errorf("%w: %w", errUsage, err)
	}
	o.tokenFrom = "the environment variable CAP_TOKEN or the file that CAP_TOKEN_FILE names; unset both to start without a token"
	if o.token == "" && o.makeToken {
		o.token, o.tokenFrom = rand.Text(), "--make-token: each start makes another one"
	}
	return nil
}

// addresses are those of the nodes, lane by lane.
func (o *options) addresses(stderr io.Writer) ([]string, error) {
	if o.set["peers"] {
		if o.set["nodes"] {
			return nil, fmt.Errorf("%w: --nodes and --peers exclude each other: --peers names the nodes", errUsage)
		}
		peers := strings.Split(o.peers, ",")
		for i, addr := range peers {
			peers[i] = strings.TrimSpace(addr)
			if _, port, err := net.SplitHostPort(peers[i]); err != nil || port == "" || strings.ContainsAny(peers[i], " \t") {
				return nil, fmt.Errorf("%w: --peers: %q (want host:port,host:port,… without blanks)", errUsage, addr)
			}
		}
		return peers, nil
	}
	if o.nodes < 3 || o.nodes > cluster.MaxNodes {
		return nil, fmt.Errorf("%w: --nodes %d (want 3 to %d)", errUsage, o.nodes, cluster.MaxNodes)
	}
	addrs, alone := loopback.Lanes(max(1, o.lanes), o.nodes)
	all := slices.Concat(addrs...)
	if alone {
		_, _ = fmt.Fprint(stderr, "playground: ", loopback.Alone(runtime.GOOS, max(1, o.lanes), o.nodes))
	}
	return all, nil
}

// blockedPorts are the ports above 1023 that browsers do not open, from the
// Fetch standard, section "port blocking".
var blockedPorts = []string{"1719", "1720", "1723", "2049", "3659", "4045", "4190", "5060", "5061", "6000", "6566", "6665", "6666", "6667", "6668", "6669", "6679", "6697", "10080"}

func refusedByBrowsers(addr string) bool {
	_, port, err := net.SplitHostPort(addr)
	return err == nil && slices.Contains(blockedPorts, port)
}

package process

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"capplayground/cluster"
	"capplayground/cluster/guard"
	"capplayground/cluster/link"
	"capplayground/cluster/loopback"
	"capplayground/cluster/modes"
	"capplayground/cluster/store"
	"capplayground/cluster/usage"
)

// options are the flags and the environment. They have been read and checked.
type options struct {
	id         cluster.NodeID
	mode       cluster.Mode
	peers      []string // host:port of nodes 1, 2, …
	listen     string   // where to listen; by default the node's own address among peers
	data       string
	byDefault  bool // the command line does not name data
	durability store.Durability
	epoch      int
	stdio      bool
	playground *link.Dialer // by WebSocket; nil for none
	killable   bool         // the playground may end this process
	token      string
	clock      func() int64 // microseconds since the epoch
	bug        string
	alone      bool // peers are the usual ones, all on 127.0.0.1

	place link.Place // the settings from the playground; zero if it was not asked or did not answer
}

// errUsage is wrapped by the errors of a process that was called in a wrong way.
var errUsage = errors.New("usage")

func usagef(format string, args ...any) error {
	return fmt.Errorf("%w: %s", errUsage, fmt.Sprintf(format, args...))
}

const help = `One node of the CAP Playground.

  MODE=%[2]s %[1]s PORT [flags]      as in the original project; PORT is 3001 to 3005
  %[1]s NUMBER --mode %[2]s [flags]  the same; NUMBER is 1 to 5

Start one in each of five terminals, and call any of them:

  curl -X POST http://127.0.0.1:3001/database/city/London
  curl http://127.0.0.2:3002/database/city

A node that joins a playground has mode, peers and database of the node whose
place it takes, where the command line names none:

  %[1]s 3003 --playground http://localhost:8080

Environment: MODE is the mode. CAP_TOKEN is the token that nodes need if other
machines can reach them; CAP_TOKEN_FILE names a file that holds it instead.

`

// ahead returns how far the clock of the playground that launched this node is ahead of
// this machine's clock. The date of the machine may have been set since the playground
// started.
func ahead(getenv func(string) string) time.Duration {
	d, err := time.ParseDuration(getenv("CAP_CLOCK_AHEAD"))
	if err != nil {
		return 0 // a node that no playground launched
	}
	return d
}

// parse reads the command line and the environment. The error is flag.ErrHelp
// after the help or the version was printed, or wraps errUsage.
func parse(name string, args []string, getenv func(string) string, stdout io.Writer) (options, error) {
	o := options{clock: cluster.Steady(ahead(getenv))}
	line, err := o.readLine(name, args, getenv, stdout)
	if err != nil {
		return o, err
	}
	if o.token, err = usage.Token(getenv); err != nil {
		return o, usagef("%v", err)
	}
	if line.playground != "" {
		if err := o.join(line.playground, &line.mode, &line.peers, line.flags); err != nil {
			return o, err
		}
	}
	if o.mode, err = parseMode(line.mode); err != nil {
		return o, err
	}
	if o.durability, err = store.ParseDurability(line.durability); err != nil {
		return o, usagef("%v", err)
	}
	if o.peers, o.alone, err = parsePeers(line.peers); err != nil {
		return o, err
	}
	if o.id, err = parseNumber(line.number, o.peers); err != nil {
		return o, err
	}
	if o.listen == "" {
		o.listen = o.peers[o.id-1]
	}
	if err := o.reach(); err != nil {
		return o, err
	}
	if o.epoch < 1 {
		return o, usagef("--epoch %d: want 1 or more", o.epoch)
	}
	return o, o.links(line.link, line.playground, getenv)
}

// commandLine holds the arguments that are used only after a check.
type commandLine struct {
	flags                                             *flag.FlagSet
	number, mode, peers, durability, playground, link string
}

// readLine reads the command line. It puts the flags that need no check into o.
func (o *options) readLine(name string, args []string, getenv func(string) string, stdout io.Writer) (line commandLine, err error) {
	flags := flag.NewFlagSet(name, flag.ContinueOnError)
	line.flags = flags
	flags.SetOutput(io.Discard)
	flags.StringVar(&line.mode, "mode", getenv("MODE"), "the `mode` of the node: "+modes.Choice())
	flags.StringVar(&line.peers, "peers", "", "addresses of all nodes in order, `host:port,…` (default 127.0.0.1:3001 to 127.0.0.5:3005)")
	flags.StringVar(&o.listen, "listen", "", "`host:port` to listen at (default this node's address among the peers)")
	flags.StringVar(&o.data, "data-dir", "", "`directory` of the node's database (default: one for each mode and node in your cache directory, which is kept)")
	usage.Alias(flags, "data-dir", "data") // its name in earlier versions
	flags.StringVar(&line.durability, "durability", "disk", "what acknowledged writes survive: power loss (`disk`) or the end of the process (process)")
	flags.IntVar(&o.epoch, "epoch", 1, "`number` of this cluster among those of one playground; all its nodes have the same")
	flags.StringVar(&line.playground, "playground", "", "`URL` of a playground that shall show this node, such as http://localhost:8080")
	flags.BoolVar(&o.killable, "killable", false, "let the playground end this process at once, as kill -9 does, when a person kills the node on the page; for a node that is started again by itself, as in Kubernetes")
	flags.StringVar(&line.link, "link", "", "`stdio`: standard input and output are the link to the playground that launched this node")
	version := flags.Bool("version", false, "print version, commit and Go version, and end")
	flags.StringVar(&o.bug, "bug", "", "plant a mistake by `name`, for tests")

	if len(args) > 0 && !strings.HasPrefix(args[0], "-") {
		line.number, args = args[0], args[1:]
	}
	switch err := flags.Parse(args); {
	case errors.Is(err, flag.ErrHelp):
		usage.Print(stdout, fmt.Sprintf(help, name, modes.Default()), flags, "bug", "link", "data")
		return line, flag.ErrHelp
	case err != nil:
		return line, usagef("%v", err)
	case *version:
		_, _ = fmt.Fprintln(stdout, usage.Version(name))
		return line, flag.ErrHelp
	}
	rest := flags.Args()
	if line.number == "" && len(rest) > 0 {
		line.number, rest = rest[0], rest[1:]
	}
	if len(rest) > 0 {
		return line, usagef("unexpected %q", rest[0])
	}
	return line, nil
}

// join asks the playground for the settings that the command line does not name. If the
// playground does not run yet, that is an error only if a setting is missing.
func (o *options) join(playground string, mode, peers *string, flags *flag.FlagSet) (err error) {
	if o.playground, err = link.WebSocket(playground, o.token); err != nil {
		return usagef("--%v", err)
	}
	if o.killable {
		o.playground.Kill = kill
	}
	if o.place, err = link.AskPlace(context.Background(), playground, o.token); err != nil {
		if *mode == "" {
			return usagef("no mode: set MODE or --mode, or start the playground first (%v)", err)
		}
		return nil
	}
	if *mode == "" {
		*mode = string(o.place.Mode)
	}
	if *peers == "" {
		*peers = strings.Join(o.place.Peers, ",")
	}
	named := false
	flags.Visit(func(f *flag.Flag) { named = named || f.Name == "epoch" })
	if !named {
		o.epoch = o.place.Epoch
	}
	return nil
}

func parseMode(s string) (cluster.Mode, error) {
	if s == "" {
		return "", usagef("no mode: set MODE or --mode to %s", modes.Choice())
	}
	mode, err := modes.Parse(s)
	if err != nil {
		return "", usagef("%v", err)
	}
	return mode, nil
}

func parsePeers(s string) (peers []string, alone bool, err error) {
	if s == "" {
		peers, alone = loopback.Default(5)
		return peers, alone, nil
	}
	peers = strings.Split(s, ",")
	if len(peers) > cluster.MaxNodes {
		return nil, false, usagef("--peers: at most %d nodes", cluster.MaxNodes)
	}
	for i, addr := range peers {
		if err := checkAddr(addr); err != nil {
			return nil, false, usagef("--peers: %v", err)
		}
		if slices.Contains(peers[:i], addr) {
			return nil, false, usagef("--peers: %s twice", addr)
		}
	}
	return peers, false, nil
}

func checkAddr(addr string) error {
	host, port, err := net.SplitHostPort(addr)
	if err != nil || host == "" {
		return fmt.Errorf("address %q: want host:port", addr)
	}
	if n, err := net.LookupPort("tcp", port); err != nil || n == 0 {
		return fmt.Errorf("address %q: unusable port", addr)
	}
	return nil
}

// parseNumber reads a node's number, or its port as the original does.
func parseNumber(s string, peers []string) (cluster.NodeID, error) {
	if s == "" {
		return 0, usagef("which node? Give its port or its number")
	}
	if id, err := cluster.ParseNodeID(s); err == nil && int(id) <= len(peers) {
		return id, nil
	}
	var found cluster.NodeID
	var ports []string
	for i, addr := range peers {
		_, port, _ := net.SplitHostPort(addr)
		ports = append(ports, port)
		if port != s {
			continue
		}
		if found != 0 {
			return 0, usagef("port %s is that of several nodes; give a number, 1 to %d", s, len(peers))
		}
		found = cluster.NodeID(i + 1)
	}
	if found == 0 {
		return 0, usagef("unknown port %q (want one of %s, or a number, 1 to %d)", s, strings.Join(ports, ", "), len(peers))
	}
	return found, nil
}

// reach returns an error if other machines can reach the node and there is no token.
func (o *options) reach() error {
	if host, port, err := net.SplitHostPort(o.listen); err != nil || port == "" {
		return usagef("--listen %q: want host:port", o.listen)
	} else if host == "" {
		o.listen = net.JoinHostPort("0.0.0.0", port)
	}
	if o.token != "" {
		return nil
	}
	for _, addr := range append([]string{o.listen}, o.peers...) {
		if !guard.Loopback(addr) {
			return usagef("%s can be reached from other machines: set CAP_TOKEN, the same for all nodes", addr)
		}
	}
	return nil
}

func (o *options) links(linkTo, playground string, getenv func(string) string) error {
	switch {
	case linkTo != "" && linkTo != "stdio":
		return usagef("--link %q: want stdio", linkTo)
	case linkTo != "" && playground != "":
		return usagef("--link and --playground exclude each other")
	case o.killable && playground == "":
		return usagef("--killable needs --playground")
	}
	o.stdio = linkTo == "stdio"
	if o.data == "" && len(o.place.Data) >= int(o.id) {
		if info, err := os.Stat(o.place.Data[o.id-1]); err == nil && info.IsDir() {
			o.data = o.place.Data[o.id-1] // otherwise it is an address of another machine
		}
	}
	if o.data != "" {
		return nil
	}
	// The user's cache directory. Tests set another one by the environment.
	cache := getenv("XDG_CACHE_HOME")
	if cache == "" {
		var err error
		if cache, err = os.UserCacheDir(); err != nil {
			return usagef("no place for the database: name one with --data-dir (%v)", err)
		}
	}
	o.byDefault = true
	o.data = filepath.Join(cache, "capplayground", string(o.mode), fmt.Sprintf("node%d", o.id))
	return nil
}

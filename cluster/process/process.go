// Package process is a whole node as a process, from flags and environment to an
// exit code. `go run ./cmd/node 3001` and `playground node 1` both run it.
package process

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/signal"
	"runtime"
	"slices"
	"syscall"
	"time"

	"golang.org/x/sync/errgroup"

	"capplayground/cluster"
	"capplayground/cluster/console"
	"capplayground/cluster/driver"
	"capplayground/cluster/guard"
	"capplayground/cluster/link"
	"capplayground/cluster/loopback"
	"capplayground/cluster/modes"
	"capplayground/cluster/node"
	"capplayground/cluster/nodeapi"
	"capplayground/cluster/peer"
	"capplayground/cluster/store"
)

// The exit codes.
const (
	ExitOK    = 0
	ExitError = 1 // it could not start, or had to stop
	ExitUsage = 2 // the command line is wrong
)

// MaxConnections is how many HTTP connections a node keeps open.
const MaxConnections = 4096

// System is what a process gets from the operating system.
type System struct {
	Args   []string            // without the program's name
	Getenv func(string) string // MODE, CAP_TOKEN
	Stdin  io.Reader
	Stdout io.Writer
	Stderr io.Writer
}

// OS is the real System, with these arguments.
func OS(args []string) System {
	return System{Args: args, Getenv: os.Getenv, Stdin: os.Stdin, Stdout: os.Stdout, Stderr: os.Stderr}
}

// Main runs a node until SIGINT, SIGTERM or the end of ctx, and returns the
// exit code. name is what the program is called in its messages.
func Main(ctx context.Context, name string, sys System) int {
	ctx, stop := signal.NotifyContext(ctx, os.Interrupt, syscall.SIGTERM)
	defer stop()
	o, err := parse(name, sys.Args, sys.Getenv, sys.Stdout)
	if err == nil {
		err = run(ctx, o, sys)
	}
	switch {
	case err == nil || errors.Is(err, flag.ErrHelp):
		return ExitOK
	case errors.Is(err, link.ErrClosed):
		// The playground is gone, and nothing reads standard error any more.
		return ExitError
	}
	_, _ = fmt.Fprintf(sys.Stderr, "%s: %v\n", name, err)
	if errors.Is(err, errUsage) {
		_, _ = fmt.Fprintf(sys.Stderr, "%s --help says more\n", name)
		return ExitUsage
	}
	return ExitError
}

// run assembles the node and serves. Listening comes first: a second node on
// the same port must not touch the first one's database.
func run(ctx context.Context, o options, sys System) error {
	ln, err := listen(o.listen)
	if err != nil {
		return err
	}
	defer func() { _ = ln.Close() }()
	disk, err := store.Open(o.data, store.Options{
		Node: o.id, Durability: o.durability, Mode: o.mode, Members: o.members(), Beside: beside,
	})
	if err != nil {
		return fmt.Errorf("opening the database: %w", err)
	}
	defer func() { _ = disk.Close() }()
	// Ctrl-S in its terminal must not stop the node.
	stderr := console.New(sys.Stderr)
	defer stderr.Close(time.Second)
	sys.Stderr = stderr
	if !o.stdio { // otherwise standard output is the link, and no byte of it may be left out
		screen := console.New(sys.Stdout)
		defer screen.Close(time.Second)
		sys.Stdout = screen
	}
	n, err := assemble(o, sys, disk)
	if err != nil {
		return err
	}
	hosts := append(guard.Hosts(o.listen), guard.Hosts(o.peers[o.id-1])...)
	srv := guard.Server(nodeapi.New(nodeapi.Config{
		ID: o.id, Mode: o.mode, SysID: nodeapi.SysID(o.peers[o.id-1]), Node: n, Hosts: hosts, Token: o.token,
		Peers: n.PeerHandler(), PeerPath: peer.Path,
	}), log.New(io.Discard, "", 0))
	o.greet(sys)

	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error {
		err := n.Run(ctx)
		if err == nil {
			err = context.Cause(ctx) // so that the server ends as well
		}
		return err
	})
	group.Go(func() error {
		if err := guard.Serve(srv, ln, MaxConnections); !errors.Is(err, http.ErrServerClosed) {
			return err
		}
		return nil
	})
	group.Go(func() error {
		<-ctx.Done()
		short, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
		defer cancel()
		if err := srv.Shutdown(short); err != nil {
			return srv.Close()
		}
		return nil
	})
	if err := group.Wait(); !errors.Is(err, context.Canceled) {
		return err
	}
	return nil
}

// members returns the nodes of the cluster, ascending.
func (o options) members() []cluster.NodeID {
	ids := make([]cluster.NodeID, len(o.peers))
	for i := range ids {
		ids[i] = cluster.NodeID(i + 1)
	}
	return ids
}

// assemble makes the machine of the mode and the node around it.
func assemble(o options, sys System, disk *store.Store) (*node.Node, error) {
	ids := o.members()
	addrs := make(map[cluster.NodeID]string, len(o.peers))
	for i, addr := range o.peers {
		addrs[ids[i]] = addr
	}
	// The log of a launched node goes to the playground. On a terminal the screen matters
	// more, so only warnings are printed beside it.
	level := slog.LevelInfo
	if !o.stdio {
		level = slog.LevelWarn
	}
	cfg := node.Config{
		ID: o.id, Peers: addrs, Mode: o.mode, Epoch: o.epoch, Token: o.token, Disk: disk,
		Clock: o.clock, Link: o.playground, Log: slog.New(slog.NewTextHandler(sys.Stderr, &slog.HandlerOptions{Level: level})),
	}
	machine := cluster.Config{ID: o.id, Nodes: ids, Database: disk.Database()}
	if slices.Contains(driver.Bugs, o.bug) {
		cfg.Bug = o.bug
	} else {
		machine.Bug = o.bug
	}
	if o.stdio {
		cfg.Link = link.Stdio(sys.Stdin, sys.Stdout)
	} else {
		cfg.Screen = sys.Stdout
	}
	if o.playground != nil {
		o.playground.Told = func(news string) { _, _ = fmt.Fprintln(sys.Stderr, cluster.Visible(news)) }
	}
	var err error
	if cfg.Machine, err = modes.New(o.mode, machine); err != nil {
		return nil, usagef("%v", err)
	}
	return node.New(cfg)
}

// listen opens the node's address. Its errors explain why the address cannot be used.
func listen(addr string) (net.Listener, error) {
	ln, err := net.Listen("tcp", addr)
	switch {
	case errors.Is(err, syscall.EADDRINUSE):
		return nil, fmt.Errorf("%s is in use: %s listens there", addr, loopback.HolderOf(addr))
	case errors.Is(err, syscall.EADDRNOTAVAIL):
		return nil, fmt.Errorf("%s is not an address of this machine", addr)
	case errors.Is(err, syscall.EACCES):
		return nil, fmt.Errorf("%s may not be used by this user", addr)
	}
	return ln, err
}

// greet prints where the node is, unless a playground launched it.
func (o options) greet(sys System) {
	if o.stdio {
		return
	}
	if o.alone {
		_, _ = fmt.Fprint(sys.Stderr, loopback.Alone(runtime.GOOS, 1, len(o.peers)))
	}
	kept := "data in " + o.data
	if o.byDefault {
		kept += ", kept from one start to the next (--data-dir names another place)"
	}
	_, _ = fmt.Fprintf(sys.Stdout, "node %d, mode %s, at http://%s\n%s\n", o.id, o.mode, o.peers[o.id-1], kept)
}

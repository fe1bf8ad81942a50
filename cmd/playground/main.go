// Command playground keeps a small replicated store in five real processes and
// shows every message that they send each other:
//
//	playground                 starts the nodes and serves the stage
//	playground lanes …         the same for several clusters, one in each mode
//	playground node 3 …        is one node; the playground starts its nodes so
//	playground run …           plays scenarios without a browser, and checks them
//	playground compare …       plays one script of faults under every mode
//	playground replay FILE     shows a recording, and starts no node
//	playground export FILE     writes a recording for another tool
//	playground site DIR        writes the simulated edition, which runs in a browser
//	playground sim …           hunts bugs in simulated clusters
//
// Exit status: 0 after a graceful end, 1 when something failed, 2 for a command
// line that makes no sense.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"slices"
	"syscall"
	"time"

	"capplayground/cluster/console"
	"capplayground/cluster/process"
	"capplayground/cluster/sim"
	"capplayground/cluster/timerslack"
	"capplayground/server"
)

func main() {
	if len(os.Args) > 1 && os.Args[1] == "node" {
		process.TuneNode()
	} else {
		timerslack.SetProcess(timerslack.Playground)
		server.LimitMemory()
	}
	ctx, stop := signal.NotifyContext(context.Background(), endings()...)
	context.AfterFunc(ctx, stop) // a second signal ends us at once, as the system does it
	stderr := console.New(os.Stderr)
	status := exitStatus(run(ctx, os.Args[1:], os.Stdout, stderr), stderr)
	stderr.Close(readTimeout)
	os.Exit(status)
}

// readTimeout is how long the end waits for a terminal that does not read the output.
const readTimeout = time.Second

// endings are the signals that end the playground gracefully: Ctrl-C, kill, Ctrl-\,
// and the end of the terminal, unless nohup ignores that one.
func endings() []os.Signal {
	signals := []os.Signal{os.Interrupt, syscall.SIGTERM, syscall.SIGQUIT}
	if !signal.Ignored(syscall.SIGHUP) {
		signals = append(signals, syscall.SIGHUP)
	}
	return signals
}

// errUsage is wrapped by all errors of the command line.
var errUsage = errors.New("usage")

// run is the program. It returns when ctx ends, or with the error that stopped it.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	if len(args) > 0 {
		switch args[0] {
		case "help":
			return run(ctx, append(slices.Clone(args[1:]), "--help"), stdout, stderr)
		case "node":
			return exit(process.Main(ctx, "playground node", process.System{
				Args: args[1:], Getenv: os.Getenv, Stdin: os.Stdin, Stdout: stdout, Stderr: stderr,
			}))
		case "compare":
			return playCompare(ctx, args[1:], stdout, stderr)
		case "export":
			return exportRecording(args[1:], stdout, stderr)
		case "lanes":
			return serveLanes(ctx, args[1:], stdout, stderr)
		case "replay":
			return replay(ctx, args[1:], stdout, stderr)
		case "run":
			return playScenarios(ctx, args[1:], stdout, stderr)
		case "site":
			return writeSite(ctx, args[1:], stdout)
		case "sim":
			return sim.Main(ctx, args[1:], stdout, stderr)
		}
	}
	return serve(ctx, args, stdout, stderr)
}

// exit returns the exit status of a node as an error. The node has printed the reason.
func exit(status int) error {
	if status == process.ExitOK {
		return nil
	}
	return nodeEnded(status)
}

// nodeEnded is a node's exit status.
type nodeEnded int

func (status nodeEnded) Error() string { return fmt.Sprintf("exit status %d", int(status)) }

// exitStatus prints an error and returns the exit status of the process.
func exitStatus(err error, stderr io.Writer) int {
	if err == nil {
		return 0
	}
	if status, ok := errors.AsType[nodeEnded](err); ok {
		return int(status)
	}
	_, _ = fmt.Fprintln(stderr, "playground:", err)
	if errors.Is(err, errUsage) || errors.Is(err, sim.ErrUsage) {
		return 2
	}
	return 1
}

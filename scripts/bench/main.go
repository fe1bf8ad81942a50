// Command bench measures the playground beside floors that are measured in the
// same run, so that a figure means something on any machine: what it prints are
// milliseconds, operations per second, and ratios to a floor.
//
//	go run ./scripts/bench all      everything below
//	go run ./scripts/bench modes    reads and writes per second, per mode
//	go run ./scripts/bench start    how long the playground takes to start
//	go run ./scripts/bench events   how long an event takes to a viewer
//	go run ./scripts/bench watched  what being watched costs
//	go run ./scripts/bench viewers  what a crowd costs
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
)

// A measurement is one subcommand.
type measurement struct {
	name string
	help string
	run  func(ctx context.Context, args []string, stdout io.Writer) error
}

// measurements is the table of subcommands. The last three are for this
// program itself: it starts itself again as the bare process of a floor.
var measurements = []measurement{
	{"all", "everything; flags go to modes", all},
	{"modes", "reads and writes per second and their latency, per mode, beside floors and etcd", modes},
	{"start", "from the start of the program to five nodes and their page, beside five bare processes", startUp},
	{"events", "from a message leaving its sender to its event at a viewer", events},
	{"watched", "what being watched costs: a steady load and the highest, with and without a playground and a viewer", watched},
	{"viewers", "what a crowd costs: the same load with nobody at the page and with 1,000 viewers, beside a bare fan-out", viewers},
	{"bare-http", "", bareHTTP},
	{"bare-stream", "", bareStream},
	{"bare-fan-out", "", bareFanOut},
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, os.Args[1:], os.Stdout); err != nil {
		if !errors.Is(err, flag.ErrHelp) {
			fmt.Fprintln(os.Stderr, "bench:", err)
		}
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string, stdout io.Writer) error {
	if len(args) > 0 {
		for _, m := range measurements {
			if m.name == args[0] {
				return m.run(ctx, args[1:], stdout)
			}
		}
	}
	var known []string
	for _, m := range measurements {
		if m.help != "" {
			known = append(known, fmt.Sprintf("  %-8s %s", m.name, m.help))
		}
	}
	return fmt.Errorf("usage: bench MEASUREMENT [flags]\n%s", strings.Join(known, "\n"))
}

// Command endurance soaks the playground. scripts/soak runs it. It starts the real
// program on addresses of its own. Then it plays rounds of faults, changes of mode,
// clients and viewers until the time is over. At the end of each round the cluster
// comes to rest, and the operations of its clients are judged twice: by the playground,
// and by this program with the clients' own clock. Every minute it prints the resources
// of the processes. At the end it prints how much each figure grew.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime"
	"syscall"
	"time"

	"capplayground/cluster"
	"capplayground/cluster/modes"
)

// options are the flags of the command line.
type options struct {
	span       time.Duration
	mode       cluster.Mode // "": another one in each round
	seed       uint64
	rate       float64
	clients    int
	page       time.Duration
	out        string
	binary     string
	randomUser bool
	source     string
	bug        string
}

// The exit codes.
const (
	exitGood  = 0
	exitBad   = 1 // the soak found a fault, or could not go on
	exitUsage = 2
)

var errUsage = errors.New("usage")

func main() {
	// The system kills the playground when the thread that started it ends. The main
	// thread lives as long as this process.
	runtime.LockOSThread()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	err := run(ctx, os.Args[1:], os.Stdout)
	switch {
	case err == nil || errors.Is(err, flag.ErrHelp):
		os.Exit(exitGood)
	case errors.Is(err, errUsage):
		fmt.Fprintln(os.Stderr, "soak:", err)
		os.Exit(exitUsage)
	}
	fmt.Fprintln(os.Stderr, "soak:", err)
	os.Exit(exitBad)
}

func run(ctx context.Context, args []string, stdout io.Writer) error {
	o, err := parse(args, stdout)
	if err != nil {
		return err
	}
	s, err := begin(ctx, o, stdout)
	if err != nil {
		return err
	}
	defer s.end()
	s.soak(ctx)
	return s.conclude(ctx)
}

func parse(args []string, stdout io.Writer) (options, error) {
	var o options
	var mode string
	flags := flag.NewFlagSet("soak", flag.ContinueOnError)
	flags.SetOutput(stdout)
	flags.DurationVar(&o.span, "for", 10*time.Minute, "how long")
	flags.StringVar(&mode, "mode", "", modes.Choice()+"; without it a round takes the next")
	flags.Uint64Var(&o.seed, "seed", 0, "of the faults and the load; 0 takes one from the clock")
	flags.Float64Var(&o.rate, "rate", 60, "operations per second of the playground's own load")
	flags.IntVar(&o.clients, "clients", 6, "clients of our own, beside it")
	flags.DurationVar(&o.page, "page", time.Second, "within which the page must answer")
	flags.StringVar(&o.out, "out", "", "`file` for the summary as JSON")
	flags.StringVar(&o.binary, "binary", "", "the playground to soak; without it, it is built")
	flags.BoolVar(&o.randomUser, "random-user", true, "after every third round, a round in which a user presses and calls at random")
	flags.StringVar(&o.source, "source", "", "`directory` of the source, for README and scripts; without it, the one around the working directory")
	flags.StringVar(&o.bug, "bug", "", "plant a known mistake, to see that it is found")
	if err := flags.Parse(args); errors.Is(err, flag.ErrHelp) {
		return o, err
	} else if err != nil {
		return o, fmt.Errorf("%w: %w", errUsage, err)
	}
	switch {
	case flags.NArg() > 0:
		return o, fmt.Errorf("%w: unknown argument %q", errUsage, flags.Arg(0))
	case o.span < time.Second || o.rate < 0 || o.clients < 1 || o.page <= 0:
		return o, fmt.Errorf("%w: --for 1s or more, --rate 0 or more, --clients 1 or more, --page more than 0", errUsage)
	}
	if mode != "" {
		m, err := modes.Parse(mode)
		if err != nil {
			return o, fmt.Errorf("%w: --mode: %w", errUsage, err)
		}
		o.mode = m
	}
	if o.seed == 0 {
		o.seed = uint64(time.Now().UnixNano())
	}
	return o, nil
}

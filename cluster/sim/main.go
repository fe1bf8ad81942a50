package sim

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"runtime"
	"runtime/debug"
	"sync"
	"time"

	"capplayground/cluster"
	"capplayground/cluster/modes"
	"capplayground/cluster/usage"
)

// ErrUsage is wrapped by the error of Main for arguments that are not valid.
var ErrUsage = errors.New("usage")

const help = `Usage: playground sim [flags]

Runs clusters of simulated nodes, one run for each seed, with lost, repeated and
delayed messages, cuts, crashes and freezes, and checks what the clients saw. The
exit status is 1 if a run broke a promise: its seed and transcript are printed.
With --events the events of the runs are printed as JSON, one in a line; the line
before those of a run is {"run":{"mode":…,"seed":…,"nodes":…,"ops":…}}.

`

// options are the flags of "playground sim".
type options struct {
	cfg              Config // without a seed
	first, count     uint64 // the seeds
	one              bool   // only the first seed, with its transcript
	parallel, events bool
	lasts            time.Duration // 0: until all seeds were run
}

// parse reads and checks the flags. The error is flag.ErrHelp after the help was printed,
// or wraps ErrUsage.
func parse(args []string, stdout io.Writer) (o options, err error) {
	flags := flag.NewFlagSet("playground sim", flag.ContinueOnError)
	flags.SetOutput(io.Discard)
	mode := flags.String("mode", string(modes.Default()), modes.Choice())
	flags.Uint64Var(&o.count, "seeds", 100, "how many seeds to run")
	only := flags.Uint64("seed", 0, "run only this seed, and print its transcript")
	flags.IntVar(&o.cfg.Ops, "ops", 500, "client operations in each run")
	flags.IntVar(&o.cfg.Nodes, "nodes", 5, "nodes in the cluster, 1 to 9")
	flags.Uint64Var(&o.first, "from", 1, "the first of the seeds")
	flags.StringVar(&o.cfg.Bug, "bug", "", "plant a known mistake by its `name`")
	flags.BoolVar(&o.parallel, "parallel", false, "use every processor")
	flags.BoolVar(&o.events, "events", false, "print the events of each run")
	flags.DurationVar(&o.lasts, "for", 0, "run seeds for this long, instead of counting them")
	switch err := flags.Parse(args); {
	case errors.Is(err, flag.ErrHelp):
		usage.Print(stdout, help, flags)
		return o, flag.ErrHelp
	case err != nil:
		return o, fmt.Errorf("%w: %w (see sim --help)", ErrUsage, err)
	case flags.NArg() > 0:
		return o, fmt.Errorf("%w: unexpected %q", ErrUsage, flags.Arg(0))
	case o.cfg.Ops < 1:
		return o, fmt.Errorf("%w: --ops %d (want 1 or more)", ErrUsage, o.cfg.Ops)
	case o.count < 1:
		return o, fmt.Errorf("%w: --seeds 0 (want 1 or more)", ErrUsage)
	case o.cfg.Nodes < 1 || o.cfg.Nodes > cluster.MaxNodes:
		return o, fmt.Errorf("%w: --nodes %d (want 1 to %d)", ErrUsage, o.cfg.Nodes, cluster.MaxNodes)
	}
	if o.cfg.Mode, err = modes.Parse(*mode); err != nil {
		return o, fmt.Errorf("%w: %w", ErrUsage, err)
	}
	if *only != 0 {
		o.first, o.count, o.one = *only, 1, true
	}
	return o, nil
}

// Main is "playground sim". It simulates seed after seed and prints a summary. For the
// first run that broke a promise it prints the seed and the transcript, and returns an
// error that wraps ErrViolation. The caller then exits with status 1.
func Main(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	o, err := parse(args, stdout)
	if errors.Is(err, flag.ErrHelp) {
		return nil
	}
	if err != nil {
		return err
	}
	tuneGC()
	if o.events {
		return printEvents(ctx, o.cfg, o.first, o.count, stdout)
	}
	if o.one {
		o.cfg.Seed = o.first
		return replay(o.cfg, stdout)
	}
	workers := 1
	if o.parallel {
		workers = runtime.GOMAXPROCS(0)
	}
	if o.lasts > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, o.lasts)
		defer cancel()
		o.count = ^uint64(0)
	}
	sum, bad, err := Sweep(ctx, o.cfg, o.first, o.count, workers)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrUsage, err)
	}
	_, _ = fmt.Fprintln(stdout, sum)
	if bad == nil {
		return nil
	}
	return replay(shortest(*bad), stdout)
}

// tuneGC lets the heap grow more between two garbage collections, because a run keeps
// little memory and discards much. If the environment sets GOGC, tuneGC changes nothing.
func tuneGC() {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(400)
	}
}

// Sum is the summary of several runs.
type Sum struct {
	Mode             cluster.Mode
	Seeds            uint64
	Ops, OK, Unknown int // client operations: all, done, with unknown outcome
	Messages         int
	Virtual, Real    time.Duration
}

// String returns the summary as one line of text.
func (s Sum) String() string {
	rate := 0.0
	if s.Real > 0 {
		rate = float64(s.Seeds) / s.Real.Seconds()
	}
	percent := func(n int) float64 { return 100 * float64(n) / float64(max(1, s.Ops)) }
	return fmt.Sprintf("%s: %d seeds, %d operations (%.1f%% done, %.1f%% of unknown outcome), %d messages, %.1f virtual hours in %v: %.1f seeds per second",
		s.Mode, s.Seeds, s.Ops, percent(s.OK), percent(s.Unknown), s.Messages, s.Virtual.Hours(), s.Real.Round(10*time.Millisecond), rate)
}

func (s *Sum) add(r *Run) {
	s.Seeds++
	s.Ops += len(r.History)
	s.Messages += r.Messages
	s.Virtual += r.Virtual
	for i := range r.History {
		switch r.History[i].Outcome {
		case OK:
			s.OK++
		case Unknown:
			s.Unknown++
		}
	}
}

// Sweep runs count seeds, beginning with first, on the given number of goroutines. It
// stops when ctx ends, or at the first run that breaks a promise; then bad is the Config
// of that run. The error is about cfg.
func Sweep(ctx context.Context, cfg Config, first, count uint64, workers int) (sum Sum, bad *Config, err error) {
	began := time.Now()
	sum.Mode = cfg.Mode
	var mu sync.Mutex
	next := first
	take := func() (uint64, bool) {
		mu.Lock()
		defer mu.Unlock()
		if ctx.Err() != nil || err != nil || bad != nil || next-first >= count {
			return 0, false
		}
		next++
		return next - 1, true
	}
	var wg sync.WaitGroup
	for range max(1, workers) {
		wg.Go(func() {
			for {
				seed, more := take()
				if !more {
					return
				}
				c := cfg
				c.Seed = seed
				run, failed := Simulate(c)
				var wrong error
				if failed == nil {
					wrong = run.Check()
				}
				mu.Lock()
				switch {
				case failed != nil:
					err = failed
				case wrong != nil && (bad == nil || c.Seed < bad.Seed):
					bad = &c
				}
				if failed == nil {
					sum.add(run)
				}
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	sum.Real = time.Since(began)
	return sum, bad, err
}

// replay runs one seed and prints its transcript and the verdict.
func replay(cfg Config, stdout io.Writer) error {
	cfg.Trace = func(line string) { _, _ = fmt.Fprintln(stdout, line) }
	run, err := Simulate(cfg)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrUsage, err)
	}
	err = run.Check()
	again := fmt.Sprintf("playground sim --mode %s --seed %d --ops %d --nodes %d", cfg.Mode, cfg.Seed, cfg.Ops, cfg.Nodes)
	if cfg.Bug != "" {
		again += fmt.Sprintf(" --bug %q", cfg.Bug)
	}
	_, _ = fmt.Fprintf(stdout, "# %s: transcript %x, %v\n", again, run.Hash, err)
	return err
}

// shortest looks for a run of the same seed that fails with fewer operations, because its
// transcript is shorter.
func shortest(cfg Config) Config {
	for ops := 4; ops < cfg.Ops; ops += 1 + ops/4 {
		c := cfg
		c.Ops = ops
		if run, err := Simulate(c); err == nil && run.Check() != nil {
			return c
		}
	}
	return cfg
}

// Command bench measures the playground. For most figures it measures a floor in the
// same run. The comparison with the floor has a meaning on any machine.
//
//	go run ./scripts/bench all                       every measurement
//	go run ./scripts/bench watched start             two of them
//	go run ./scripts/bench --beside ../old watched   this tree and another, in turns
//
// At the end it prints a table of medians over the turns.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"

	"capplayground/cluster/usage"
)

// A measurement measures some figures of one subject, once.
type measurement struct {
	name, help string
	run        func(context.Context, *bench, subject) ([]figure, error)
}

// measurements are all that can be measured, in the order of the table.
var measurements = []measurement{
	{"floors", "a bare HTTP request, a round trip on a bare stream, synced writes, bare nodes", measureFloorsOnly},
	{"modes", "writes and reads in each mode with 1, 16 and 64 clients, beside their floors; processor time", measureModes},
	{"etcd", "writes in CP and in RAFT beside etcd's, with 1, 16 and 64 clients", measureEtcd},
	{"events", "from a message that leaves its sender to its event at a viewer", measureEvents},
	{"steady", "the latency of a steady load in CP, watched and unwatched", measureSteady},
	{"watched", "writes per second in CP with 16 clients, watched and unwatched", measureWatched},
	{"viewers", "writes per second in CP under 20, 200 and 1,000 viewers, beside a bare fan-out", measureViewers},
	{"start", "from the start of the program to five nodes and their page, beside five bare processes; memory", measureStart},
	{"memory", "the heap of a playground that retains 100,000 events (about 40 s a turn)", measureMemory},
}

// bare are the programs that the floors need. This program starts itself again in
// another process to run one of them.
var bare = map[string]func(ctx context.Context, args []string, stdout io.Writer) error{
	"bare-http": bareHTTP, "bare-stream": bareStream, "bare-fan-out": bareFanOut, "bare-node": runBareNode,
	"bare-copy": bareCopy,
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM) // so that no node is left behind
	defer stop()
	if err := run(ctx, os.Args[1:], os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string, stdout io.Writer) error {
	if len(args) > 0 && bare[args[0]] != nil {
		return bare[args[0]](ctx, args[1:], stdout)
	}
	l := &bench{out: stdout}
	flags := flag.NewFlagSet("bench", flag.ContinueOnError)
	flags.SetOutput(io.Discard)
	flags.IntVar(&l.turns, "turns", 3, "how often each figure is measured; the median counts")
	flags.DurationVar(&l.span, "span", 5*time.Second, "how long each load lasts")
	flags.StringVar(&l.beside, "beside", "", "`directory` of another version's source, measured in turns with this one")
	flags.StringVar(&l.modes, "modes", "CA,AP,CP", "the `modes` that modes and floors measure")
	flags.StringVar(&l.dir, "dir", "", "a `directory` on the disk to measure (default: a temporary one)")
	chosen, err := choose(flags, args)
	if err != nil {
		if errors.Is(err, flag.ErrHelp) {
			printHelp(stdout, flags)
			return nil
		}
		return err
	}
	return l.measure(ctx, chosen)
}

// choose parses the command line. Flags may also come after names.
func choose(flags *flag.FlagSet, args []string) (chosen []measurement, err error) {
	for len(args) > 0 {
		if err := flags.Parse(args); err != nil {
			return nil, err
		}
		if args = flags.Args(); len(args) == 0 {
			break
		}
		i := slices.IndexFunc(measurements, func(m measurement) bool { return m.name == args[0] })
		switch {
		case args[0] == "all":
			chosen = measurements
		case i < 0:
			return nil, fmt.Errorf("no measurement %q (see --help)", args[0])
		default:
			chosen = append(chosen, measurements[i])
		}
		args = args[1:]
	}
	if len(chosen) == 0 {
		return nil, flag.ErrHelp
	}
	return chosen, nil
}

func printHelp(w io.Writer, flags *flag.FlagSet) {
	var text strings.Builder
	text.WriteString("Usage: bench MEASUREMENT… [flags]\n\n  all        everything below\n")
	for _, m := range measurements {
		fmt.Fprintf(&text, "  %-10s %s\n", m.name, m.help)
	}
	usage.Print(w, text.String()+"\n", flags)
}

// bench is one run of this program.
type bench struct {
	turns  int
	span   time.Duration // of each load
	beside string        // the directory of another version, or ""
	modes  string        // the modes that modes and floors measure, separated by commas
	dir    string        // for programs and databases
	out    io.Writer
}

// subject is one version of the programs to measure.
type subject struct {
	name             string
	playground, node string // the built programs
}

// figure is one measured number.
type figure struct {
	row   string
	value float64
	unit  string
}

// measure runs all turns and prints the medians.
func (l *bench) measure(ctx context.Context, chosen []measurement) error {
	scratch, err := os.MkdirTemp(l.dir, "bench-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(scratch)
	l.dir = scratch
	subjects, err := l.build(ctx)
	if err != nil {
		return err
	}
	t := newTable(subjects)
	for _, m := range chosen {
		for turn := range l.turns {
			for _, s := range subjects {
				figures, err := m.run(ctx, l, s)
				if err != nil {
					return fmt.Errorf("%s, %s: %w", m.name, s.name, err)
				}
				for _, f := range figures {
					t.add(s, f)
					fmt.Fprintf(l.out, "turn %d, %s: %s %s\n", turn+1, s.name, f.row, f)
				}
			}
		}
	}
	fmt.Fprintf(l.out, "\nMedians of %d turns (least to most), loads of %v, %s:\n\n%s", l.turns, l.span, time.Now().Format("2 January 2006"), t)
	return nil
}

// build builds the programs of this tree, and of the tree that --beside names.
func (l *bench) build(ctx context.Context) ([]subject, error) {
	trees := []struct{ name, dir string }{{"now", "."}}
	if l.beside != "" {
		trees = append(trees, struct{ name, dir string }{filepath.Base(l.beside), l.beside})
	}
	var subjects []subject
	for _, tree := range trees {
		s := subject{name: tree.name, playground: filepath.Join(l.dir, tree.name+"-playground"), node: filepath.Join(l.dir, tree.name+"-node")}
		for command, file := range map[string]string{"./cmd/playground": s.playground, "./cmd/node": s.node} {
			cmd := exec.CommandContext(ctx, "go", "build", "-o", file, command)
			cmd.Dir = tree.dir
			if out, err := cmd.CombinedOutput(); err != nil {
				return nil, fmt.Errorf("building %s in %s: %w\n%s", command, tree.dir, err, out)
			}
		}
		subjects = append(subjects, s)
	}
	return subjects, nil
}

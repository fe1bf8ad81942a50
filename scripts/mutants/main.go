// Command mutants plants mistakes into a package (a flipped condition, a shifted
// boundary, a changed sign) and prints the mistakes that the package's own tests do not
// notice. scripts/mutate calls it in the root of the project.
//
// The kinds of mutants are those that gremlins plants by default. All mutants of
// a package are compiled into one test binary. A variable of the environment chooses
// the one that is active. So a mutant costs one run of the tests and no build.
// Conditions in the cases of a switch are mutants, too.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"slices"
	"syscall"
)

const help = `Usage: scripts/mutate [flags] PACKAGE…       as in: scripts/mutate ./cluster/quorum

Plants mistakes into each package and says which of them its own tests do not
notice. A survivor that changes nothing that can be seen stands in the package's
testdata/mutants with the reason; every other one makes the exit status 1.

Flags:
`

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, os.Args[1:]); err != nil && !errors.Is(err, flag.ErrHelp) {
		fmt.Fprintln(os.Stderr, "mutants:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string) error {
	flags := flag.NewFlagSet("mutants", flag.ContinueOnError)
	flags.Usage = func() {
		fmt.Fprint(flags.Output(), help)
		flags.PrintDefaults()
	}
	workers := flags.Int("workers", 2, "how many mutants are tried at once")
	run := flags.String("run", "", "run only the tests that match")
	slow := flags.String("slow", "", "try the tests that match only on mutants that the others do not notice")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if flags.NArg() == 0 {
		return errors.New("name at least one package (see scripts/mutate --help)")
	}
	unexplained := 0
	for _, path := range flags.Args() {
		left, err := try(ctx, path, *workers, *run, *slow)
		if err != nil {
			return fmt.Errorf("%s: %w", path, err)
		}
		unexplained += left
	}
	if unexplained > 0 {
		return fmt.Errorf("%d mutants lived and have no reason in testdata/mutants", unexplained)
	}
	return nil
}

// try plants the mutants of one package, tries each, and prints which lived. It
// returns how many of those have no reason in the package's list.
func try(ctx context.Context, path string, workers int, tests, slow string) (int, error) {
	pkg, err := load(ctx, path)
	if err != nil {
		return 0, err
	}
	reasons, err := readReasons(pkg.dir)
	if err != nil {
		return 0, err
	}
	work, err := os.MkdirTemp("", "mutants-")
	if err != nil {
		return 0, err
	}
	defer func() { _ = os.RemoveAll(work) }()
	mutants, overlay, err := plant(pkg, work)
	if err != nil {
		return 0, err
	}
	suite, err := build(ctx, pkg, overlay, work)
	if err != nil {
		return 0, err
	}
	stages := [][]string{{"-test.run=" + tests}}
	if slow != "" {
		stages = [][]string{{"-test.run=" + tests, "-test.skip=" + slow}, {"-test.run=" + slow}}
	}
	for _, stage := range stages {
		if err := suite.choose(ctx, stage...); err != nil {
			return 0, err
		}
		alive := slices.DeleteFunc(slices.Clone(mutants), func(m *mutant) bool { return m.killed })
		fmt.Printf("== %s: %d of %d mutants, one run of the tests takes %v\n", pkg.path, len(alive), len(mutants), suite.takes)
		if err := suite.tryAll(ctx, alive, workers); err != nil {
			return 0, err
		}
	}
	return report(pkg, mutants, reasons), nil
}

// report prints the survivors and their number.
func report(pkg *source, mutants []*mutant, reasons *reasons) (unexplained int) {
	killed, explained := 0, 0
	for _, m := range mutants {
		switch {
		case m.killed:
			killed++
		case reasons.take(m):
			explained++
		default:
			unexplained++
			fmt.Printf("LIVED %s:%d:%d %s  %s\n", m.file, m.line, m.column, m.kind, m.text)
		}
	}
	for _, r := range reasons.left() {
		fmt.Printf("no such survivor any more: testdata/mutants: %s\n", r)
	}
	of := func(n int) float64 { return 100 * float64(killed) / float64(max(1, n)) }
	fmt.Printf("%s: %d of %d killed (%.1f %%); %d lived and are equivalent, %d lived: %.1f %% of those that tests can notice\n",
		pkg.path, killed, len(mutants), of(len(mutants)), explained, unexplained, of(len(mutants)-explained))
	return unexplained
}

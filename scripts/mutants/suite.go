package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"time"

	"golang.org/x/sync/errgroup"
)

// A suite is the compiled tests of a package, with every mutant in them.
type suite struct {
	binary, dir string
	args        []string
	takes       time.Duration // the length of a run without an active mutant
}

// quickRapid are flags of package rapid: a random test that fails ends at once and writes no
// file. A test binary without rapid does not accept these flags.
var quickRapid = []string{"-rapid.shrinktime=0s", "-rapid.nofailfile"}

// build compiles the tests.
func build(ctx context.Context, src *source, overlay, work string) (*suite, error) {
	s := &suite{binary: filepath.Join(work, "tests"), dir: src.dir}
	if out, err := exec.CommandContext(ctx, "go", "test", "-c", "-overlay", overlay, "-o", s.binary, src.path).CombinedOutput(); err != nil {
		return nil, fmt.Errorf("build: %w\n%s", err, out)
	}
	return s, nil
}

// choose selects the tests that the flags name, and runs them once. They must pass without
// an active mutant.
func (s *suite) choose(ctx context.Context, flags ...string) error {
	s.args = append([]string{"-test.failfast"}, flags...)
	if exec.CommandContext(ctx, s.binary, append(quickRapid, "-test.run", "^$")...).Run() == nil {
		s.args = append(s.args, quickRapid...)
	}
	began := time.Now()
	if err := s.run(ctx, 0, 10*time.Minute); err != nil {
		return fmt.Errorf("the tests do not pass without a mutant: %w", err)
	}
	s.takes = time.Since(began).Round(time.Millisecond)
	return nil
}

// run runs the tests with one active mutant; 0 is none.
func (s *suite) run(ctx context.Context, id int, limit time.Duration) error {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	// The timeout ends a mutant that hangs, even if this process is killed.
	cmd := exec.CommandContext(ctx, s.binary, append(slices.Clone(s.args), "-test.timeout", limit.String())...)
	cmd.Dir, cmd.WaitDelay = s.dir, time.Second
	cmd.Env = append(os.Environ(), "MUTANT="+strconv.Itoa(id))
	return cmd.Run()
}

// tryAll tries each mutant. A mutant also counts as killed if the tests take longer than ten
// times the usual time plus ten seconds.
func (s *suite) tryAll(ctx context.Context, mutants []*mutant, workers int) error {
	var group errgroup.Group
	group.SetLimit(max(1, workers))
	for _, m := range mutants {
		group.Go(func() error {
			err := s.run(ctx, m.id, 10*s.takes+10*time.Second)
			var failed *exec.ExitError
			if err != nil && ctx.Err() == nil && !errors.As(err, &failed) && !errors.Is(err, exec.ErrWaitDelay) {
				return err
			}
			m.killed = err != nil
			return ctx.Err()
		})
	}
	return group.Wait()
}

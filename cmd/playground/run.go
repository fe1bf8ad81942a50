package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"golang.org/x/sync/errgroup"

	"capplayground/cluster/modes"
	"capplayground/server"
	"capplayground/server/scenario"
)

const runHelp = `Usage: playground run [FILE…] [flags]

Plays scenarios without a browser, one after another, on five real nodes. Without
a FILE it plays all that are part of the program. It prints each step with ok, or
with what was expected and what came. The exit status is 0 when all went as
expected, 1 when something did not. With --record it writes a recording of each
scenario, which playground replay shows. How to write a FILE is in
server/scenario/README.md.

`

// errDiffers is returned if a scenario did not go as it expects.
var errDiffers = errors.New("not as expected")

// rehearsing is the command line of run.
type rehearsing struct {
	options
	check   bool
	records string // the directory of the recordings; "" for none
}

// playScenarios is the command run.
func playScenarios(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	o := rehearsing{options: options{mode: string(modes.Default())}}
	flags := o.flags("playground run")
	flags.BoolVar(&o.check, "check", false, "say only what did not go as expected, and one line for each scenario")
	flags.StringVar(&o.records, "record", "", "`directory` for a recording of each scenario, NAME.jsonl.gz")
	files, done, err := o.readFiles(flags, args, runHelp, stdout)
	if err != nil || done {
		return err
	}
	scenarios := scenario.Builtin()
	if len(files) > 0 {
		if scenarios, err = readScenarios(files); err != nil {
			return err
		}
	}
	if err := o.mayRecord(scenarios); err != nil {
		return err
	}
	cfg, err := o.config(stderr)
	if err != nil {
		return err
	}
	return withPlayground(ctx, cfg, stderr, func(ctx context.Context, s *server.Server) error {
		return o.rehearse(ctx, s, scenarios, stdout)
	})
}

// readScenarios reads the files of scenarios.
func readScenarios(files []string) ([]*scenario.Scenario, error) {
	var all []*scenario.Scenario
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			return nil, fmt.Errorf("%w: %w", errUsage, err)
		}
		s, err := scenario.Parse(file, text)
		if err != nil {
			return nil, err
		}
		all = append(all, s)
	}
	return all, nil
}

// mayRecord creates the directory of the recordings. It returns an error if a file
// of a recording is there already, because a recording overwrites nothing.
func (o rehearsing) mayRecord(scenarios []*scenario.Scenario) error {
	if o.records == "" {
		return nil
	}
	if err := os.MkdirAll(o.records, 0o755); err != nil {
		return fmt.Errorf("%w: --record: %w", errUsage, err)
	}
	names := map[string]bool{}
	for _, sc := range scenarios {
		file := o.recordOf(sc)
		if _, err := os.Lstat(file); err == nil {
			return fmt.Errorf("%w: --record: %s is there already", errUsage, file)
		}
		if names[sc.Name] {
			return fmt.Errorf("%w: --record: two scenarios are called %s", errUsage, sc.Name)
		}
		names[sc.Name] = true
	}
	return nil
}

// recordOf returns the file of a scenario's recording.
func (o rehearsing) recordOf(sc *scenario.Scenario) string {
	return filepath.Join(o.records, sc.Name+".jsonl.gz")
}

// record plays something, and records the scenario that it plays.
func (o rehearsing) record(s *server.Server, sc *scenario.Scenario, play func() error) error {
	if o.records == "" {
		return play()
	}
	end, err := s.RecordScenario(o.recordOf(sc))
	if err != nil {
		return err
	}
	return errors.Join(play(), end())
}

// rehearse plays all scenarios once and prints what came of each.
func (o rehearsing) rehearse(ctx context.Context, s *server.Server, scenarios []*scenario.Scenario, stdout io.Writer) error {
	began, failed := time.Now(), 0
	for _, sc := range scenarios {
		from, differs := time.Now(), false
		if !o.check {
			_, _ = fmt.Fprintf(stdout, "%s: %s\n", sc.Name, sc.Title)
		}
		err := o.record(s, sc, func() error {
			return s.Scenarios().Rehearse(ctx, sc, func(p scenario.Played) {
				differs = differs || p.Failed
				o.printStep(stdout, sc, p)
				if o.records != "" {
					s.Settle(ctx)
				}
			})
		})
		if err != nil {
			return fmt.Errorf("%s: %w", sc.Name, err)
		}
		word := "ok"
		if differs {
			word = "NOT AS EXPECTED"
			failed++
		}
		_, _ = fmt.Fprintf(stdout, "%-32s %-16s %5.1f s\n", sc.Name, word, time.Since(from).Seconds())
	}
	_, _ = fmt.Fprintf(stdout, "%d of %d scenarios ok in %.1f s\n", len(scenarios)-failed, len(scenarios), time.Since(began).Seconds())
	if failed > 0 {
		return errDiffers
	}
	return nil
}

// printStep prints one step: all of it, or with --check only what differs.
func (o rehearsing) printStep(w io.Writer, s *scenario.Scenario, p scenario.Played) {
	if !o.check {
		_, _ = fmt.Fprintf(w, "  %d of %d  %s\n", p.Step, p.Steps, p.Say)
		for _, d := range p.Done {
			_, _ = fmt.Fprintf(w, "         %s%s\n", d.Text, status(d.Answer))
			if d.Curl != "" {
				_, _ = fmt.Fprintf(w, "           $ %s\n", d.Curl)
			}
		}
	}
	for _, row := range p.Rows {
		switch {
		case !row.OK:
			_, _ = fmt.Fprintf(w, "  %s, step %d (%s): expected %s; came %s\n", s.Name, p.Step, s.Steps[p.Step-1].ID, row.Expected, row.Came)
		case !o.check:
			_, _ = fmt.Fprintf(w, "         ok  %s\n", row.Came)
		}
	}
}

func status(a *scenario.Answer) string {
	if a == nil {
		return ""
	}
	return fmt.Sprintf(": %d %s", a.Status, a.Val)
}

// withPlayground starts a playground, does something with it, and ends it.
func withPlayground(ctx context.Context, cfg server.Config, stderr io.Writer, do func(context.Context, *server.Server) error) (err error) {
	said := &journal{} // by the nodes; printed only if it fails
	cfg.Log = said
	defer func() {
		if err != nil && !errors.Is(err, errDiffers) {
			said.writeTo(stderr)
		}
	}()
	ready := make(chan struct{})
	cfg.Ready = func() { close(ready) }
	s, err := newServer(cfg)
	if err != nil {
		return err
	}
	running, stop := context.WithCancel(ctx)
	defer stop()
	var g errgroup.Group
	g.Go(func() error {
		defer stop() // so that do ends with it
		return s.Run(running)
	})
	g.Go(func() error {
		defer stop()
		select {
		case <-ready:
			return do(running, s)
		case <-running.Done():
			return nil // Run says why
		}
	})
	if err := g.Wait(); err != nil {
		return err
	}
	return ctx.Err()
}

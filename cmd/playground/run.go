package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"

	"capplayground/cluster/modes"
	"capplayground/server"
	"capplayground/server/scenario"
)

const runHelp = `Usage: playground run [FILE…] [flags]

Plays scenarios without a browser, one after another, on five real nodes. A
scenario in lanes is played on as many clusters side by side. Without a FILE it
plays all that are part of the program. It prints each step with ok, or with what
was expected and what came. The exit status is 0 when all went as expected, 1 when
something did not. With --record it writes a recording of each scenario, which
playground replay shows; one for each lane. With --rounds it plays all several times,
and prints how many rounds went as expected. How to write a FILE is in
server/scenario/README.md.

`

// errDiffers is returned if a scenario did not go as it expects.
var errDiffers = errors.New("not as expected")

// rehearsing is the command line of run.
type rehearsing struct {
	options
	check   bool
	rounds  int    // how often all are played
	records string // the directory of the recordings; "" for none
}

// playScenarios is the command run.
func playScenarios(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	o := rehearsing{options: options{mode: string(modes.Default())}}
	flags := o.flags("playground run")
	flags.BoolVar(&o.check, "check", false, "say only what did not go as expected, and one line for each scenario")
	flags.StringVar(&o.records, "record", "", "`directory` for a recording of each scenario, NAME.jsonl.gz")
	flags.IntVar(&o.rounds, "rounds", 1, "how often all scenarios are played")
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
	if o.rounds < 1 || o.rounds > 1 && o.records != "" {
		return fmt.Errorf("%w: --rounds %d (want 1 or more, and only 1 with --record)", errUsage, o.rounds)
	}
	if err := o.mayRecord(scenarios); err != nil {
		return err
	}
	sessions, err := o.sessions(scenarios, stderr)
	if err != nil {
		return err
	}
	t := tally{rehearsing: o, out: stdout, began: time.Now()}
	for range o.rounds {
		failed := t.failed
		for _, session := range sessions {
			err := withPlayground(ctx, session.cfg, stderr, func(ctx context.Context, s *server.Server) error {
				return t.rehearse(ctx, s, session.scenarios)
			})
			if err != nil {
				return err
			}
		}
		if t.failed == failed {
			t.rounds++
		}
	}
	return t.total()
}

// session is one playground and the scenarios that are played on it.
type session struct {
	cfg       server.Config
	scenarios []*scenario.Scenario
}

// sessions divides scenarios among playgrounds, in their order. Neighbours that need the
// same clusters share one. Of the addresses of nodes, a scenario of one cluster takes
// those of the first lane.
func (o *rehearsing) sessions(scenarios []*scenario.Scenario, stderr io.Writer) (all []session, err error) {
	o.lanes = 1
	for _, sc := range scenarios {
		o.lanes = max(o.lanes, len(sc.Modes))
	}
	cfg, err := o.config(stderr)
	if err != nil {
		return nil, err
	}
	for i, sc := range scenarios {
		if i > 0 && slices.Equal(sc.Modes, scenarios[i-1].Modes) {
			last := &all[len(all)-1]
			last.scenarios = append(last.scenarios, sc)
			continue
		}
		own := cfg
		own.Lanes = make([]server.Lane, o.lanes)
		if err := shareOut(cfg.Peers, own.Lanes); err != nil {
			return nil, err
		}
		own.Peers, own.Lanes = own.Lanes[0].Peers, own.Lanes[:len(sc.Modes)]
		for i, mode := range sc.Modes {
			own.Lanes[i].Mode = mode
		}
		all = append(all, session{own, []*scenario.Scenario{sc}})
	}
	return all, nil
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
		for _, file := range o.recordsOf(sc) {
			if _, err := os.Lstat(file); err == nil {
				return fmt.Errorf("%w: --record: %s is there already", errUsage, file)
			}
		}
		if names[sc.Name] {
			return fmt.Errorf("%w: --record: two scenarios are called %s", errUsage, sc.Name)
		}
		names[sc.Name] = true
	}
	return nil
}

// recordsOf returns the files of a scenario's recordings: one, or one for each lane.
func (o rehearsing) recordsOf(sc *scenario.Scenario) (files []string) {
	for _, name := range sc.RecordingNames() {
		files = append(files, filepath.Join(o.records, name))
	}
	return files
}

// record plays something, and records the scenario that it plays.
func (o rehearsing) record(s *server.Server, sc *scenario.Scenario, play func() error) error {
	if o.records == "" {
		return play()
	}
	end, err := s.RecordScenario(o.recordsOf(sc)...)
	if err != nil {
		return err
	}
	return errors.Join(play(), end())
}

// tally prints what came of each scenario, and counts.
type tally struct {
	rehearsing
	out            io.Writer
	began          time.Time
	played, failed int
	rounds         int // in which all scenarios went as expected
}

// rehearse plays scenarios once on a playground.
func (t *tally) rehearse(ctx context.Context, s *server.Server, scenarios []*scenario.Scenario) error {
	for _, sc := range scenarios {
		from, differs := time.Now(), false
		if !t.check {
			_, _ = fmt.Fprintf(t.out, "%s: %s\n", sc.Name, sc.Title)
		}
		err := t.record(s, sc, func() error {
			return s.Scenarios().Rehearse(ctx, sc, func(p scenario.Played) {
				differs = differs || p.Failed
				t.printStep(sc, p)
				if t.records != "" {
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
			t.failed++
		}
		t.played++
		_, _ = fmt.Fprintf(t.out, "%-32s %-16s %5.1f s\n", sc.Name, word, time.Since(from).Seconds())
	}
	return nil
}

// total prints the sum. It returns errDiffers if a scenario did not go as it expects.
func (t *tally) total() error {
	_, _ = fmt.Fprintf(t.out, "%d of %d scenarios ok in %.1f s\n", t.played-t.failed, t.played, time.Since(t.began).Seconds())
	if t.rehearsing.rounds > 1 {
		_, _ = fmt.Fprintf(t.out, "%d of %d rounds ok\n", t.rounds, t.rehearsing.rounds)
	}
	if t.failed > 0 {
		return errDiffers
	}
	return nil
}

// printStep prints one step: all of it, or only what differs.
func (t *tally) printStep(s *scenario.Scenario, p scenario.Played) {
	if !t.check {
		_, _ = fmt.Fprintf(t.out, "  %d of %d  %s\n", p.Step, p.Steps, p.Say)
		for _, d := range p.Done {
			_, _ = fmt.Fprintf(t.out, "         %s%s\n", d.Text, status(d))
			if d.Curl != "" {
				_, _ = fmt.Fprintf(t.out, "           $ %s\n", d.Curl)
			}
		}
	}
	for _, row := range p.Rows {
		lane := ""
		if row.Lane != "" {
			lane = string(row.Lane) + ": "
		}
		switch {
		case !row.OK:
			_, _ = fmt.Fprintf(t.out, "  %s, step %d (%s): %sexpected %s; came %s\n", s.Name, p.Step, s.Steps[p.Step-1].ID, lane, row.Expected, row.Came)
		case !t.check:
			_, _ = fmt.Fprintf(t.out, "         ok  %s%s\n", lane, row.Came)
		}
	}
}

// status returns the answer to an operation, or those of all lanes.
func status(d scenario.Done) (text string) {
	if d.Answer != nil {
		text = fmt.Sprintf(": %d %s", d.Answer.Status, d.Answer.Val)
	}
	for _, in := range d.Lanes {
		if in.Answer != nil {
			text += fmt.Sprintf(": %s %d %s", in.Lane, in.Answer.Status, in.Answer.Val)
		}
	}
	return text
}

// withPlayground starts a playground, does something with it, and ends it.
func withPlayground(ctx context.Context, cfg server.Config, stderr io.Writer, do func(context.Context, *server.Server) error) (err error) {
	said := &syncBuffer{} // by the nodes; printed only if it fails
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

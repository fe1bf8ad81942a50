package stage

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"sync"
	"time"

	"capplayground/cluster"
	"capplayground/server/export"
	"capplayground/server/recording"
	"capplayground/server/scenario"
)

// ErrRecord is returned where a recording cannot be written.
var ErrRecord = errors.New("cannot record")

// errNotPlayed is returned for the recording of a scenario that did not begin.
var errNotPlayed = errors.New("the scenario did not begin")

// recorders are the files to which events are written as they happen.
type recorders struct {
	mu   sync.Mutex
	all  []*recording.Recorder
	next *scenarioRecord // records the next scenario; nil: none was asked for
}

// scenarioRecord is the recording of one scenario.
type scenarioRecord struct {
	recorder *recording.Recorder

	mu  sync.Mutex
	err error // why it is incomplete
}

// fail records why the recording is incomplete; nil has no effect.
func (r *scenarioRecord) fail(err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.err = err
}

// take passes consecutive events on. It does not wait for the disk.
func (r *recorders) take(first uint64, texts [][]byte) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, one := range r.all {
		one.Take(first, texts)
	}
}

// any reports whether events are written to a file.
func (r *recorders) any() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.all) > 0
}

func (r *recorders) add(one *recording.Recorder) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.all = append(r.all, one)
}

func (r *recorders) remove(one *recording.Recorder) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.all = slices.DeleteFunc(r.all, func(other *recording.Recorder) bool { return other == one })
}

// close closes all files.
func (r *recorders) close() error {
	var errs []error
	for _, one := range r.all {
		errs = append(errs, one.Close())
	}
	return errors.Join(errs...)
}

// startRecord creates the file of Config.Record and writes its head.
func (s *Stage) startRecord() error {
	if s.cfg.Record == "" {
		return nil
	}
	one, err := recording.Create(s.cfg.Record, func(text string) { s.logError(errors.New(text)) })
	if err == nil {
		s.records.add(one)
		hello, _, at := s.Collect.Retained()
		err = one.Begin(s.head(), hello, at)
	}
	if err != nil {
		return fmt.Errorf("%w: %w", ErrRecord, err)
	}
	return nil
}

// RecordScenario records the next scenario that is played, from the state at its
// beginning on, in a new file. If the name of the file ends in .gz, the file is
// compressed. end must be called once, after the scenario. It closes the file and returns
// why the recording is incomplete.
func (s *Stage) RecordScenario(file string) (end func() error, err error) {
	next := &scenarioRecord{err: errNotPlayed}
	next.recorder, err = recording.Create(file, func(text string) { next.fail(errors.New(text)) })
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrRecord, err)
	}
	s.records.mu.Lock()
	s.records.next = next
	s.records.mu.Unlock()
	return func() error {
		s.records.remove(next.recorder)
		err := next.recorder.Close() // after this line next is not changed
		if errors.Is(next.err, errNotPlayed) {
			err = errors.Join(err, os.Remove(file)) // it is empty
		}
		if err = errors.Join(next.err, err); err != nil {
			return fmt.Errorf("%w %s: %w", ErrRecord, file, err)
		}
		return nil
	}, nil
}

// beginScenario begins the recording that was asked for. It must be called when the state
// at the beginning of the scenario is reached, before the first step acts.
func (s *Stage) beginScenario(talk scenario.Talk) {
	s.records.mu.Lock()
	next := s.records.next
	s.records.next = nil
	s.records.mu.Unlock()
	if next == nil {
		return
	}
	head := recording.NewHead(s.cfg.Version, s.Collect.Cluster(), s.cfg.Clock())
	head.Title, head.Scenario = talk.Title, talk.Name
	s.records.add(next.recorder)
	hello, _, at := s.Collect.Retained()
	next.fail(nil)
	if err := next.recorder.Begin(head, hello, at); err != nil {
		next.fail(err)
	}
}

// How long Settle looks.
const (
	settleEvery   = 20 * time.Millisecond
	settleLooks   = 4 // in a row without a message under way
	settleTimeout = 2 * time.Second
	settleLate    = 500 * time.Millisecond // how long after its due a message counts as held
)

// Settle returns when no message is under way to a node that runs, in any of these
// stages. If that takes long, it returns anyway. The last answers of a step belong to its
// part of a recording.
func Settle(ctx context.Context, stages ...*Stage) {
	ctx, cancel := context.WithTimeout(ctx, settleTimeout)
	defer cancel()
	tick := time.NewTicker(settleEvery)
	defer tick.Stop()
	for quiet := 0; quiet < settleLooks; {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		quiet++
		if slices.ContainsFunc(stages, (*Stage).underWay) {
			quiet = 0
		}
	}
}

// underWay reports whether a message is under way to a node that runs, and will
// arrive by itself. Background traffic does not count: it never ends.
func (s *Stage) underWay() bool {
	rate := s.Collect.Cluster().Pace.Rate
	if rate == 0 {
		return false // each message waits until a user delivers it
	}
	held := s.faults.Now() - cluster.Time(float64(settleLate.Microseconds())*rate) // a rule holds messages that were due before
	messages, _ := s.Collect.Inflight()
	return slices.ContainsFunc(messages, func(e cluster.Event) bool {
		m := e.Message()
		return m.Class != cluster.ClassBackground && max(m.Due, e.V) > held && s.Collect.Status(m.To) == cluster.StatusUp
	})
}

// head returns the head of a recording that is written now.
func (s *Stage) head() recording.Head {
	head := recording.NewHead(s.cfg.Version, s.Collect.Cluster(), s.cfg.Clock())
	if s.Talk != nil {
		talk := s.Talk.Talk()
		head.Title, head.Scenario = talk.Title, talk.Name
	}
	return head
}

// logError writes an error to the log; nil has no effect.
func (s *Stage) logError(err error) {
	if err != nil {
		_, _ = fmt.Fprintln(s.cfg.Log, "playground:", err)
	}
}

// Record writes all events that are retained as a recording.
func (s state) Record(w io.Writer) error {
	head := s.stage.head()
	hello, events, _ := s.Retained()
	out, err := recording.NewWriter(w, head, hello)
	for _, text := range events {
		if err != nil {
			return err
		}
		_, err = out.Event(text)
	}
	return err
}

// Export returns all events that are retained in a format of another tool.
func (s state) Export(format string, of export.Selection) (export.File, error) {
	if !slices.Contains(export.Names(), format) {
		return export.File{}, export.ErrFormat // does not read the recording again
	}
	var b bytes.Buffer
	if err := s.Record(&b); err != nil {
		return export.File{}, err
	}
	rec, err := recording.Read(&b)
	if err != nil {
		return export.File{}, err
	}
	return export.Write(format, rec, of)
}

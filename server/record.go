package server

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

// errRecord is returned where a recording cannot be written.
var errRecord = errors.New("cannot record")

// errNotPlayed is returned for the recording of a scenario that did not begin.
var errNotPlayed = errors.New("the scenario did not begin")

// recorders are the files to which events are written as they happen.
type recorders struct {
	mu   sync.Mutex
	all  []*recording.Recorder
	next *scenarioRecord // begins when the next scenario does; nil: none waits
}

// scenarioRecord is the recording of one scenario.
type scenarioRecord struct {
	recorder *recording.Recorder

	mu  sync.Mutex
	err error // why it is not whole
}

// fail sets why the recording is not whole; nil: it is whole so far.
func (r *scenarioRecord) fail(err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.err = err
}

// take hands over consecutive events. It does not wait for the disk.
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
func (p *playground) startRecord() error {
	if p.cfg.Record == "" {
		return nil
	}
	one, err := recording.Create(p.cfg.Record, func(text string) { p.warn(errors.New(text)) })
	if err == nil {
		p.records.add(one)
		hello, _, at := p.collect.Retained()
		err = one.Begin(p.head(), hello, at)
	}
	if err != nil {
		return fmt.Errorf("%w: %w", errRecord, err)
	}
	return nil
}

// RecordScenario records the scenario that is played next, from the known state at
// its beginning on, in a new file. A file whose name ends in .gz is compressed. end
// must be called once, after the scenario was played. It closes the file, and
// returns why the recording is not whole.
func (s *Server) RecordScenario(file string) (end func() error, err error) {
	p := s.play
	next := &scenarioRecord{err: errNotPlayed}
	next.recorder, err = recording.Create(file, func(text string) { next.fail(errors.New(text)) })
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errRecord, err)
	}
	p.records.mu.Lock()
	p.records.next = next
	p.records.mu.Unlock()
	return func() error {
		p.records.remove(next.recorder)
		err := next.recorder.Close() // from here on nothing changes next
		if errors.Is(next.err, errNotPlayed) {
			err = errors.Join(err, os.Remove(file)) // it is empty
		}
		if err = errors.Join(next.err, err); err != nil {
			return fmt.Errorf("%w %s: %w", errRecord, file, err)
		}
		return nil
	}, nil
}

// beginScenario begins the recording that waits for a scenario. It must be called
// when the known state is there, and before the first step acts.
func (p *playground) beginScenario(talk scenario.Talk) {
	p.records.mu.Lock()
	next := p.records.next
	p.records.next = nil
	p.records.mu.Unlock()
	if next == nil {
		return
	}
	head := recording.NewHead(p.cfg.Version, p.collect.Cluster(), p.cfg.Clock())
	head.Title, head.Scenario = talk.Title, talk.Name
	p.records.add(next.recorder)
	hello, _, at := p.collect.Retained()
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
)

// Settle returns when no message is under way to a node that runs, or after a while:
// the last answers of a step belong to its part of a recording.
func (s *Server) Settle(ctx context.Context) {
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
		if s.play.underWay() {
			quiet = 0
		}
	}
}

// underWay reports whether a message is under way to a node that runs, and will
// arrive by itself. Background traffic does not count: it never ends.
func (p *playground) underWay() bool {
	if p.collect.Cluster().Pace.Rate == 0 {
		return false // each message waits for a person
	}
	messages, _ := p.collect.Inflight()
	return slices.ContainsFunc(messages, func(e cluster.Event) bool {
		m := e.Message()
		return m.Class != cluster.ClassBackground && p.collect.Status(m.To) == cluster.StatusUp
	})
}

// head returns the head of a recording that is written now.
func (p *playground) head() recording.Head {
	head := recording.NewHead(p.cfg.Version, p.collect.Cluster(), p.cfg.Clock())
	if p.talk != nil {
		talk := p.talk.Talk()
		head.Title, head.Scenario = talk.Title, talk.Name
	}
	return head
}

// warn writes an error to the log; nil is none.
func (p *playground) warn(err error) {
	if err != nil {
		_, _ = fmt.Fprintln(p.cfg.Log, "playground:", err)
	}
}

// Record writes all events that are retained as a recording.
func (s state) Record(w io.Writer) error {
	head := s.p.head()
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
		return export.File{}, export.ErrFormat // without the work of reading
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

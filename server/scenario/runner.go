package scenario

import (
	"cmp"
	"context"
	"fmt"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"capplayground/cluster"
)

// beginTimeout bounds how long the state at the beginning may take, in real time.
const beginTimeout = 30 * time.Second

// ErrNone is returned where no scenario is played.
var ErrNone = fmt.Errorf("%w: no scenario is played", cluster.ErrNotFound)

// Runner plays at most one scenario at a time, on one cluster or in several lanes. It is
// safe for concurrent use. Every page shows the result of View, so a page can be reloaded
// at any time.
type Runner struct {
	lanes []*Lane
	now   func() int64 // microseconds since the epoch

	change  sync.Mutex // held while one scenario follows another
	telling sync.Mutex // held while a change is published; taken before mu

	mu       sync.Mutex
	play     *play // nil: none is played
	black    bool
	began    int64         // when the first scenario of the talk began
	driver   string        // the page that drives; "" while no page has claimed it
	votesDue bool          // the number of votes will be published soon
	changed  chan struct{} // closed and replaced when a change is published
}

// New returns a Runner on one cluster or several lanes. now is its clock, in
// microseconds since the epoch.
func New(now func() int64, lanes ...*Lane) *Runner {
	return &Runner{lanes: lanes, now: now, changed: make(chan struct{})}
}

// Start plays a scenario from its beginning, and ends the one that was played before. Its
// first step begins at once. Start does not wait for the end of the step. The error wraps
// ErrElsewhere if the scenario needs other lanes.
func (r *Runner) Start(s *Scenario) error {
	parts, err := r.partsOf(s)
	if err != nil {
		return err
	}
	r.change.Lock()
	defer r.change.Unlock()
	r.end()
	ctx, cancel := context.WithCancel(context.Background())
	p := &play{
		Runner: r, scenario: s, cancel: cancel, done: make(chan struct{}), wake: make(chan struct{}, 1),
		began: r.now(), questions: map[string]*question{}, rows: map[string][]Row{},
		phase: Beginning, parts: parts, failures: map[string]int{},
	}
	for _, part := range p.parts {
		part.play = p
		part.observer.listen(true)
	}
	r.mu.Lock()
	r.play, r.black = p, false
	r.began = cmp.Or(r.began, p.began)
	p.jump(0)
	r.mu.Unlock()
	r.tell(ChangeScenario)
	go p.loop(ctx)
	return nil
}

// Stop ends the scenario and leaves the cluster as it is.
func (r *Runner) Stop() {
	r.change.Lock()
	defer r.change.Unlock()
	if r.end() {
		r.tell(ChangeScenario)
	}
}

// end stops the scenario, waits until its last action is over, and reports whether there
// was one.
func (r *Runner) end() bool {
	r.mu.Lock()
	p := r.play
	r.play = nil
	r.mu.Unlock()
	if p == nil {
		return false
	}
	p.cancel()
	<-p.done
	p.endCalls()
	for _, part := range p.parts {
		part.observer.listen(false)
	}
	return true
}

// The phases of a scenario.
const (
	Beginning = "beginning" // the state at the beginning is being made
	Replaying = "replaying" // the steps before the present one are played again
	Running   = "running"   // the present step is played
	Ready     = "ready"     // it is over, and the next press has an effect
	Broken    = "broken"    // the state at the beginning was not reached; again tries once more
)

// Next begins the next step. While a step runs, one press is kept until the end of the
// step. While the screen is black or the recording of a step is shown, Next ends that,
// and does nothing else.
func (r *Runner) Next() error {
	return r.press(func(p *play) {
		switch {
		case p.recording:
			p.recording = false
		case p.fallsBack():
			p.recording, p.failures[p.scenario.Steps[p.step].ID] = true, 0
		case p.phase != Ready:
			p.queued = p.phase != Broken
		case p.step+1 < len(p.scenario.Steps):
			p.advance()
		}
	})
}

// Back restores the state at the beginning of the step before, and plays that step again.
// It ends a step that runs, and forgets a press that was kept.
func (r *Runner) Back() error {
	return r.press(func(p *play) {
		if p.recording {
			p.recording = false
			return
		}
		p.jump(max(p.step-1, 0))
	})
}

// Again restores the state at the beginning of the present step, and plays the step
// again.
func (r *Runner) Again() error { return r.press(func(p *play) { p.jump(p.step) }) }

// Restart plays the scenario from its beginning. The votes are forgotten.
func (r *Runner) Restart() error {
	return r.press(func(p *play) {
		p.questions = map[string]*question{}
		p.jump(0)
	})
}

// Reveal closes the open question and shows its votes at once.
func (r *Runner) Reveal() error {
	failed := error(nil)
	err := r.press(func(p *play) {
		q := p.question()
		if q == nil {
			failed = ErrNoQuestion
			return
		}
		q.open, q.revealed = false, true
		p.recording = false
	})
	if err = cmp.Or(err, failed); err == nil {
		r.tell(ChangeReveal)
	}
	return err
}

// Black turns the screens of the room black, or ends that.
func (r *Runner) Black() {
	r.mu.Lock()
	r.black = !r.black
	r.mu.Unlock()
	r.tell(ChangeBlack)
}

// Vote records the choice of a voter. Choices count from 1. With an empty voter it counts
// one raised hand.
func (r *Runner) Vote(voter string, choice int) error {
	r.mu.Lock()
	var q *question
	if r.play != nil {
		q = r.play.question()
	}
	err := error(ErrNoQuestion)
	if q != nil {
		err = q.vote(voter, choice)
	}
	r.mu.Unlock()
	if err == nil {
		r.tellVotes()
	}
	return err
}

// press does what a key means. While the screen is black, it only ends that, even if no
// scenario is played.
func (r *Runner) press(do func(*play)) error {
	change := ChangeScenario
	r.mu.Lock()
	switch {
	case r.black:
		r.black, change = false, ChangeBlack
	case r.play == nil:
		r.mu.Unlock()
		return ErrNone
	default:
		do(r.play)
	}
	r.mu.Unlock()
	r.tell(change)
	return nil
}

// play is one scenario while it is played. The fields from began on are protected by the
// Runner's lock.
type play struct {
	*Runner
	scenario *Scenario
	done     chan struct{}
	wake     chan struct{} // capacity 1: there is a step to play
	cancel   context.CancelFunc

	calls     sync.WaitGroup // operations under way
	callsCtx  context.Context
	stopCalls context.CancelFunc

	began     int64
	phase     string
	step      int  // the present one
	target    bool // the step is to be played
	fresh     bool // after the steps before it were replayed from the beginning
	queued    bool // a press that came while a step ran
	stopStep  context.CancelFunc
	trouble   string // why the state at the beginning was not reached
	parts     []*part
	rows      map[string][]Row
	questions map[string]*question
	recording bool           // every stage shows the recording of the present step
	failures  map[string]int // by step: how often it failed in a row
}

// advance begins the next step. The caller holds the lock.
func (p *play) advance() {
	if q := p.question(); q != nil {
		q.open = false
	}
	p.step++
	p.phase, p.target, p.fresh, p.queued, p.recording = Running, true, false, false, false
	p.call()
}

// jump begins a step after a replay of the steps before it. The caller holds the lock.
func (p *play) jump(to int) {
	p.step = to
	p.phase, p.target, p.fresh, p.queued, p.recording = Beginning, true, true, false, false
	for _, q := range p.questions {
		if q.step >= to {
			q.open, q.revealed = false, false
		}
	}
	if p.stopStep != nil {
		p.stopStep()
	}
	p.call()
}

func (p *play) call() {
	select {
	case p.wake <- struct{}{}:
	default:
	}
}

// question returns the question on the stage: the present step asks it, or decides it.
// The caller holds the lock.
func (p *play) question() *question {
	for _, at := range []int{p.step, p.step - 1} {
		if at < 0 || p.scenario.Steps[at].Ask == nil {
			continue
		}
		if q := p.questions[p.scenario.Steps[at].ID]; q != nil {
			return q
		}
	}
	return nil
}

// loop plays the steps that presses ask for, one after another.
func (p *play) loop(ctx context.Context) {
	defer close(p.done)
	for {
		select {
		case <-ctx.Done():
			return
		case <-p.wake:
		}
		for ctx.Err() == nil && p.playOne(ctx) {
		}
	}
}

// playOne plays the step that a press asked for, and reports whether there was one.
func (p *play) playOne(ctx context.Context) bool {
	p.mu.Lock()
	if !p.target {
		p.mu.Unlock()
		return false
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	to, fresh := p.step, p.fresh
	p.target, p.stopStep = false, cancel
	p.mu.Unlock()
	if fresh && !p.replay(ctx, to) {
		return true
	}
	p.tell(ChangeScenario)
	rows := p.perform(ctx, &p.scenario.Steps[to], false)
	if ctx.Err() != nil {
		return true
	}
	for _, change := range p.finish(to, rows) {
		p.tell(change)
	}
	p.goOn(ctx, to)
	return true
}

// replay restores the state at the beginning of a step, and reports whether it did.
func (p *play) replay(ctx context.Context, to int) bool {
	err := p.begin(ctx)
	if ctx.Err() != nil {
		return false
	}
	p.mu.Lock()
	switch {
	case ctx.Err() != nil: // a press came meanwhile, and decides
	case err != nil:
		p.phase, p.trouble, p.queued = Broken, err.Error(), false
	case to > 0:
		p.phase, p.trouble = Replaying, ""
	default:
		p.phase, p.trouble = Running, ""
	}
	p.mu.Unlock()
	p.tell(ChangeScenario)
	if err != nil {
		return false
	}
	for i := range to {
		p.perform(ctx, &p.scenario.Steps[i], true)
		if ctx.Err() != nil {
			return false
		}
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if ctx.Err() != nil {
		return false
	}
	p.phase = Running
	return true
}

// endCalls gives up the operations under way, as a client that disconnects. Only loop and
// end call it, and never at the same time.
func (p *play) endCalls() {
	if p.stopCalls != nil {
		p.stopCalls()
	}
	p.calls.Wait()
	p.callsCtx, p.stopCalls = context.WithCancel(context.Background())
}

// begin makes the state at the beginning, in all lanes at once.
func (p *play) begin(ctx context.Context) error {
	p.endCalls() // operations of earlier steps would change the new state
	ctx, cancel := context.WithTimeout(ctx, beginTimeout)
	defer cancel()
	s := p.scenario
	start := Start{Mode: s.Mode, Nodes: s.Nodes, Quorum: s.Quorum, Pace: Pace{Pace: cluster.PaceLive}}
	if s.Pace != nil {
		start.Pace = *s.Pace
	}
	g, ctx := errgroup.WithContext(ctx)
	for _, at := range p.parts {
		known := start
		known.Mode = cmp.Or(at.mode, s.Mode)
		g.Go(func() error { return at.cluster.Begin(ctx, known) })
	}
	return g.Wait()
}

// finish ends a step. It opens the step's question, shows the votes of the question that
// the step has decided, and acts on a press that was kept.
func (p *play) finish(at int, rows []Row) []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.target { // a press came at the last moment, and decides
		return nil
	}
	step := &p.scenario.Steps[at]
	p.rows[step.ID] = rows
	p.countFailure(step.ID, rows)
	p.phase = Ready
	changes := []string{ChangeScenario}
	if q := p.question(); q != nil && q.step < at && !q.revealed {
		q.open, q.revealed = false, true
		changes = append(changes, ChangeReveal)
	}
	if step.Ask != nil {
		q := p.questions[step.ID]
		if q == nil {
			q = &question{step: at, asked: p.now(), ask: step.Ask, votes: map[string]int{}}
			p.questions[step.ID] = q
		}
		q.open, q.revealed = true, false
		changes = append(changes, ChangeAsk)
	}
	if p.queued && at+1 < len(p.scenario.Steps) {
		p.advance()
	}
	p.queued = false
	return changes
}

// goOn begins the next step after the time that the step gives, unless something else
// happened or the step did not go as expected.
func (p *play) goOn(ctx context.Context, at int) {
	after := p.scenario.Steps[at].After.Duration()
	p.mu.Lock()
	waits := after > 0 && !p.target && at+1 < len(p.scenario.Steps) && !failed(p.rows[p.scenario.Steps[at].ID])
	p.mu.Unlock()
	if !waits {
		return
	}
	timer := time.NewTimer(after)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-p.wake: // a press came first, and has decided
	case <-timer.C:
		p.mu.Lock()
		if p.phase == Ready && p.step == at && !p.target && !p.recording {
			p.advance()
		}
		p.mu.Unlock()
		p.tell(ChangeScenario)
	}
}

func failed(rows []Row) bool {
	for _, row := range rows {
		if !row.OK {
			return true
		}
	}
	return false
}

package scenario

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"capplayground/cluster"
)

// part is the play of a scenario in one of its lanes.
type part struct {
	*play
	*Lane
	ops    map[string][]*operation // by step; belongs to the Runner's lock
	judged *Measured               // at the end of the newest step; belongs to the Runner's lock
}

// ErrElsewhere is wrapped by the error for a scenario that is for other lanes.
var ErrElsewhere = cluster.Sentinel("the scenario is not for here", cluster.ErrNotNow)

// partsOf returns the lanes in which a scenario is played: all of them, or the one in the
// mode of the scenario.
func (r *Runner) partsOf(s *Scenario) (parts []*part, err error) {
	for _, lane := range r.lanes {
		if len(s.Modes) > 0 || lane.mode == "" || lane.mode == s.Mode {
			parts = append(parts, &part{Lane: lane, ops: map[string][]*operation{}})
		}
	}
	for _, mode := range s.in() {
		has := func(l *Lane) bool { return l.mode == mode || l.mode == "" && len(s.Modes) == 0 }
		if !slices.ContainsFunc(r.lanes, has) {
			return nil, fmt.Errorf("%w: %s", ErrElsewhere, s.where())
		}
	}
	return parts, nil
}

// where returns how to start a playground for a scenario that cannot be played on the
// lanes of this Runner.
func (s *Scenario) where() string {
	if len(s.Modes) == 0 {
		return fmt.Sprintf("it needs a cluster in mode %s, as playground has it", s.Mode)
	}
	names := make([]string, len(s.Modes))
	for i, mode := range s.Modes {
		names[i] = string(mode)
	}
	return fmt.Sprintf("it needs %d clusters side by side: start playground lanes --modes %s", len(names), strings.Join(names, ","))
}

// name returns the mode of the lane; "" if the scenario has one cluster.
func (p *part) name() cluster.Mode {
	if len(p.scenario.Modes) == 0 {
		return ""
	}
	return p.mode
}

// try carries out one action, and returns a row if it failed.
func (p *part) try(ctx context.Context, step *Step, a Action, wait time.Duration) []Row {
	err := p.act(ctx, step, a, wait)
	if err == nil || ctx.Err() != nil {
		return nil
	}
	return []Row{{Expected: a.String(), Came: err.Error()}}
}

// finish waits as the step says.
func (p *part) finish(ctx context.Context, step *Step, wait time.Duration) {
	bounded, cancel := p.bound(ctx, wait, 0)
	defer cancel()
	p.answered(bounded, step)
	if step.WaitFor != nil {
		p.until(bounded, step, step.WaitFor.Until)
	}
}

// compare returns the expectations about this lane, beside the results.
func (p *part) compare(ctx context.Context, step *Step, wait time.Duration) []Row {
	bounded, cancel := p.bound(ctx, wait, settling)
	defer cancel()
	rows := p.until(bounded, step, step.Expect)
	if p.name() != "" {
		p.measure(bounded)
	}
	return rows
}

// about returns the conditions that must hold in this lane. If the scenario does not name
// a lane, the lane makes the same steps, and no condition must hold there.
func (p *part) about(all []Condition) (mine []Condition) {
	for _, is := range all {
		in := []cluster.Mode(is.Lane)
		if len(in) == 0 {
			in = p.scenario.in()
		}
		if p.name() == "" || slices.Contains(in, p.mode) {
			mine = append(mine, is)
		}
	}
	return mine
}

// bound returns a context that ends after this virtual time, but not before this real
// time. While virtual time stands still, it ends after the real time of standing.
func (p *part) bound(ctx context.Context, virtual, real time.Duration) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancel(ctx)
	go func() {
		defer cancel()
		least := time.NewTimer(real)
		defer least.Stop()
		elapsed := make(chan struct{})
		go func() {
			defer close(elapsed)
			_ = p.cluster.Elapse(ctx, virtual)
		}()
		p.elapsed(ctx, elapsed)
		select {
		case <-least.C:
		case <-ctx.Done():
		}
		cancel()
		<-elapsed
	}()
	return ctx, cancel
}

// elapsed returns when done is closed, when ctx ends, or when virtual time has stood
// still for long.
func (p *part) elapsed(ctx context.Context, done <-chan struct{}) {
	tick := time.NewTicker(standing)
	defer tick.Stop()
	for {
		still := p.observer.standsStill()
		select {
		case <-done:
			return
		case <-ctx.Done():
			return
		case <-tick.C:
			if still && p.observer.standsStill() {
				return
			}
		}
	}
}

// await returns true when is holds, or false if ctx ends before that. It tests is at
// every event.
func (p *part) await(ctx context.Context, is func() bool) bool {
	tick := time.NewTicker(polling)
	defer tick.Stop()
	for {
		changed := p.observer.waiter()
		if is() {
			return true
		}
		select {
		case <-changed:
		case <-tick.C:
		case <-ctx.Done():
			return is()
		}
	}
}

// until waits until all conditions about this lane hold at one moment, or until one of
// them can never hold. It returns the rows of the last test. The verdict takes time, so
// it is requested only when all others hold.
func (p *part) until(ctx context.Context, step *Step, conditions []Condition) []Row {
	conditions = p.about(conditions)
	rows := make([]Row, len(conditions))
	look := func() bool {
		all := true
		for i := range conditions {
			if !conditions[i].slow() {
				rows[i] = p.check(ctx, &conditions[i], step)
				all = all && rows[i].OK
			}
		}
		for i := range conditions {
			if conditions[i].slow() && (all || rows[i].Expected == "") {
				rows[i] = p.check(ctx, &conditions[i], step)
				all = all && rows[i].OK
			}
		}
		return all || slices.ContainsFunc(rows, func(r Row) bool { return r.final })
	}
	p.await(ctx, look)
	return rows
}

// slow reports whether a condition needs the judgement.
func (c *Condition) slow() bool { return c.Verdict != "" || c.Stale != nil || c.Availability != nil }

// answered waits for the answers for which the step waits.
func (p *part) answered(ctx context.Context, step *Step) {
	var wanted Answers
	if step.WaitFor != nil {
		wanted = step.WaitFor.Answers
	}
	if wanted.None {
		return
	}
	p.await(ctx, func() bool { return p.haveAnswers(step.ID, wanted.Of) })
}

// act carries out one action.
func (p *part) act(ctx context.Context, step *Step, a Action, wait time.Duration) error {
	switch {
	case a.Operation():
		return p.operate(ctx, step, a, wait)
	case a.Verb == "pause":
		return p.cluster.Elapse(ctx, a.Args.For.Duration())
	case a.Verb == "deliver" || a.Verb == "drop" || a.Verb == "duplicate":
		return p.handle(ctx, a, wait, func() string { return p.observer.message(a.Args) })
	case a.Verb == "fire":
		return p.handle(ctx, a, wait, func() string { return p.observer.timer(a.Args.Node, a.Args.Timer) })
	case a.Verb == "unrule":
		var failed error
		for _, id := range p.observer.matching(a.Args) {
			failed = errors.Join(failed, p.cluster.Do(ctx, a, id))
		}
		return failed
	}
	return p.cluster.Do(ctx, a, "")
}

// handle acts on the message or the timer whose id find returns. If there is none yet, it
// waits for one.
func (p *part) handle(ctx context.Context, a Action, wait time.Duration, find func() string) error {
	bounded, cancel := p.bound(ctx, wait, 0)
	defer cancel()
	var failed error
	done := p.await(bounded, func() bool {
		id := find()
		if id == "" {
			return false
		}
		failed = p.cluster.Do(ctx, a, id)
		// Between find and Do it may have arrived or fired by itself.
		return !errors.Is(failed, cluster.ErrNoSuchMessage) && !errors.Is(failed, cluster.ErrNoSuchTimer)
	})
	if !done && failed == nil {
		return fmt.Errorf("%w: nothing of the kind is under way", cluster.ErrNotNow)
	}
	return failed
}

// operate starts an operation. It returns when the answer has come. If the action does
// not wait, it returns as soon as the node has taken the operation.
func (p *part) operate(ctx context.Context, step *Step, a Action, wait time.Duration) error {
	ifMatch, err := p.version(a, step)
	if err != nil {
		p.skipOperation(step.ID, a, err) // later operations keep their numbers
		return err
	}
	op := &operation{text: a.String()}
	invoked := p.observer.invoked(a.Args.Node)
	done := p.startOperation(step.ID, op, func(ctx context.Context) Answer { return p.cluster.Call(ctx, a, ifMatch) })
	bounded, cancel := p.bound(ctx, wait, 0)
	defer cancel()
	if a.waits() {
		select {
		case <-done:
		case <-bounded.Done():
		}
		return nil
	}
	// The next action must find this operation at its node.
	seen, giveUp := context.WithTimeout(bounded, starting)
	defer giveUp()
	p.await(seen, func() bool {
		select {
		case <-done:
			return true
		default:
			return p.observer.invoked(a.Args.Node) > invoked
		}
	})
	return nil
}

// version returns the version that a write supersedes, or "".
func (p *part) version(a Action, step *Step) (string, error) {
	if a.Args.Replaces == nil {
		return "", nil
	}
	ref := *a.Args.Replaces
	if ref.Step == "" {
		ref.Step = step.ID
	}
	op := p.operation(ref)
	if op == nil || op.answer == nil || op.answer.Version == "" {
		return "", fmt.Errorf("%w: the read that it replaces returned no version", cluster.ErrNotNow)
	}
	return op.answer.Version, nil
}

package scenario

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"capplayground/cluster"
)

// How long a step waits.
const (
	defaultWait = 5 * time.Second // virtual: longer than any operation takes
	standing    = 5 * time.Second // real, while virtual time stands still
	settling    = 5 * time.Second // real, at least: for what was expected to come
	starting    = time.Second     // real, for an operation to be seen at its node
	polling     = 100 * time.Millisecond
)

// operation is a client's call that a step made.
type operation struct {
	action Action
	text   string
	curl   string
	answer *Answer // nil until it is answered
	during int     // the step that was played when the answer came
}

// perform carries out the actions of a step, waits as the step says, and
// returns the expectations beside what came. A replay checks no expectation: it
// only brings the state again. What went wrong with an action is in the rows.
func (p *play) perform(ctx context.Context, step *Step, replay bool) []Row {
	p.observer.mark()
	p.clearOperations(step.ID)
	wait := defaultWait
	if step.WaitFor != nil && step.WaitFor.Timeout > 0 {
		wait = step.WaitFor.Timeout.Duration()
	}
	var rows []Row
	for i := range step.Do {
		if err := p.act(ctx, step, step.Do[i], wait); err != nil && ctx.Err() == nil {
			rows = append(rows, Row{Expected: step.Do[i].String(), Came: err.Error()})
		}
	}
	bounded, cancel := p.bound(ctx, wait, 0)
	p.answered(bounded, step)
	if step.WaitFor != nil {
		p.until(bounded, step, step.WaitFor.Until)
	}
	cancel()
	if replay || ctx.Err() != nil {
		return rows
	}
	bounded, cancel = p.bound(ctx, wait, settling)
	defer cancel()
	return append(rows, p.until(bounded, step, step.Expect)...)
}

// bound returns a context that ends when so much virtual time has passed and at
// least so much real time; while virtual time stands still, after the real time
// of standing.
func (p *play) bound(ctx context.Context, virtual, real time.Duration) (context.Context, context.CancelFunc) {
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

// elapsed returns when done is closed, ctx ends, or virtual time has stood still
// for long.
func (p *play) elapsed(ctx context.Context, done <-chan struct{}) {
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

// await returns when is holds, or false when ctx ends first. It looks at every
// event.
func (p *play) await(ctx context.Context, is func() bool) bool {
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

// until waits until all conditions hold at one moment, or one of them never will,
// and returns the rows of the last look. The verdict takes time to ask for, so it is asked for when all
// others hold.
func (p *play) until(ctx context.Context, step *Step, conditions []Condition) []Row {
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

// slow says whether looking at a condition asks for the judgement.
func (c *Condition) slow() bool { return c.Verdict != "" || c.Stale != nil || c.Availability != nil }

// answered waits for the answers that the step wants.
func (p *play) answered(ctx context.Context, step *Step) {
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
func (p *play) act(ctx context.Context, step *Step, a Action, wait time.Duration) error {
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

// handle does something to what find names by its id. Where there is no such
// message or timer yet, it waits for one.
func (p *play) handle(ctx context.Context, a Action, wait time.Duration, find func() string) error {
	bounded, cancel := p.bound(ctx, wait, 0)
	defer cancel()
	var failed error
	done := p.await(bounded, func() bool {
		id := find()
		if id == "" {
			return false
		}
		failed = p.cluster.Do(ctx, a, id)
		// It may have arrived or gone off by itself between the look and the act.
		return !errors.Is(failed, cluster.ErrNoSuchMessage) && !errors.Is(failed, cluster.ErrNoSuchTimer)
	})
	if !done && failed == nil {
		return fmt.Errorf("%w: nothing of the kind is under way", cluster.ErrNotNow)
	}
	return failed
}

// operate starts an operation. It returns when its answer is there, or at once
// after its node took it in, if the action does not wait.
func (p *play) operate(ctx context.Context, step *Step, a Action, wait time.Duration) error {
	ifMatch, err := p.version(a, step)
	if err != nil {
		return err
	}
	op := &operation{action: a, text: a.String(), curl: p.cluster.Curl(a)}
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

// version returns what a write supersedes, or "".
func (p *play) version(a Action, step *Step) (string, error) {
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

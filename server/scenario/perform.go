package scenario

import (
	"context"
	"slices"
	"sync"
	"time"
)

// How long a step waits.
const (
	defaultWait = 5 * time.Second // virtual time: longer than any operation takes
	standing    = 5 * time.Second // real time, while virtual time stands still
	settling    = 5 * time.Second // real time, at least, for an expected event
	starting    = time.Second     // real time, until an operation is seen at its node
	polling     = 100 * time.Millisecond
)

// perform carries out the actions of a step, waits as the step says, and returns the
// expectations beside the results, lane by lane. In a replay of earlier steps no
// expectation is checked. A failed action has a row. No lane begins an action before
// every lane has finished the action before.
func (p *play) perform(ctx context.Context, step *Step, replay bool) []Row {
	p.clear(step.ID)
	wait := defaultWait
	if step.WaitFor != nil && step.WaitFor.Timeout > 0 {
		wait = step.WaitFor.Timeout.Duration()
	}
	p.everywhere(func(at *part) []Row {
		at.observer.mark()
		return nil
	})
	var rows []Row
	for i := range step.Do {
		rows = append(rows, p.everywhere(func(at *part) []Row { return at.try(ctx, step, step.Do[i], wait) })...)
	}
	p.everywhere(func(at *part) []Row {
		at.finish(ctx, step, wait)
		return nil
	})
	if replay || ctx.Err() != nil {
		return rows
	}
	return append(rows, p.everywhere(func(at *part) []Row { return at.compare(ctx, step, wait) })...)
}

// everywhere calls a function in all lanes at the same moment. It returns when all calls
// have returned. The rows have the order of the lanes. If there are several lanes, each
// row names its lane.
func (p *play) everywhere(do func(*part) []Row) []Row {
	rows := make([][]Row, len(p.parts))
	var done sync.WaitGroup
	for i, at := range p.parts {
		done.Go(func() { rows[i] = do(at) })
	}
	done.Wait()
	for i, at := range p.parts {
		for k := range rows[i] {
			rows[i][k].Lane = at.name()
		}
	}
	return slices.Concat(rows...)
}

// clear forgets the results of a step.
func (p *play) clear(step string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.rows[step] = nil
	for _, at := range p.parts {
		at.ops[step] = nil
	}
}

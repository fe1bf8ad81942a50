package scenario

import "context"

// operation is a client's call that a step made.
type operation struct {
	text   string
	answer *Answer // nil until it is answered
	during int     // the step that was being played when the answer came
}

// operation returns the operation that a Ref names, or nil.
func (p *part) operation(ref Ref) *operation {
	p.mu.Lock()
	defer p.mu.Unlock()
	of := max(ref.Of, 1)
	if of > len(p.ops[ref.Step]) {
		return nil
	}
	op := *p.ops[ref.Step][of-1]
	return &op
}

// startOperation makes the call in the background, and closes done when the answer has
// come. The call goes on after its step, as the call of a client would.
func (p *part) startOperation(step string, op *operation, call func(context.Context) Answer) (done <-chan struct{}) {
	p.mu.Lock()
	p.ops[step] = append(p.ops[step], op)
	p.mu.Unlock()
	over := make(chan struct{})
	p.calls.Go(func() {
		defer close(over)
		answer := call(p.callsCtx)
		p.mu.Lock()
		op.answer, op.during = &answer, p.step
		p.mu.Unlock()
		p.tell(ChangeScenario)
	})
	return over
}

// skipOperation records an operation that could not be called.
func (p *part) skipOperation(step string, a Action, why error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.ops[step] = append(p.ops[step], &operation{text: a.String(), answer: &Answer{Error: why.Error()}, during: p.step})
}

// haveAnswers reports whether these operations of a step are answered; nil: all of them.
func (p *part) haveAnswers(step string, of []int) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	for i, op := range p.ops[step] {
		wanted := of == nil
		for _, n := range of {
			wanted = wanted || n == i+1
		}
		if wanted && op.answer == nil {
			return false
		}
	}
	return true
}

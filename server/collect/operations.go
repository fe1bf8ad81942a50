package collect

import (
	"cmp"
	"maps"
	"slices"
	"time"

	"capplayground/cluster"
)

// operation is a client's operation.
type operation struct {
	invoke   cluster.Event
	progress []cluster.Event // until the end: the newest of each phase at each node
	end      cluster.Event   // its return; Body is nil while the operation is open
	after    []cluster.Event // the progress after the end, as some writes have it
}

// call returns what the client asked for.
func (op *operation) call() cluster.ClientCall {
	return cluster.BodyOf[cluster.Invoked](op.invoke).ClientCall
}

// ended reports whether the operation has returned.
func (op *operation) ended() bool { return op.end.Body != nil }

// advance takes in a progress event.
func (op *operation) advance(e cluster.Event) {
	to := &op.progress
	if op.ended() {
		to = &op.after
	}
	phase := e.Body.(*cluster.Progressed).Phase
	*to = append(slices.DeleteFunc(*to, func(p cluster.Event) bool {
		return p.Node == e.Node && p.Body.(*cluster.Progressed).Phase == phase
	}), e)
}

// events returns the events of the operation in their order.
func (op *operation) events() []cluster.Event {
	all := append([]cluster.Event{op.invoke}, op.progress...)
	if op.ended() {
		all = append(all, op.end)
	}
	return append(all, op.after...)
}

// late is how much later than its beginning the invoke event of an operation may arrive.
const late = 5 * time.Second

// isNewer reports whether a page shows op instead of the operation before: an operation
// of a load only if there is no other. Events of different nodes come in the order of
// arrival, so an operation may arrive after another that began later. Clocks of different
// machines may differ, so a longer time than late says nothing.
func (op *operation) isNewer(before *operation) bool {
	switch {
	case before.call().Client == cluster.LoadClient:
		return true
	case op.call().Client == cluster.LoadClient:
		return false
	}
	ahead := time.Duration(before.invoke.T-op.invoke.T) * time.Microsecond
	return before.invoke.Node == op.invoke.Node || ahead <= 0 || ahead >= late
}

// newest is the newest operation, open or ended. It is the last one; before it are the
// other operations of the same transaction by hand. A page that is opened late shows
// them, even if their events are no longer retained.
type newest []*operation

// maxByHand bounds the operations of one transaction by hand that are kept.
const maxByHand = 64

// add takes in an operation that begins.
func (n *newest) add(op *operation) {
	all := *n
	switch tx := op.call().Tx; {
	case len(all) == 0:
		*n = newest{op}
	case tx != "" && tx == all[len(all)-1].call().Tx:
		at := len(all)
		if !op.isNewer(all[at-1]) {
			at--
		}
		all = slices.Insert(all, at, op)
		*n = all[max(0, len(all)-maxByHand):]
	case op.isNewer(all[len(all)-1]):
		*n = newest{op}
	}
}

// advance takes in a progress event. Those of open operations have it already.
func (n newest) advance(e *cluster.Event) {
	for _, op := range n {
		if op.ended() && op.call().Op == e.Operation() {
			op.advance(*e)
		}
	}
}

// end takes in a return event.
func (n newest) end(e *cluster.Event) {
	for _, op := range n {
		if op.invoke.Node == e.Node && op.call().Op == e.Operation() && !op.ended() {
			op.end = *e
		}
	}
}

// shown returns the operations that a hello holds, ordered by time: those that are open,
// and the newest.
func (s *state) shown() []*operation {
	all := slices.Collect(maps.Values(s.ops))
	for _, op := range s.newest {
		if op.ended() {
			all = append(all, op)
		}
	}
	slices.SortFunc(all, func(a, b *operation) int { return byBeginning(a.invoke, b.invoke) })
	return all
}

// byBeginning compares two invoke events by their time.
func byBeginning(a, b cluster.Event) int {
	return cmp.Or(cmp.Compare(a.T, b.T), cmp.Compare(a.Operation(), b.Operation()))
}

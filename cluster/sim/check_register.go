package sim

import (
	"errors"
	"fmt"
	"math"
	"time"

	"capplayground/cluster"

	"github.com/anishathalye/porcupine"
)

// judgeTimeout is the longest time, in real time, that Porcupine may take for one key. It
// usually needs milliseconds, because runs are short.
const judgeTimeout = time.Minute

// register is Porcupine's model of one key. Values are numbers. 0: the key has no value.
var register = porcupine.Model{
	Init: func() any { return 0 },
	Step: func(state, input, output any) (bool, any) {
		if wrote := input.(int); wrote != 0 {
			return true, wrote
		}
		return state == output, state
	},
}

// checkLinearizable checks with Porcupine that each key behaved like one register that does
// one operation at a time.
func checkLinearizable(r *Run) error {
	byKey := make(map[string][]Op)
	var keys []string
	for _, op := range r.History {
		if byKey[op.Key] == nil {
			keys = append(keys, op.Key)
		}
		byKey[op.Key] = append(byKey[op.Key], op)
	}
	var wrong []error
	for _, key := range keys {
		if err := linearizable(byKey[key]); err != nil {
			wrong = append(wrong, fmt.Errorf("key %s is not linearizable: %w", key, err))
		}
	}
	return errors.Join(wrong...)
}

// linearizable judges the operations of one key, ascending by Call.
//
// Aborted operations and failed reads are left out. So is a write of unknown
// outcome whose value no read returned: it always fits as the last operation. A write of
// unknown outcome whose value a read returned took effect before that read returned, so
// its return time is set to that time. Both rules keep Porcupine fast. They do not change
// its verdict, because values are unique.
//
// A write that its client tried several times counts from the first try, because that try
// may have taken effect. If its value was seen under one version only, all tries are one
// write. Otherwise a try of unknown outcome may take effect again, later.
func linearizable(ops []Op) error {
	v := valuesOf(ops)
	var history []porcupine.Operation
	for _, op := range ops {
		if op.Kind == cluster.OpRead && op.Outcome == OK && !op.None {
			if err := v.checkRead(op); err != nil {
				return err
			}
		}
		if h, counts := v.operation(op); counts {
			history = append(history, h)
		}
	}
	switch porcupine.CheckOperationsTimeout(register, history, judgeTimeout) {
	case porcupine.Ok:
		return nil
	case porcupine.Illegal:
		return errors.New("no order of its operations explains what was read" + suspects(ops))
	default:
		return fmt.Errorf("no verdict within %v", judgeTimeout)
	}
}

// values holds facts about each value of a key.
type values struct {
	ops    []Op
	number map[string]int   // by value: the index of its write in ops, plus one
	seen   map[string]int64 // by value: when the first read of it returned
	tries  map[string]tries
}

func valuesOf(ops []Op) values {
	v := values{ops: ops, number: make(map[string]int), seen: make(map[string]int64), tries: triesOf(ops)}
	for i, op := range ops {
		switch {
		case op.Kind == cluster.OpWrite:
			if v.number[op.Val] == 0 {
				v.number[op.Val] = i + 1
			}
		case op.Outcome == OK && !op.None:
			if at, ok := v.seen[op.Val]; !ok || op.Return < at {
				v.seen[op.Val] = op.Return
			}
		}
	}
	return v
}

// checkRead returns an error if no order of the operations can explain the value that a
// read returned.
func (v values) checkRead(read Op) error {
	n := v.number[read.Val]
	if n == 0 {
		return fmt.Errorf("op=%s read %q, which no operation wrote", read.ID, read.Val)
	}
	switch write := v.ops[n-1]; {
	case write.Outcome == Aborted && !v.tries[read.Val].mayBeDone:
		return fmt.Errorf("op=%s read %q of op=%s, which was answered with %w", read.ID, read.Val, write.ID, write.Err)
	case write.Call > read.Return:
		return fmt.Errorf("op=%s read %q before op=%s wrote it", read.ID, read.Val, write.ID)
	}
	return nil
}

// operation returns an operation in the form of Porcupine. counts is false if the
// operation changed nothing that was read: then it is left out of the history.
func (v values) operation(op Op) (h porcupine.Operation, counts bool) {
	h = porcupine.Operation{ClientId: op.Client, Input: 0, Output: 0, Call: op.Call, Return: op.Return}
	n := v.number[op.Val]
	switch {
	case op.Kind == cluster.OpRead && op.Outcome == OK:
		if !op.None {
			h.Output = n
		}
	case op.Kind == cluster.OpWrite && op.Outcome == OK:
		h.Input, h.Call = n, v.ops[n-1].Call
	case op.Kind == cluster.OpWrite && op.Outcome == Unknown:
		at, read := v.seen[op.Val]
		if !read {
			return h, false
		}
		h.Input, h.Return = n, at
		if t := v.tries[op.Val]; t.count > 1 {
			if len(t.versions) < 2 && (t.done || op.Attempt > t.firstUnknown) {
				return h, false // another try of this write is in the history already
			}
			h.Return = math.MaxInt64
		}
	default:
		return h, false
	}
	if h.Return == 0 {
		h.Return = math.MaxInt64
	}
	return h, true
}

// suspects describes a stale read, if there is one. Stale reads are the most frequent
// violation, so the search for the mistake can begin there.
func suspects(ops []Op) string {
	for _, read := range ops {
		if read.Kind != cluster.OpRead || read.Outcome != OK {
			continue
		}
		var source *Op
		for i := range ops {
			if ops[i].Kind == cluster.OpWrite && ops[i].Val == read.Val {
				source = &ops[i]
			}
		}
		for _, between := range ops {
			newer := source == nil || source.Outcome == OK && between.Call > source.Return
			if between.Kind == cluster.OpWrite && between.Outcome == OK && between.Return < read.Call && newer {
				return fmt.Sprintf(" (op=%s read %q after op=%s had written %q)", read.ID, read.Val, between.ID, between.Val)
			}
		}
	}
	return ""
}

// tries is the result of all tries of one write.
type tries struct {
	count        int
	done         bool // at least one try was answered OK
	mayBeDone    bool // at least one try was not aborted
	firstUnknown int  // the first try with an unknown outcome
	versions     map[string]bool
}

// triesOf returns the tries of each write, by its value.
func triesOf(ops []Op) map[string]tries {
	all := make(map[string]tries)
	for _, op := range ops {
		t, known := all[op.Val]
		if !known {
			t = tries{firstUnknown: math.MaxInt, versions: make(map[string]bool)}
		}
		if op.Kind == cluster.OpWrite {
			t.count++
			t.done = t.done || op.Outcome == OK
			t.mayBeDone = t.mayBeDone || op.Outcome != Aborted
			if op.Outcome == Unknown {
				t.firstUnknown = min(t.firstUnknown, op.Attempt)
			}
		}
		if op.Outcome == OK && !op.None {
			t.versions[op.Version] = true
		}
		all[op.Val] = t
	}
	return all
}

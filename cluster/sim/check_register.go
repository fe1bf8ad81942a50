package sim

import (
	"errors"
	"fmt"
	"math"
	"time"

	"capplayground/cluster"

	"github.com/anishathalye/porcupine"
)

// judgeTimeout bounds how long Porcupine looks at one key, in real time. Runs are
// so short that it needs milliseconds.
const judgeTimeout = time.Minute

// register is one key for Porcupine. Values are numbers, 0 for no value.
var register = porcupine.Model{
	Init: func() any { return 0 },
	Step: func(state, input, output any) (bool, any) {
		if wrote := input.(int); wrote != 0 {
			return true, wrote
		}
		return state == output, state
	},
}

// checkLinearizable asks Porcupine whether each key behaved like one register that
// does one operation at a time.
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
// outcome that no read returned: it always fits as the last operation. A write of
// unknown outcome that a read returned took effect before that read returned, so
// it counts as returned then. Both keep Porcupine fast and do not change its
// verdict, because values are unique.
//
// A write that its client brought several times counts from the first try: that
// one may have done it. Where its value was seen under one version only, all tries
// are one write. Else a try whose outcome is unknown may take effect later, too.
func linearizable(ops []Op) error {
	number := make(map[string]int) // of a value: where its write is in ops, plus one
	seen := make(map[string]int64) // when the first read of a value returned
	tries := triesOf(ops)
	for i, op := range ops {
		switch {
		case op.Kind == cluster.OpWrite:
			if number[op.Val] == 0 {
				number[op.Val] = i + 1
			}
		case op.Outcome == OK && !op.None:
			if at, ok := seen[op.Val]; !ok || op.Return < at {
				seen[op.Val] = op.Return
			}
		}
	}
	var history []porcupine.Operation
	for _, op := range ops {
		h := porcupine.Operation{ClientId: op.Client, Input: 0, Output: 0, Call: op.Call, Return: op.Return}
		switch {
		case op.Kind == cluster.OpRead && op.Outcome == OK:
			if !op.None {
				n := number[op.Val]
				switch {
				case n == 0:
					return fmt.Errorf("op=%s read %q, which nobody wrote", op.ID, op.Val)
				case ops[n-1].Outcome == Aborted && !tries[op.Val].mayBeDone:
					return fmt.Errorf("op=%s read %q of op=%s, which was answered with %w", op.ID, op.Val, ops[n-1].ID, ops[n-1].Err)
				case ops[n-1].Call > op.Return:
					return fmt.Errorf("op=%s read %q before op=%s wrote it", op.ID, op.Val, ops[n-1].ID)
				}
				h.Output = n
			}
		case op.Kind == cluster.OpWrite && op.Outcome == OK:
			h.Input, h.Call = number[op.Val], ops[number[op.Val]-1].Call
		case op.Kind == cluster.OpWrite && op.Outcome == Unknown:
			at, read := seen[op.Val]
			if !read {
				continue
			}
			h.Input, h.Return = number[op.Val], at
			if t := tries[op.Val]; t.count > 1 {
				if len(t.versions) < 2 && (t.done || op.Attempt > t.firstUnknown) {
					continue // it is the same write as another try
				}
				h.Return = math.MaxInt64
			}
		default:
			continue
		}
		if h.Return == 0 {
			h.Return = math.MaxInt64
		}
		history = append(history, h)
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

// suspects names a stale read where there is one. It is the most frequent
// violation, and a good place to begin looking.
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

// tries are what all tries of one write came to.
type tries struct {
	count        int
	done         bool // one of them was answered
	mayBeDone    bool // one of them was not aborted
	firstUnknown int  // which of them was the first without an answer
	versions     map[string]bool
}

// triesOf looks at all tries of each write, by its value.
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

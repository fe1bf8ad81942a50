package export

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	ednfile "olympos.io/encoding/edn"

	"capplayground/server/history"
	"capplayground/server/recording"
)

// ednOp is one operation of a history, as Jepsen has it: https://github.com/jepsen-io/history.
type ednOp struct {
	Index, Time int64
	Type, F     ednfile.Keyword
	Process     any // a number, or :nemesis
	Value       any
}

// readEDN reads a history with a reader that is not part of the playground.
func readEDN(text []byte) (ops []ednOp, err error) {
	in := ednfile.NewDecoder(bytes.NewReader(text))
	for {
		var op ednOp
		switch err := in.Decode(&op); {
		case errors.Is(err, io.EOF):
			return ops, nil
		case err != nil:
			return nil, fmt.Errorf("operation %d: %w", len(ops), err)
		}
		ops = append(ops, op)
	}
}

// ednCall is a call of a client.
type ednCall struct {
	write      bool
	val        any
	from, to   int64 // indexes
	mayBe      bool  // the call may have taken effect
	definitely bool  // the call has taken effect
}

// errNotLinearizable is returned by checkEDN for a history that keeps the rules of the
// format.
var errNotLinearizable = errors.New("not linearizable")

// checkEDN reads a history, checks it by Jepsen's rules, and judges it. Neither the reader
// nor the judge is part of the playground.
func checkEDN(text []byte) error {
	ops, err := readEDN(text)
	if err != nil {
		return err
	}
	calls, err := callsOf(ops)
	if err != nil {
		return err
	}
	s := search{calls: calls, seen: map[string]bool{}, done: make([]bool, len(calls))}
	if !s.linearizable(nil) {
		return errNotLinearizable
	}
	return nil
}

// callsOf pairs beginnings and ends. A process makes one call at a time. It makes no call
// after a call whose outcome is unknown. A fault of the nemesis begins and ends before the
// next one.
func callsOf(ops []ednOp) (calls []*ednCall, err error) {
	open, dead, fault := map[any]*ednCall{}, map[any]bool{}, ""
	last := int64(0)
	for i, op := range ops {
		if op.Index != int64(i) || op.Time < last {
			return nil, fmt.Errorf("operation %d has index %d, and time %d after %d", i, op.Index, op.Time, last)
		}
		last = op.Time
		if op.Process == ednfile.Keyword("nemesis") {
			now := fmt.Sprint(op.F, op.Value)
			if op.Type != "info" || fault != "" && fault != now {
				return nil, fmt.Errorf("operation %d: fault %s, and %s has not ended", i, now, fault)
			}
			fault = map[bool]string{true: now}[fault == ""]
			continue
		}
		if _, ok := op.Process.(int64); !ok || op.F != "read" && op.F != "write" {
			return nil, fmt.Errorf("operation %d: process %v, :f %v", i, op.Process, op.F)
		}
		if _, ok := op.Value.(string); !ok && op.Value != nil {
			return nil, fmt.Errorf("operation %d: value %v", i, op.Value)
		}
		c := open[op.Process]
		if op.Type == "invoke" {
			if c != nil || dead[op.Process] {
				return nil, fmt.Errorf("operation %d: process %v calls again", i, op.Process)
			}
			c = &ednCall{write: op.F == "write", val: op.Value, from: op.Index, to: math.MaxInt64, mayBe: true}
			open[op.Process] = c
			calls = append(calls, c)
			continue
		}
		if c == nil || c.write != (op.F == "write") {
			return nil, fmt.Errorf("operation %d: process %v ends what it has not begun", i, op.Process)
		}
		delete(open, op.Process)
		switch op.Type {
		case "ok":
			c.to, c.definitely = op.Index, true
			if !c.write {
				c.val = op.Value
			}
		case "fail":
			c.mayBe = false
		case "info":
			dead[op.Process] = true
		default:
			return nil, fmt.Errorf("operation %d: type %v", i, op.Type)
		}
	}
	if fault != "" {
		return nil, fmt.Errorf("fault %s has no end", fault)
	}
	return slices.DeleteFunc(calls, func(c *ednCall) bool { return !c.mayBe || !c.write && !c.definitely }), nil
}

// search tries all orders of the calls on a register (Wing and Gong, J. Parallel Distrib.
// Comput. 17, 1993). Like Lowe (2017) it remembers what it has tried: which calls were
// done, and the value after them.
type search struct {
	calls []*ednCall
	done  []bool
	seen  map[string]bool
}

// linearizable reports whether the calls that are not done have an order on a register that
// holds val. The next call in the order may be any of them that began before all others of
// them ended.
func (s *search) linearizable(val any) bool {
	first, left := int64(math.MaxInt64), false
	for i, c := range s.calls {
		if !s.done[i] {
			first = min(first, c.to)
			left = left || c.definitely
		}
	}
	if !left {
		return true // the remaining calls may have had no effect
	}
	state := fmt.Sprintf("%v %q", s.done, val)
	if s.seen[state] {
		return false
	}
	s.seen[state] = true
	for i, c := range s.calls {
		if s.done[i] || c.from > first || !c.write && c.val != val {
			continue
		}
		next := val
		if c.write {
			next = c.val
		}
		s.done[i] = true
		if s.linearizable(next) {
			return true
		}
		s.done[i] = false
	}
	return false
}

// TestASecondJudgeAgrees exports the history of each key of each built-in scenario, and of
// a run that refuses a write. A checker that reads only the export, and that has no code of
// Porcupine or of package history, comes to the same verdict as the playground.
func TestASecondJudgeAgrees(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("../scenario/builtin/*.jsonl.gz")
	if err != nil || len(files) < 14 {
		t.Fatalf("%d recordings, %v", len(files), err)
	}
	verdicts := map[string]int{}
	for _, name := range append(files, "../../static/js/testdata/recordings/refused.jsonl") {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		rec := read(t, text)
		for _, k := range rec.Judge().Report().Keys {
			file, err := Write("edn", rec, Selection{Key: k.Key})
			if errors.Is(err, ErrSelection) { // only calls by hand were about this key
				continue
			}
			if err != nil {
				t.Fatalf("%s, key %s: %v", name, k.Key, err)
			}
			bad := k.Verdict == history.NotLinearizable || k.Suspect
			err = checkEDN(file.Text)
			if err != nil && !errors.Is(err, errNotLinearizable) {
				t.Errorf("%s, key %s: %v", name, k.Key, err)
				continue
			}
			verdicts[k.Verdict]++
			if bad && err == nil && conflicting(rec, k.Key) {
				continue // the export has one value of a read that returned several
			}
			if (k.Verdict == history.Linearizable || bad) && bad != (err != nil) {
				t.Errorf("%s, key %s: the playground says %q, suspicion %v; the second judge: %v\n%s", name, k.Key, k.Verdict, k.Suspect, err, file.Text)
			}
		}
	}
	if verdicts[history.NotLinearizable] == 0 || verdicts[history.Linearizable] == 0 {
		t.Errorf("%v: this test needs both verdicts", verdicts)
	}
	t.Logf("%v", verdicts)
}

// conflicting reports whether a read of a key returned several values.
func conflicting(rec *recording.Recording, key string) bool {
	return slices.ContainsFunc(rec.Judge().List(0).Ops, func(op history.Op) bool { return op.Key == key && op.Split })
}

// The freeze and the thaw of a node are in the history of the nemesis, once each.
func TestFaultsAreOperationsOfTheNemesis(t *testing.T) {
	t.Parallel()
	file, err := Write("edn", read(t, refused(t)), Selection{})
	if err != nil {
		t.Fatal(err)
	}
	ops, err := readEDN(file.Text)
	if err != nil {
		t.Fatal(err)
	}
	var faults []string
	for _, op := range ops {
		if op.Process == ednfile.Keyword("nemesis") {
			faults = append(faults, fmt.Sprint(string(op.F), " ", op.Value))
		}
	}
	if got, want := strings.Join(faults, ", "), "freeze 4, freeze 4, thaw 4, thaw 4"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
}

package sloppy

import (
	"errors"
	"fmt"
	"slices"
	"testing"

	"capplayground/cluster"
	"capplayground/cluster/script"
)

var _ cluster.Machine = (*Machine)(nil)

func scripted() script.Config {
	return script.Config{New: New, Check: check}
}

// check returns an error if an acknowledged write is lost and no other write supersedes
// it, if a write is there twice, or if the homes of a key hold different sets.
func check(w *script.World) error {
	return errors.Join(checkKept(w), checkHomes(w))
}

func checkKept(w *script.World) error {
	var wrong []error
	for _, op := range w.Operations() {
		if op.Request.Kind != cluster.OpWrite || op.Status() != 201 {
			continue
		}
		v, err := ParseVersion(op.Reply.Version)
		if err != nil || len(v.Live) != 1 {
			return fmt.Errorf("op=%s has version %q: %v", op.Request.Op, op.Reply.Version, err)
		}
		if !held(w, op.Request) && !superseded(w, op.Request, v.Live[0]) {
			wrong = append(wrong, fmt.Errorf("op=%s %s=%s was acknowledged, and is lost", op.Request.Op, op.Request.Key, op.Request.Val))
		}
	}
	return errors.Join(wrong...)
}

// held reports whether a node has the value of a write, in its own set or as a hint.
func held(w *script.World, r cluster.Request) bool {
	for _, id := range w.IDs() {
		s, _ := w.Snapshot(id)
		if slices.ContainsFunc(s.Keys, func(k cluster.KeyState) bool { return k.Key == r.Key && slices.Contains(values(k), r.Val) }) ||
			slices.ContainsFunc(s.Hints, func(h cluster.Hint) bool { return h.Key == r.Key && h.Val == r.Val }) {
			return true
		}
	}
	return false
}

func superseded(w *script.World, r cluster.Request, d Dot) bool {
	return slices.ContainsFunc(w.Operations(), func(o script.Operation) bool {
		if o.Request.Op == r.Op || o.Request.Key != r.Key || o.Reply == nil {
			return false
		}
		v, err := ParseVersion(o.Reply.Version)
		return o.Request.Kind == cluster.OpWrite && err == nil && v.Past.KnowsWrite(d)
	})
}

func values(k cluster.KeyState) []string {
	vals := []string{k.Val}
	for _, s := range k.Siblings {
		vals = append(vals, s.Val)
	}
	return vals
}

func checkHomes(w *script.World) error {
	held := make(map[cluster.NodeID]map[string]cluster.KeyState)
	var keys []cluster.KeyState
	for _, id := range w.IDs() {
		s, _ := w.Snapshot(id)
		held[id] = make(map[string]cluster.KeyState)
		for _, k := range s.Keys {
			held[id][k.Key] = k
			keys = append(keys, k)
		}
	}
	var wrong []error
	for _, k := range keys {
		for i, val := range values(k) {
			if slices.Contains(values(k)[:i], val) {
				wrong = append(wrong, fmt.Errorf("%s=%s is there twice", k.Key, val))
			}
		}
		for _, home := range k.Homes {
			other := held[home][k.Key]
			if other.Version != k.Version || !slices.Equal(values(other), values(k)) {
				wrong = append(wrong, fmt.Errorf("%s is %v %s, and at home %v %v %s", k.Key, values(k), k.Version, home, values(other), other.Version))
			}
		}
	}
	return errors.Join(wrong...)
}

func TestScripts(t *testing.T) {
	t.Parallel()
	script.Files(t, "testdata/*.txt", scripted())
}

// TestPlantedBugs: each planted bug has its own script, which fails with the bug.
// TestScripts runs the same script without the bug.
func TestPlantedBugs(t *testing.T) {
	t.Parallel()
	scripts := map[string]string{
		BugHintsForgotten:   "testdata/bug-hints-forgotten.txt",
		BugRepairOverwrites: "testdata/bug-repair-overwrites.txt",
		BugComparesMaxima:   "testdata/bug-compares-maxima.txt",
		BugDotReused:        "testdata/bug-dot-reused.txt",
		BugCountedTwice:     "testdata/bug-counted-twice.txt",
		BugSupersedesLater:  "testdata/bug-supersedes-later.txt",
		BugNoAntiEntropy:    "testdata/bug-no-anti-entropy.txt",
		BugStaleSums:        "testdata/bug-stale-sums.txt",

		BugAnswersFirstCaller: "testdata/bug-answers-first-caller.txt",
		BugRepeatedAnew:       "testdata/bug-repeated-anew.txt",
		BugExchangesInTurn:    "testdata/bug-exchanges-in-turn.txt",
	}
	for _, bug := range Bugs.Names() {
		t.Run(bug, func(t *testing.T) {
			t.Parallel()
			script.Violated(t, scripts[bug], bug, scripted())
		})
	}
}

package consensus

import (
	"fmt"
	"testing"

	"capplayground/cluster"
	"capplayground/cluster/dice"
	"capplayground/cluster/script"
)

// scripts is a cluster with short logs, so that scripts reach a snapshot. Each node draws its
// election times from its own dice.
func scripts() script.Config {
	var early []error
	return script.Config{
		New: func(cfg cluster.Config) cluster.Machine {
			cfg.Tight = true
			return dice.Machine(&observed{New(cfg), &early}, uint64(cfg.ID))
		},
		Check: func(w *script.World) error {
			if len(early) > 0 {
				return early[0]
			}
			return always(w)
		},
		Checks: checks,
	}
}

// observed is a machine that reports an error if a promise is sent ahead of its records.
type observed struct {
	cluster.Machine
	early *[]error
}

func (o *observed) Inside() cluster.Machine { return o.Machine }

func (o *observed) Step(in cluster.Input) cluster.Output {
	out := o.Machine.Step(in)
	for _, m := range out.Ahead {
		if m.Type != typeAppend {
			*o.early = append(*o.early, fmt.Errorf("%v leaves before its records", m))
		}
	}
	return out
}

// TestScripts plays every flow of the protocol and compares the transcripts.
func TestScripts(t *testing.T) {
	t.Parallel()
	for _, glob := range []string{"testdata/[^b]*.txt", "testdata/bug-*.txt"} {
		script.Files(t, glob, scripts())
	}
}

// TestBugsAreCaught plants each bug into the script that has its name. TestScripts shows that
// the same script passes without the bug.
func TestBugsAreCaught(t *testing.T) {
	t.Parallel()
	for _, bug := range Bugs.Names() {
		t.Run(bug, func(t *testing.T) {
			t.Parallel()
			script.Violated(t, "testdata/bug-"+bug+".txt", bug, scripts())
		})
	}
}

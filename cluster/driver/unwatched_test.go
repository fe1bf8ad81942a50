package driver

import (
	"testing"

	"capplayground/cluster"
)

// recorder is a machine that keeps its inputs and sends a message for each request.
type recorder struct{ inputs []cluster.Input }

func (r *recorder) Step(in cluster.Input) cluster.Output {
	r.inputs = append(r.inputs, in)
	if in.Kind != cluster.InputRequest {
		return cluster.Output{}
	}
	m := cluster.Message{From: 1, To: 2, Type: "store", Op: in.Request.Op}
	if !in.Unlabelled {
		m.Label = "labelled"
	}
	return cluster.Output{Messages: []cluster.Message{m}}
}

func (*recorder) Snapshot() cluster.Snapshot { return cluster.Snapshot{} }

// The machine hears which of its texts nothing shows.
func TestMachinesHearWhatNothingShows(t *testing.T) {
	t.Parallel()
	stepped := func(cluster.Input, cluster.Output) {}
	for name, c := range map[string]struct {
		cfg                   Config
		unwatched, unlabelled bool
	}{
		"nothing":        {Config{Watch: WatchNothing}, true, true},
		"a screen":       {Config{Watch: WatchScreen}, true, false},
		"all":            {Config{Watch: WatchAll}, false, false},
		"a test or more": {Config{Watch: WatchNothing, Stepped: stepped}, false, false},
	} {
		r := &recorder{}
		c.cfg.ID, c.cfg.Machine = 1, r
		New(c.cfg).Start(nil, Moment{})
		if in := r.inputs[0]; in.Unwatched != c.unwatched || in.Unlabelled != c.unlabelled {
			t.Errorf("watched by %s: unwatched %v, unlabelled %v", name, in.Unwatched, in.Unlabelled)
		}
	}
}

// A busy node tells sums of its messages: their labels are left out, and a message
// without a label is always summed.
func TestABusyNodeLabelsNoMessageThatItSums(t *testing.T) {
	t.Parallel()
	r := &recorder{}
	d := New(Config{ID: 1, Machine: r, Watch: WatchAll})
	d.Start(nil, Moment{})
	seen := map[string]int{}
	for n := range 3000 {
		at := Moment{Now: cluster.Time(n * 100), Wall: int64(n * 100)} // 10,000 requests a second
		d.Request(cluster.Request{Op: cluster.OpID(rune(n + 1)), Kind: cluster.OpWrite, Key: "k"}, "load", at)
		if n == 1500 {
			d.faults.setRules([]cluster.Rule{{ID: "r", From: 1, Type: "other", Do: cluster.RuleHold}})
		}
		for _, m := range d.Batch(at).Messages {
			switch {
			case !m.Flow && m.Label == "":
				t.Fatalf("message %d is told, and has no label", n)
			case m.Flow && m.Label == "":
				seen["summed"]++
			case m.Flow:
				seen["summed, with rules"]++
			default:
				seen["told"]++
			}
		}
	}
	for _, what := range []string{"told", "summed", "summed, with rules"} {
		if seen[what] == 0 {
			t.Errorf("no message was %s: %v", what, seen)
		}
	}
}

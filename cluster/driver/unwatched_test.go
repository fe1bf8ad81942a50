package driver

import (
	"fmt"
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
	if !in.Summed {
		m.Label = "labelled"
	}
	op := in.Request.Op
	return cluster.Output{
		Messages: []cluster.Message{m},
		Notes:    []cluster.Body{&cluster.Progressed{Op: op}, &cluster.KeyChanged{Key: string(op)}},
		Timers:   []cluster.Timer{{Name: "votes", Op: op, Due: in.Now.Add(cluster.MinTimer)}},
	}
}

func (*recorder) Snapshot() cluster.Snapshot { return cluster.Snapshot{} }

// Each Input tells the machine which of its texts will not be shown.
func TestMachinesHearWhatNothingShows(t *testing.T) {
	t.Parallel()
	stepped := func(cluster.Input, cluster.Output) {}
	for name, c := range map[string]struct {
		cfg               Config
		unwatched, summed bool
	}{
		"nothing":      {Config{Watch: WatchNothing}, true, true},
		"a screen":     {Config{Watch: WatchScreen}, true, false},
		"all":          {Config{Watch: WatchAll}, false, false},
		"checks":       {Config{Watch: WatchNothing, Stepped: stepped}, true, true},
		"a transcript": {Config{Watch: WatchNothing, Stepped: stepped, Shown: true}, false, false},
	} {
		r := &recorder{}
		c.cfg.ID, c.cfg.Machine = 1, r
		New(c.cfg).Start(nil, Moment{})
		if in := r.inputs[0]; in.Unwatched != c.unwatched || in.Summed != c.summed {
			t.Errorf("watched by %s: unwatched %v, summed %v", name, in.Unwatched, in.Summed)
		}
	}
}

// A busy node reports sums of its messages. The machine may leave out the labels of
// summed messages. A message without a label must be summed.
func TestABusyNodeLabelsNoMessageThatItSums(t *testing.T) {
	t.Parallel()
	r := &recorder{}
	d := New(Config{ID: 1, Machine: r, Watch: WatchAll})
	d.Start(nil, Moment{})
	const rules = 1500 // after this request a rule holds other messages
	seen := map[string]int{}
	for n := range 3000 {
		at := Moment{Now: cluster.Time(n * 100), Wall: int64(n * 100)} // 10,000 requests a second
		d.Request(cluster.Request{Op: cluster.OpID(rune(n + 1)), Kind: cluster.OpWrite, Key: "k"}, "load", at)
		if n == rules {
			d.faults.setRules([]cluster.Rule{{ID: "r", From: 1, Type: "other", Do: cluster.RuleHold}})
		}
		for _, m := range d.Batch(at).Messages {
			switch {
			case !m.Flow && m.Label == "":
				t.Fatalf("message %d has an event, and no label", n)
			case m.Flow && (m.Label == "") != (n <= rules):
				t.Fatalf("message %d is summed, and its label is %q", n, m.Label)
			case m.Flow && n <= rules:
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

// A busy node makes an event for every invoke and every change of a key, but not for
// messages, progress and timers. If the setting of a timer had an event, its firing has
// one too, and otherwise not.
func TestABusyNodeTellsWhatIsKept(t *testing.T) {
	t.Parallel()
	d := New(Config{ID: 1, Machine: &recorder{}, Watch: WatchAll})
	d.Start(nil, Moment{})
	told := map[cluster.EventKind]int{}
	set := map[string]bool{}
	const requests = 3000
	take := func(at Moment) {
		for d.Advance(at) {
		}
		for _, e := range d.Batch(at).Events {
			told[e.Kind()]++
			if timer, ok := e.Body.(*cluster.TimerChanged); ok {
				if fired := timer.State != cluster.TimerSet; fired != set[timer.Timer] {
					t.Fatalf("%s has an event with the state %s", timer.Timer, timer.State)
				}
				set[timer.Timer] = timer.State == cluster.TimerSet
			}
		}
	}
	for n := range requests {
		at := Moment{Now: cluster.Time(n * 100), Wall: int64(n * 100)} // 10,000 requests a second
		d.Request(cluster.Request{Op: cluster.OpID(fmt.Sprint(n)), Kind: cluster.OpWrite, Key: "k"}, "load", at)
		take(at)
	}
	end := cluster.Time(requests * 100).Add(cluster.MinTimer)
	take(Moment{Now: end, Wall: int64(end)})
	for timer, open := range set {
		if open {
			t.Errorf("the event that %s fired is missing", timer)
		}
	}
	if told[cluster.KindKey] != requests || told[cluster.KindInvoke] != requests {
		t.Errorf("%d changes of keys and %d invokes have events, of %d", told[cluster.KindKey], told[cluster.KindInvoke], requests)
	}
	for _, kind := range []cluster.EventKind{cluster.KindSent, cluster.KindProgress, cluster.KindTimer} {
		if told[kind] == 0 || told[kind] > requests {
			t.Errorf("%d events of kind %s, with %d requests", told[kind], kind, requests)
		}
	}
}

package script

import (
	"reflect"
	"testing"

	"capplayground/cluster"
)

// Twice gives the same inputs to two machines that start makes, both node 1 of
// five. It fails the test unless both do the same, send only messages that node 1
// can send, and set no timer under [cluster.MinTimer]. It returns the first one.
func Twice[M cluster.Machine](t *testing.T, start func() M, inputs []cluster.Input) M {
	t.Helper()
	a, b := start(), start()
	for _, in := range inputs {
		x, y := a.Step(in), b.Step(in)
		if !reflect.DeepEqual(x, y) {
			t.Fatalf("%+v: once\n%+v, then\n%+v", in, x, y)
		}
		for _, msg := range x.Messages {
			if msg.From != 1 || msg.To == 1 || msg.To < 1 || msg.To > 5 {
				t.Fatalf("%+v: sends %v", in, msg)
			}
		}
		for _, timer := range x.Timers {
			if timer.Due.Sub(in.Now) < cluster.MinTimer {
				t.Fatalf("%+v: %v is due in %v", in, timer, timer.Due.Sub(in.Now))
			}
		}
	}
	if x, y := a.Snapshot(), b.Snapshot(); !reflect.DeepEqual(x, y) {
		t.Fatalf("once %+v, then %+v", x, y)
	}
	return a
}

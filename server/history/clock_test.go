package history

import (
	"testing"
	"time"
)

func TestOurClockSetBack(t *testing.T) {
	t.Parallel()
	const ms = time.Millisecond
	for _, test := range []struct {
		name  string
		leads []time.Duration // of the wall clock, a reading every 100 ms
		want  bool
	}{
		{"steady", []time.Duration{0, 0, 0, 0, 0}, false},
		{"read apart now and then", []time.Duration{0, -4 * ms, 0, -9 * ms, -4 * ms, 0}, false},
		{"slewed", []time.Duration{0, -50 * time.Microsecond, -100 * time.Microsecond, -150 * time.Microsecond, -200 * time.Microsecond}, false},
		{"set forward", []time.Duration{0, 3000 * ms, 3000 * ms, 3000 * ms}, false},
		{"set back", []time.Duration{0, -30 * ms, -30 * ms, -30 * ms}, true},
		{"set forward and back", []time.Duration{0, 3000 * ms, 3000 * ms, 0, 0, 0}, true},
	} {
		var c ourClock
		got := false
		for i, lead := range test.leads {
			got = c.read(lead, time.Duration(i)*100*ms) || got
		}
		if got != test.want {
			t.Errorf("%s: set back %v, want %v", test.name, got, test.want)
		}
	}
}

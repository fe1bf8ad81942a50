package process

import (
	"runtime"
	"testing"
)

// TestBeside is not parallel, because it changes the number of threads of the process.
func TestBeside(t *testing.T) {
	t.Setenv("GOMAXPROCS", "")
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	for _, c := range []struct {
		name           string
		env            string
		before, during int
	}{
		{"a tuned node", "", 1, 2},
		{"a process with more threads", "", 3, 3},
		{"one thread is wanted", "1", 1, 1},
	} {
		t.Setenv("GOMAXPROCS", c.env)
		runtime.GOMAXPROCS(c.before)
		during := 0
		beside(func() { during = runtime.GOMAXPROCS(0) })
		if after := runtime.GOMAXPROCS(0); during != c.during || after != c.before {
			t.Errorf("%s: %d threads during the work, %d after it, want %d and %d", c.name, during, after, c.during, c.before)
		}
	}
}

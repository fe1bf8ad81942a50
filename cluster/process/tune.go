package process

import (
	"os"
	"runtime"
	"runtime/debug"

	"capplayground/cluster/timerslack"
)

// gcPercent lets a node's heap grow to about 12 MiB before the first garbage
// collection: a node holds little and discards much.
const gcPercent = 300

// TuneNode sets up the Go runtime for a node. Several nodes share a machine, and each has
// one busy goroutine that wakes up thousands of times a second. With one thread for Go
// code, no second thread wakes up for each message. If GOMAXPROCS or GOGC is set in the
// environment, that value is used. main calls TuneNode before anything else.
func TuneNode() {
	timerslack.SetProcess(timerslack.Node)
	if os.Getenv("GOMAXPROCS") == "" {
		runtime.GOMAXPROCS(1)
	}
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(gcPercent)
	}
}

// beside runs work beside the loop of a node, with a second thread for Go code. With one
// thread the loop would wait for the work: only sysmon takes the thread from a goroutine
// that computes or is in a system call, and with the slack of a node it does so after 10 to
// 20 ms.
func beside(work func()) {
	if os.Getenv("GOMAXPROCS") == "" && runtime.GOMAXPROCS(0) == 1 {
		runtime.GOMAXPROCS(2)
		defer runtime.GOMAXPROCS(1)
	}
	work()
}

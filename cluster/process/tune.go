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

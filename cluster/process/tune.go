package process

import (
	"os"
	"runtime"
	"runtime/debug"
)

// gcPercent lets a node's heap grow to about 12 MiB before the first garbage
// collection: a node holds little and discards much.
const gcPercent = 300

// TuneNode sets the Go runtime up for a node: one of several processes that
// share a machine, each with one busy goroutine, idle most of the time and
// woken thousands of times a second. One thread for Go code saves waking a
// second one for every message. What the environment says (GOMAXPROCS, GOGC)
// counts more. It is for main, and before anything else there.
func TuneNode() {
	Calm()
	if os.Getenv("GOMAXPROCS") == "" {
		runtime.GOMAXPROCS(1)
	}
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(gcPercent)
	}
}

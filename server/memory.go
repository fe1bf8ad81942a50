package server

import (
	"os"
	"runtime/debug"
)

// MemoryLimit is how much memory a playground takes, in bytes: before it takes
// more the garbage collector works harder (debug.SetMemoryLimit). What it holds
// for as long as it needs it has bounds of its own, each where it is held; these
// are the largest, with what they come to, an event being 864 bytes and texts:
//
//	the past               128 MiB  collect.Config.Bytes, Events
//	the present             80 MiB  maxInFlight, maxKeys, maxOps, maxTimers in collect
//	what viewers read       32 MiB  hub.Config.LogBytes, LogEvents
//	what clients saw        30 MiB  history.Config.MaxOps, MaxKeys
//	what is to be judged    85 MiB  maxQueue in this package, where the judge is starved
//
// A viewer has no queue. It holds one frame at a time, which all share who missed
// the same, and is cut off where it does not take it within five seconds. Of
// viewers there are hub.Config.MaxViewers, of connections maxConnections, of
// requests web's maxBusy, of operations control's maxOps and our maxRunning.
const MemoryLimit = 512 << 20

// LimitMemory holds this process to MemoryLimit, unless the environment says
// otherwise (GOMEMLIMIT). It is for main.
func LimitMemory() {
	if os.Getenv("GOMEMLIMIT") == "" {
		debug.SetMemoryLimit(MemoryLimit)
	}
}

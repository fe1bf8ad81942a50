package server

import (
	"os"
	"runtime/debug"
)

// MemoryLimit is how much memory a playground takes, in bytes: before it takes
// more the garbage collector works harder (debug.SetMemoryLimit). What it holds
// for as long as it needs it has bounds of its own, each beside what it bounds:
//
//	the past                  128 MiB  collect.Config.Bytes
//	the present               100 MiB  collect: 20,000 each of messages, keys,
//	                                   timers and operations, 864 bytes and texts
//	what viewers read          32 MiB  hub.Config.LogBytes, LogEvents
//	a thousand viewers         80 MiB  hub.Config.MaxViewers; goroutines, buffers
//	what the clients saw       60 MiB  history.Config.MaxOps, MaxKeys
//	what waits to be judged    90 MiB  maxQueue, where the judge is starved
//
// A viewer holds no queue: one frame at a time, which it shares with all who
// keep up; its own is at most 256 KiB, and it is cut off when it does not take
// it within five seconds. Requests hold a body of 388 KiB at most, 512 at once.
const MemoryLimit = 512 << 20

// LimitMemory holds this process to MemoryLimit, unless the environment says
// otherwise (GOMEMLIMIT). It is for main.
func LimitMemory() {
	if os.Getenv("GOMEMLIMIT") == "" {
		debug.SetMemoryLimit(MemoryLimit)
	}
}

package server

import (
	"os"
	"runtime/debug"
)

// MemoryLimit is the memory limit of a playground, in bytes. Near it the garbage
// collector works harder (debug.SetMemoryLimit). All data that a playground keeps
// is bounded where it is kept. These are the largest bounds, where an event takes
// 864 bytes and its texts:
//
//	past events                   128 MiB  collect.Config.Bytes, Events
//	the present state              80 MiB  maxInFlight, maxKeys, maxOps, maxTimers in collect
//	events for viewers             32 MiB  hub.Config.LogBytes, LogEvents
//	operations of clients          30 MiB  history.Config.MaxOps, MaxKeys
//	events that wait for judging   85 MiB  maxQueue in judge, where judging is not scheduled
//
// A viewer has no queue. It holds one frame at a time. Viewers that missed the
// same events share one frame. A viewer that does not take its frame in time is
// disconnected. The number of viewers is bounded by hub.Config.MaxViewers, of
// connections by maxConnections, of requests by maxBusy in web, and of operations
// by maxOps in control and maxRunning in client.
const MemoryLimit = 512 << 20

// LimitMemory sets the memory limit of this process to MemoryLimit, unless the
// environment sets GOMEMLIMIT. Only main calls it.
func LimitMemory() {
	if os.Getenv("GOMEMLIMIT") == "" {
		debug.SetMemoryLimit(MemoryLimit)
	}
}

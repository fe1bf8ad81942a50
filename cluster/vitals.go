package cluster

import "runtime/metrics"

// Vitals is what a process holds of what must not grow for ever. There is no
// route of pprof: these two figures are what may be known from outside.
type Vitals struct {
	Goroutines int    `json:"goroutines"`
	HeapBytes  uint64 `json:"heap_bytes"` // of live and not yet swept objects
}

// ReadVitals reads those of this process, without stopping it.
func ReadVitals() Vitals {
	samples := []metrics.Sample{{Name: "/sched/goroutines:goroutines"}, {Name: "/memory/classes/heap/objects:bytes"}}
	metrics.Read(samples)
	return Vitals{Goroutines: int(samples[0].Value.Uint64()), HeapBytes: samples[1].Value.Uint64()}
}

package cluster_test

import (
	"runtime"
	"testing"

	"capplayground/cluster"
)

// TestVitals: the vitals of a process count the goroutines that it starts and the memory that
// it keeps.
func TestVitals(t *testing.T) {
	before := cluster.ReadVitals()
	if before.Goroutines < 1 || before.HeapBytes == 0 {
		t.Fatalf("the vitals of this process: %+v", before)
	}
	end := make(chan struct{})
	defer close(end)
	for range 1000 {
		go func() { <-end }()
	}
	held := make([]byte, 64<<20)
	after := cluster.ReadVitals()
	runtime.KeepAlive(held)                       // else the garbage collector may free it before the vitals are read
	if after.Goroutines < before.Goroutines+900 { // other goroutines may end meanwhile
		t.Errorf("%d goroutines before a thousand more, and %d after", before.Goroutines, after.Goroutines)
	}
	if after.HeapBytes < uint64(len(held)) {
		t.Errorf("%d bytes of heap with %d held", after.HeapBytes, len(held))
	}
}

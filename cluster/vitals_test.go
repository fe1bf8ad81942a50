package cluster_test

import (
	"runtime"
	"testing"

	"capplayground/cluster"
)

// TestVitals: what a process starts and keeps shows in its vitals.
func TestVitals(t *testing.T) {
	before := cluster.ReadVitals()
	if before.Goroutines < 1 || before.HeapBytes == 0 {
		t.Fatalf("a process that runs this test: %+v", before)
	}
	end := make(chan struct{})
	defer close(end)
	for range 1000 {
		go func() { <-end }()
	}
	held := make([]byte, 64<<20)
	after := cluster.ReadVitals()
	runtime.KeepAlive(held)                       // its length alone does not keep it: a collection may come before the reading
	if after.Goroutines < before.Goroutines+900 { // others may end meanwhile
		t.Errorf("%d goroutines, and %d after a thousand more", before.Goroutines, after.Goroutines)
	}
	if after.HeapBytes < uint64(len(held)) {
		t.Errorf("%d bytes of heap with %d held", after.HeapBytes, len(held))
	}
}

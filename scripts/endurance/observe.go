package main

import (
	"context"
	"time"

	"capplayground/cluster"
)

// sample holds the resources of the processes at one moment. Each figure of Node is the
// largest of all nodes.
type sample struct {
	At         float64   `json:"at_s"` // seconds since the beginning
	Playground resources `json:"playground"`
	Node       resources `json:"node"`
	Heap       float64   `json:"playground_heap_mib"`
	Processes  int       `json:"processes"`
	Orphans    int       `json:"orphans"`
	Disk       float64   `json:"disk_mib"`
	Events     int64     `json:"events"`
	Operations int       `json:"operations"`
	Failures   int       `json:"failures"` // 5xx other than 503 and 504
}

// observe takes a sample every minute and prints it.
func (s *soak) observe(ctx context.Context) {
	tick := time.NewTicker(min(time.Minute, max(s.o.span/10, time.Second)))
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		if s.disturbed.Load() {
			continue
		}
		at := s.sample()
		s.mu.Lock()
		s.samples = append(s.samples, at)
		s.mu.Unlock()
		all, good := s.tally.operations()
		page, floor := s.tally.latencies()
		s.say("%d operations (%.0f %% good), %d events, %d failures | page %.1f ms, most %.0f (bare %.1f, most %.0f) | playground %.1f MiB, %d goroutines, %d files | node, most: %.1f MiB, %d, %d | disk %.1f MiB, orphans %d",
			all, 100*float64(good)/float64(max(all, 1)), at.Events, at.Failures, page[0], page[2], floor[0], floor[2],
			at.Playground.MiB, at.Playground.Goroutines, at.Playground.Files, at.Node.MiB, at.Node.Goroutines, at.Node.Files, at.Disk, at.Orphans)
	}
}

// sample measures all processes. A frozen node does not answer, so its number of
// goroutines is not known.
func (s *soak) sample() sample {
	all, _ := s.tally.operations()
	at := sample{
		At: time.Since(s.began).Seconds(), Playground: unknown, Node: unknown, Disk: float64(s.dataBytes()) / (1 << 20),
		Events: s.watched.seq.Load(), Operations: all, Failures: s.tally.failures(),
		Processes: len(running(s.p.Program)),
	}
	if at.Orphans = s.orphans(); at.Orphans > 0 {
		s.violation("%d orphans", at.Orphans)
	}
	now, err := s.p.ReadCluster()
	if err != nil {
		s.violation("the playground does not say how its cluster is: %v", err)
		return at
	}
	at.Playground = resourcesOf(s.p.PID, &now.Process)
	at.Heap = float64(now.Process.HeapBytes) / (1 << 20)
	for i, n := range now.Nodes {
		if n.Status == cluster.StatusKilled {
			continue
		}
		var state struct {
			Process cluster.Vitals `json:"process"`
		}
		vitals := &state.Process
		if n.Status != cluster.StatusUp || n.Silent || s.p.Get(s.p.Node(i+1)+"/admin/state", &state) != nil {
			vitals = nil
		}
		at.Node = at.Node.most(resourcesOf(n.PID, vitals))
	}
	return at
}

package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"time"

	"capplayground/server/servertest"
)

const (
	// retained is how many events a playground keeps.
	retained = 100_000
	// memoryRate is in writes per second. A write of CA makes about 100 events, and at this
	// rate the nodes still report one event for each message.
	memoryRate = 60
)

// measureMemory measures what the heap of a playground holds before and after it has got
// as many events as it keeps. The least of many looks counts: garbage is in the others.
func measureMemory(ctx context.Context, _ *bench, s subject) ([]figure, error) {
	p, err := startPlayground(ctx, s, "--mode", "CA")
	if err != nil {
		return nil, err
	}
	defer p.Stop()
	before, err := leastHeap(ctx, p)
	if err != nil {
		return nil, err
	}
	began, seq := time.Now(), uint64(0)
	for seq < retained {
		if _, err := steady(ctx, 10, memoryRate, 2*time.Second, http.StatusCreated, nodeRequest(p.Place.Nodes, "write", 10)); err != nil {
			return nil, err
		}
		if seq, err = newestSeq(ctx, p); err != nil {
			return nil, err
		}
		if time.Since(began) > 2*time.Minute {
			return nil, fmt.Errorf("only %d events after %v", seq, time.Since(began))
		}
	}
	after, err := leastHeap(ctx, p)
	return []figure{
		{"heap of the playground before: least", before, "MiB"},
		{"heap of the playground with 100,000 events: least", after, "MiB"},
		{"heap that 100,000 events take", after - before, "MiB"},
		{"resident memory of the playground with 100,000 events", residentMiB(p.PID), "MiB"},
	}, err
}

// leastHeap is the least heap of the playground in 3 s, in MiB. Each look makes some
// garbage, so that the collector runs now and then.
func leastHeap(ctx context.Context, p *servertest.Playground) (float64, error) {
	var looks []uint64
	for end := time.Now().Add(3 * time.Second); time.Now().Before(end); {
		if ctx.Err() != nil {
			return 0, ctx.Err()
		}
		c, err := p.ReadCluster()
		if err != nil {
			return 0, err
		}
		looks = append(looks, c.Process.HeapBytes)
	}
	return float64(slices.Min(looks)) / (1 << 20), nil
}

// newestSeq is the seq of the playground's newest event, as a new viewer hears it.
func newestSeq(ctx context.Context, p *servertest.Playground) (seq uint64, err error) {
	leave, err := greeted(ctx, p.Place.Listen, func(frame []byte) {
		var events []struct{ Seq uint64 }
		if json.Unmarshal(frame, &events) == nil && len(events) > 0 {
			seq = events[0].Seq
		}
	}, func([]byte) {})
	if err == nil {
		leave()
	}
	return seq, err
}

package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"
)

// Growth beyond these bounds is a leak. The figures at rest at the end are compared
// with the figures at rest after the warm-up; both are medians. A leak of one goroutine
// or one file for each round, fault or viewer passes the bounds within minutes.
const (
	mostGrowth = 0.25 // a part of the figure after the warm-up, plus one of:
	moreCount  = 20   // goroutines or files
	moreMiB    = 24   // of resident memory; the Go runtime returns memory late
)

// summary is the content of the file that --out names.
type summary struct {
	Seed       uint64             `json:"seed"`
	Minutes    float64            `json:"minutes"`
	Operations map[string]int     `json:"operations"` // of the clients of this soak, by status
	Control    map[string]int     `json:"control"`    // calls of the playground, by status
	Faults     map[string]int     `json:"faults"`
	Page       map[string]float64 `json:"page_ms"`
	Viewers    map[string]int64   `json:"viewers"`
	Verdicts   map[string]int     `json:"verdicts"` // per mode: by the clients, and by the playground
	Looked     int                `json:"looked_for"`
	Start      sample             `json:"start"`
	End        sample             `json:"end"`
	MostMiB    float64            `json:"playground_most_mib"`
	NodeMost   float64            `json:"node_most_mib"`
	Ended      float64            `json:"ended_in_s"`
	Violations []string           `json:"violations"`
	Rounds     []round            `json:"rounds"`
	Samples    []sample           `json:"samples"`
	Resting    []sample           `json:"resting"`
}

// conclude ends the playground, reports processes that still run, and prints how much
// each figure grew.
func (s *soak) conclude(ctx context.Context) error {
	interrupted := ctx.Err() != nil
	took, err := s.p.Stop()
	if err != nil {
		s.violation("%v", err)
	}
	s.nothingLeft()
	sum := s.sum()
	sum.Ended = took.Seconds()
	s.growth(&sum)
	sum.Violations = s.violations
	s.print(sum)
	if s.o.out != "" {
		text, err := json.MarshalIndent(sum, "", "  ")
		if err != nil {
			return err
		}
		if err := os.WriteFile(s.o.out, append(text, '\n'), 0o644); err != nil {
			return err
		}
	}
	switch {
	case len(s.violations) > 0:
		s.say("of the playground's log, but for level=INFO:\n%s", s.p.Log())
		return fmt.Errorf("%w: %d violations, seed %d", errFound, len(s.violations), s.o.seed)
	case interrupted:
		return ctx.Err()
	}
	return nil
}

// nothingLeft waits until no process of the program runs. On a busy machine a node may
// end a while after its playground.
func (s *soak) nothingLeft() {
	deadline := time.Now().Add(30 * time.Second)
	for {
		left := running(s.p.Program)
		if len(left) == 0 {
			return
		}
		if time.Now().After(deadline) {
			s.violation("%d processes are left after the playground: %v", len(left), left)
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
}

func (s *soak) sum() summary {
	t := s.tally
	page, floor := t.latencies()
	sum := summary{
		Seed: s.o.seed, Minutes: time.Since(s.began).Minutes(), Faults: t.faults,
		Operations: named(t.statuses), Control: named(t.control),
		Page:    map[string]float64{"p50": page[0], "p99": page[1], "most": page[2], "bare_p50": floor[0], "bare_p99": floor[1], "bare_most": floor[2]},
		Viewers: map[string]int64{"joined": s.watched.joined.Load(), "frames": s.watched.frames.Load(), "mib": s.watched.bytes.Load() >> 20},
		Rounds:  s.rounds, Samples: s.samples, Resting: s.resting, Verdicts: map[string]int{},
	}
	for _, r := range s.rounds {
		sum.Verdicts[fmt.Sprintf("%s: %s", r.Mode, r.Verdict)]++
		sum.Verdicts[fmt.Sprintf("%s, the playground: %s", r.Mode, r.Playground)]++
		sum.Looked += r.Looked
	}
	for _, at := range slices.Concat(s.samples, s.resting) {
		sum.MostMiB, sum.NodeMost = max(sum.MostMiB, at.Playground.MiB), max(sum.NodeMost, at.Node.MiB)
	}
	return sum
}

// growth compares the figures at rest of two spans: the first sixth of the time after
// the warm-up, which is a twelfth of the soak, and the last sixth.
func (s *soak) growth(sum *summary) {
	span := s.o.span.Seconds()
	var first, last []sample
	for _, at := range s.resting {
		if at.At >= span/12 && at.At < span/12+span/6 {
			first = append(first, at)
		}
		if at.At >= span-span/6 {
			last = append(last, at)
		}
	}
	if len(first) == 0 || len(last) == 0 {
		if len(s.resting) > 0 { // the soak was too short
			sum.Start, sum.End = s.resting[0], s.resting[len(s.resting)-1]
		}
		return
	}
	sum.Start, sum.End = median(first), median(last)
	for _, row := range rows(*sum) {
		if row.more > 0 && row.end > row.start*(1+mostGrowth)+row.more {
			s.violation("%s grew from %.1f to %.1f (bound: %.0f %% and %.0f)", row.name, row.start, row.end, 100*mostGrowth, row.more)
		}
	}
}

// row is one figure. It may grow by mostGrowth plus `more`. If more is 0, there is no
// bound.
type row struct {
	name             string
	start, end, more float64
}

func rows(sum summary) []row {
	a, b := sum.Start, sum.End
	return []row{
		{"playground, goroutines", float64(a.Playground.Goroutines), float64(b.Playground.Goroutines), moreCount},
		{"playground, files", float64(a.Playground.Files), float64(b.Playground.Files), moreCount},
		{"playground, MiB", a.Playground.MiB, b.Playground.MiB, moreMiB},
		{"playground, threads", float64(a.Playground.Threads), float64(b.Playground.Threads), moreCount},
		{"playground, heap MiB", a.Heap, b.Heap, moreMiB},
		{"node (most), goroutines", float64(a.Node.Goroutines), float64(b.Node.Goroutines), moreCount},
		{"node (most), files", float64(a.Node.Files), float64(b.Node.Files), moreCount},
		{"node (most), MiB", a.Node.MiB, b.Node.MiB, moreMiB},
		{"node (most), threads", float64(a.Node.Threads), float64(b.Node.Threads), moreCount},
		{"processes", float64(a.Processes), float64(b.Processes), 0},
		{"databases, MiB", a.Disk, b.Disk, 0},
	}
}

// median is a sample whose figures are the medians over all samples.
func median(all []sample) sample {
	of := func(figure func(sample) float64) float64 {
		var values []float64
		for _, at := range all {
			values = append(values, figure(at))
		}
		slices.Sort(values)
		return values[len(values)/2]
	}
	held := func(which func(sample) resources) resources {
		return resources{
			Goroutines: int(of(func(at sample) float64 { return float64(which(at).Goroutines) })),
			Files:      int(of(func(at sample) float64 { return float64(which(at).Files) })),
			MiB:        of(func(at sample) float64 { return which(at).MiB }),
			Threads:    int(of(func(at sample) float64 { return float64(which(at).Threads) })),
		}
	}
	m := all[len(all)/2]
	m.Playground = held(func(at sample) resources { return at.Playground })
	m.Node = held(func(at sample) resources { return at.Node })
	m.Heap = of(func(at sample) float64 { return at.Heap })
	m.Disk = of(func(at sample) float64 { return at.Disk })
	return m
}

func (s *soak) print(sum summary) {
	var b strings.Builder
	fmt.Fprintf(&b, "%.1f minutes, %d rounds, seed %d\n\n", sum.Minutes, len(sum.Rounds), sum.Seed)
	fmt.Fprintf(&b, "| at rest | %.0f min | %.0f min | growth |\n|---|---:|---:|---:|\n", sum.Start.At/60, sum.End.At/60)
	for _, r := range rows(sum) {
		fmt.Fprintf(&b, "| %s | %.1f | %.1f | %+.1f |\n", r.name, r.start, r.end, r.end-r.start)
	}
	fmt.Fprintf(&b, "\nmost memory at any time: playground %.1f MiB, a node %.1f MiB\n", sum.MostMiB, sum.NodeMost)
	fmt.Fprintf(&b, "operations of our clients: %v; calls of the playground: %v; events: %d\n", sum.Operations, sum.Control, sum.End.Events)
	fmt.Fprintf(&b, "faults: %v\n", sum.Faults)
	fmt.Fprintf(&b, "verdicts: %v; acknowledged writes looked for at the end of rounds: %d\n", sum.Verdicts, sum.Looked)
	fmt.Fprintf(&b, "page: p50 %.1f ms, p99 %.1f, most %.1f; a bare server %.1f, %.1f, %.1f\n", sum.Page["p50"], sum.Page["p99"], sum.Page["most"], sum.Page["bare_p50"], sum.Page["bare_p99"], sum.Page["bare_most"])
	fmt.Fprintf(&b, "viewers: %v; ended in %.2f s; violations: %d\n", sum.Viewers, sum.Ended, len(sum.Violations))
	_, _ = fmt.Fprint(s.out, "\n", b.String())
}

var errFound = errors.New("the soak found faults")

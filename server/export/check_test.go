package export

import (
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"capplayground/cluster"
	"capplayground/server/recording"
)

// firstOp and refusedOp are operations of the test's recording.
func firstOp(rec *recording.Recording) cluster.OpID {
	for _, e := range rec.Events {
		if x, ok := e.Body.(*cluster.Returned); ok {
			return x.Op
		}
	}
	return ""
}

func refusedOp(rec *recording.Recording) cluster.OpID {
	for _, e := range rec.Events {
		if x, ok := e.Body.(*cluster.Returned); ok && x.Status == "503" {
			return x.Op
		}
	}
	return ""
}

// operations are all operations of a recording that have ended, once each.
func operations(rec *recording.Recording) (all []cluster.OpID) {
	for _, e := range rec.Events {
		if x, ok := e.Body.(*cluster.Returned); ok && !slices.Contains(all, x.Op) {
			all = append(all, x.Op)
		}
	}
	return all
}

// A line of Mermaid's sequence diagrams, as far as we write them. Text has no sign
// that Mermaid reads as anything but text: ; ends a statement, # begins a character
// reference, and the word end ends a block.
var mermaidLine = regexp.MustCompile(`^\t(autonumber|actor c as client|participant n\d as Node \d|Note over n1: \d+ more messages are left out|(n\d|c)(->>|-->>|-x|--x)(n\d|c): (?:[A-Za-z0-9 .=_()-]|[^\x00-\xa0]|#\d+;)*)$`)

func checkMermaid(text []byte) error {
	lines := strings.Split(strings.TrimSuffix(string(text), "\n"), "\n")
	if lines[0] != "sequenceDiagram" {
		return errors.New("no diagram")
	}
	for i, line := range lines[1:] {
		if !mermaidLine.MatchString(line) {
			return fmt.Errorf("line %d: %q", i+2, line)
		}
		if _, text, ok := strings.Cut(line, ": "); ok && slices.ContainsFunc(strings.Fields(text), func(w string) bool { return strings.EqualFold(w, "end") }) {
			return fmt.Errorf("line %d: the word end", i+2)
		}
	}
	return nil
}

// checkPerfetto checks a trace by the rules of Perfetto's importer: slices of a thread
// nest, and each end of a flow lies in a slice of its thread.
func checkPerfetto(text []byte) error {
	var trace struct {
		TraceEvents []traceEvent
	}
	if err := json.Unmarshal(text, &trace); err != nil {
		return err
	}
	type thread [2]int
	slicesOf := map[thread][]traceEvent{}
	starts, ends := map[string]traceEvent{}, map[string]int{}
	flows := 0
	for _, e := range trace.TraceEvents {
		at := thread{e.Process, e.Thread}
		switch e.Phase {
		case "X":
			if e.Duration < 1 {
				return fmt.Errorf("a slice without length: %+v", e)
			}
			for _, other := range slicesOf[at] {
				inside := e.T >= other.T && e.T+e.Duration <= other.T+other.Duration || other.T >= e.T && other.T+other.Duration <= e.T+e.Duration
				if !inside && e.T < other.T+other.Duration && other.T < e.T+e.Duration {
					return fmt.Errorf("slices overlap by half: %+v and %+v", e, other)
				}
			}
			slicesOf[at] = append(slicesOf[at], e)
		case "s", "f":
			flows++
			if !slices.ContainsFunc(slicesOf[at], func(x traceEvent) bool { return e.T >= x.T && e.T < x.T+x.Duration }) {
				return fmt.Errorf("an end of a flow outside of all slices: %+v", e)
			}
			if n, err := strconv.ParseUint(e.ID, 0, 64); err != nil || n == 0 {
				return fmt.Errorf("id %q", e.ID)
			}
			if _, twice := starts[e.ID]; e.Phase == "s" && twice {
				return fmt.Errorf("a second start of %s", e.ID)
			}
			if e.Phase == "s" {
				starts[e.ID] = e
				continue
			}
			from, ok := starts[e.ID]
			if ends[e.ID]++; !ok || ends[e.ID] > 1 || e.Binding != "e" || from.Name != e.Name || from.Cat != e.Cat || from.T > e.T {
				return fmt.Errorf("an end without its start: %+v", e)
			}
		}
	}
	if flows == 0 {
		return errors.New("no flow")
	}
	return nil
}

// checkShiViz reads a log as ShiViz does: by the expression of its first line. In the
// clocks of a host, its own entry is 1, 2, 3 and so on. In no clock is the entry of a host
// higher than the number of events of that host up to there.
func checkShiViz(text []byte) error {
	head, log, ok := strings.Cut(string(text), "\n\n")
	if !ok {
		return errors.New("no head")
	}
	line, err := regexp.Compile("(?m)" + head)
	if err != nil {
		return err
	}
	rows := strings.Split(strings.TrimSuffix(log, "\n"), "\n")
	seen := map[string]uint64{}
	for i, row := range rows {
		m := line.FindStringSubmatch(row)
		if m == nil {
			return fmt.Errorf("line %d: %q", i+3, row)
		}
		host := m[line.SubexpIndex("host")]
		var clock map[string]uint64
		if err := json.Unmarshal([]byte(m[line.SubexpIndex("clock")]), &clock); err != nil {
			return fmt.Errorf("line %d: %w", i+3, err)
		}
		if clock[host] != seen[host]+1 {
			return fmt.Errorf("line %d: %s is at %d after %d", i+3, host, clock[host], seen[host])
		}
		for other, n := range clock {
			if other != host && n > seen[other] {
				return fmt.Errorf("line %d: %s knows %d events of %s, which has %d", i+3, host, n, other, seen[other])
			}
		}
		seen[host]++
	}
	return nil
}

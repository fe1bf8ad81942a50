package export

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
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

// checkPerfetto holds a trace against what Perfetto's importer asks: slices of a
// thread nest, and each end of a flow lies in a slice of its thread.
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

// checkShiViz reads a log as ShiViz does: by the expression of its first line. Each
// host's own entry rises by one from 1, and no clock knows more of a host than has
// happened there.
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

// ednLine reads one operation of a history.
var ednLine = regexp.MustCompile(`^\{:index (\d+), :time (\d+), :type :(invoke|ok|fail|info), :process (\d+), :f :(read|write), :value (nil|"(?:[^"\\\x00-\x1f]|\\["\\]|\\u[0-9a-f]{4})*")\}$`)

// ednFault reads one operation of the nemesis.
var ednFault = regexp.MustCompile(`^\{:index (\d+), :time \d+, :type :info, :process :nemesis, :f :(freeze|thaw|kill|restart|cut|join), :value (\d|\[\d \d\])\}$`)

// call is a call of a client in an EDN history.
type ednCall struct {
	write      bool
	val        string
	from, to   int // lines
	mayBe      bool
	definitely bool
}

// checkEDN reads a history and judges it. The judge is not Porcupine: it tries all
// orders (Wing and Gong, J. Parallel Distrib. Comput. 1993).
func checkEDN(text []byte) error {
	open, dead := map[string]*ednCall{}, map[string]bool{}
	var calls []*ednCall
	fault := "" // that has begun
	for i, row := range strings.Split(strings.TrimSuffix(string(text), "\n"), "\n") {
		if m := ednFault.FindStringSubmatch(row); m != nil && m[1] == strconv.Itoa(i) {
			switch now := m[2] + " " + m[3]; fault {
			case "":
				fault = now
			case now:
				fault = ""
			default:
				return fmt.Errorf("line %d: %s, and %s has not ended", i+1, now, fault)
			}
			continue
		}
		m := ednLine.FindStringSubmatch(row)
		if m == nil || m[1] != strconv.Itoa(i) {
			return fmt.Errorf("line %d: %q", i+1, row)
		}
		kind, process := m[3], m[4]
		if kind == "invoke" {
			if open[process] != nil || dead[process] {
				return fmt.Errorf("line %d: process %s calls again", i+1, process)
			}
			c := &ednCall{write: m[5] == "write", val: m[6], from: i, to: math.MaxInt, mayBe: true}
			open[process] = c
			calls = append(calls, c)
			continue
		}
		c := open[process]
		if c == nil {
			return fmt.Errorf("line %d: process %s ends nothing", i+1, process)
		}
		delete(open, process)
		switch kind {
		case "ok":
			c.to, c.definitely = i, true
			if !c.write {
				c.val = m[6]
			}
		case "fail":
			c.mayBe = false
		case "info":
			dead[process] = true
		}
	}
	if fault != "" {
		return fmt.Errorf("%s has no end", fault)
	}
	calls = slices.DeleteFunc(calls, func(c *ednCall) bool { return !c.mayBe || !c.write && !c.definitely })
	if !linearizable(calls, make([]bool, len(calls)), "nil") {
		return errors.New("not linearizable")
	}
	return nil
}

// linearizable tries every call that may come next: one that began before each
// other open call ended.
func linearizable(calls []*ednCall, done []bool, val string) bool {
	first := math.MaxInt
	left := false
	for i, c := range calls {
		if !done[i] {
			first = min(first, c.to)
			left = left || c.definitely
		}
	}
	if !left {
		return true // what is open may never take effect
	}
	for i, c := range calls {
		if done[i] || c.from > first || !c.write && c.val != val {
			continue
		}
		next := val
		if c.write {
			next = c.val
		}
		done[i] = true
		if linearizable(calls, done, next) {
			return true
		}
		done[i] = false
	}
	return false
}

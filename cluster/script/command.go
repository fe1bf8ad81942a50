package script

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"

	"capplayground/cluster"
)

// Run carries out a whole script and returns it with its transcript. The error
// names a line that is no command. A broken expectation is not an error; it is one
// of the Violations.
func (w *World) Run(text string) (string, error) {
	var b strings.Builder
	for i, line := range strings.Split(strings.TrimRight(text, "\n"), "\n") {
		if strings.HasPrefix(line, " ") {
			continue
		}
		b.WriteString(strings.TrimRight(line, " ") + "\n")
		if line == "" || line[0] == '#' {
			continue
		}
		out, err := w.Do(line)
		if err != nil {
			return b.String(), fmt.Errorf("line %d: %q: %w", i+1, line, err)
		}
		b.WriteString(out)
	}
	return b.String(), nil
}

// Do carries out one command and returns its transcript.
func (w *World) Do(line string) (string, error) {
	w.transcript.Reset()
	name, rest, _ := strings.Cut(strings.TrimSpace(line), " ")
	rest = strings.TrimSpace(rest)
	if w.hosts == nil && name != "nodes" {
		w.open(5, cluster.Quorum{})
		w.transcript.Reset()
	}
	err := w.command(name, rest)
	return w.transcript.String(), err
}

var errUsage = errors.New("not a command; doc.go lists them")

func (w *World) command(name, rest string) error {
	args := strings.Fields(rest)
	switch name {
	case "nodes":
		return w.cmdNodes(args)
	case "write", "read", "propose", "commit", "rollback", "plant", "holds":
		return w.cmdRequest(name, args)
	case "deliver", "drop", "dup", "hold", "cut":
		return w.cmdMessages(name, rest)
	case "settle":
		return w.settle()
	case "partition":
		return w.cmdPartition(rest)
	case "heal":
		w.holds, w.cuts = nil, nil
		return nil
	case "inflight":
		for _, f := range w.flight {
			w.print("%v", f.Message)
		}
		return nil
	case "advance", "run":
		d, err := time.ParseDuration(rest)
		if err != nil {
			return err
		}
		return w.pass(d, name == "run")
	case "fire":
		return w.cmdFire(args)
	case "timers":
		w.cmdTimers()
		return nil
	case "wall":
		return w.cmdWall(args)
	case "stop":
		return w.cmdStop(args)
	case "damage", "members":
		return w.cmdDisk(name, args)
	case "repair", "crash", "restart", "wipe", "block-disk", "freeze", "thaw", "go", "snapshot", "records":
		return w.cmdNode(name, args)
	case "quorum":
		return w.cmdQuorum(args)
	case "check":
		return w.cmdCheck(rest)
	case "expect":
		return w.cmdExpect(args)
	}
	return errUsage
}

func (w *World) cmdNodes(args []string) error {
	if w.hosts != nil {
		return errors.New("there are nodes already")
	}
	if len(args) == 0 {
		return errUsage
	}
	n, err := strconv.Atoi(args[0])
	if err != nil || n < 1 || n > cluster.MaxNodes {
		return fmt.Errorf("%q: want 1 to %d nodes", args[0], cluster.MaxNodes)
	}
	var q cluster.Quorum
	if len(args) == 2 {
		sizes, ok := strings.CutPrefix(args[1], "quorum=")
		if !ok {
			return errUsage
		}
		if q, err = parseQuorum(strings.Split(sizes, ",")); err != nil {
			return err
		}
	}
	w.open(n, q)
	return nil
}

func parseQuorum(words []string) (q cluster.Quorum, err error) {
	if len(words) != 3 {
		return q, errUsage
	}
	for i, to := range []*int{&q.N, &q.R, &q.W} {
		if *to, err = strconv.Atoi(words[i]); err != nil {
			return q, err
		}
	}
	return q, nil
}

func (w *World) cmdQuorum(args []string) error {
	q, err := parseQuorum(args)
	if err != nil {
		return err
	}
	w.quorum = q
	for _, n := range w.hosts {
		if n.driver != nil {
			n.driver.SetQuorum(q, w.moment(n))
			w.carryOut(n)
		}
	}
	return nil
}

func (w *World) node(word string) (*host, error) {
	id, err := parseNode(word)
	if err != nil {
		return nil, err
	}
	if int(id) > len(w.hosts) {
		return nil, fmt.Errorf("%w: %v", cluster.ErrNoSuchNode, id)
	}
	return w.hosts[id-1], nil
}

var requests = map[string]cluster.RequestKind{
	"write": cluster.OpWrite, "read": cluster.OpRead, "propose": cluster.OpPropose, "commit": cluster.OpCommit,
	"rollback": cluster.OpRollback, "plant": cluster.OpPlant, "holds": cluster.OpHolds,
}

func (w *World) cmdRequest(name string, args []string) error {
	if len(args) == 0 {
		return errUsage
	}
	n, err := w.node(args[0])
	if err != nil {
		return err
	}
	r := cluster.Request{Kind: requests[name]}
	timeout := cluster.OpTimeout
	for _, word := range args[1:] {
		field, val, _ := strings.Cut(word, "=")
		switch field {
		case "op":
			r.Op = cluster.OpID(val)
		case "tx":
			r.Tx = cluster.OpID(val)
		case "ifmatch":
			r.IfMatch = val
		case "ts":
			r.TS, err = strconv.ParseInt(val, 10, 64)
		case "timeout":
			timeout, err = time.ParseDuration(val)
		default:
			r.Key, r.Val = field, val
		}
		if err != nil {
			return err
		}
	}
	if r.Op == "" {
		r.Op = cluster.OpID(fmt.Sprintf("r%d", len(w.ops)+1))
	}
	r.Deadline = w.now.Add(timeout)
	w.request(n, r)
	return nil
}

func (w *World) cmdMessages(name, rest string) error {
	c, err := parseChoice(rest)
	if err != nil {
		return err
	}
	switch name {
	case "hold":
		w.holds = append(w.holds, c.only...)
		return nil
	case "cut":
		w.cut(c.only)
		return nil
	case "drop":
		w.lose("dropped", c.matches)
		return nil
	}
	var chosen []flying
	for _, f := range w.flight {
		if c.matches(f.Message) && !(c.all && matches(w.holds, f.Message)) {
			chosen = append(chosen, f)
		}
	}
	if len(chosen) == 0 && !c.all {
		return errors.New("no such message in flight")
	}
	if c.first && len(chosen) > 1 {
		chosen = chosen[:1]
	}
	for _, f := range chosen {
		if name == "deliver" {
			w.deliver(f.nth)
			continue
		}
		w.count++
		w.flight = append(w.flight, flying{f.Message, w.count})
	}
	return nil
}

func (w *World) cut(links []selector) {
	w.cuts = append(w.cuts, links...)
	w.lose("cut", func(m cluster.Message) bool { return matches(links, m) })
}

func (w *World) cmdPartition(rest string) error {
	group := map[cluster.NodeID]int{}
	for i, part := range strings.Split(rest, "|") {
		for word := range strings.SplitSeq(part, ",") {
			n, err := parseNode(strings.TrimSpace(word))
			if err != nil {
				return err
			}
			group[n] = i
		}
	}
	var between []selector
	for _, a := range w.IDs() {
		for _, b := range w.IDs() {
			ga, inA := group[a]
			gb, inB := group[b]
			if inA && inB && ga != gb {
				between = append(between, selector{from: a, to: b})
			}
		}
	}
	w.cut(between)
	return nil
}

func (w *World) cmdFire(args []string) error {
	if len(args) != 2 {
		return errUsage
	}
	n, err := w.node(args[0])
	if err != nil {
		return err
	}
	for _, t := range w.timers {
		if t.host == n && t.ID() == args[1] {
			w.fire(t)
			return nil
		}
	}
	return errors.New("no such timer is set")
}

func (w *World) cmdTimers() {
	ts := slices.Clone(w.timers)
	slices.SortStableFunc(ts, func(a, b set) int { return int(a.Due - b.Due) })
	for _, t := range ts {
		w.print("%v %s at %s", t.host.id, t.ID(), at(t.Due))
	}
}

func (w *World) cmdWall(args []string) error {
	if len(args) != 2 {
		return errUsage
	}
	n, err := w.node(args[0])
	if err != nil {
		return err
	}
	n.skew, err = time.ParseDuration(args[1])
	return err
}

func (w *World) cmdStop(args []string) error {
	if len(args) != 3 {
		return errUsage
	}
	n, err := w.node(args[0])
	if err != nil {
		return err
	}
	if n.driver == nil {
		return fmt.Errorf("%v is down", n.id)
	}
	count, err := strconv.Atoi(args[2])
	if err != nil || count < 1 {
		return fmt.Errorf("%q: want a number from 1", args[2])
	}
	w.stopAt(n, args[1], count)
	return nil
}

// whileDown are the commands about one node that a node which is down takes.
var whileDown = []string{"restart", "repair", "wipe", "records"}

func (w *World) cmdNode(name string, args []string) error {
	if len(args) != 1 {
		return errUsage
	}
	n, err := w.node(args[0])
	if err != nil {
		return err
	}
	up := n.driver != nil
	if name == "restart" && up {
		return fmt.Errorf("%v is up", n.id)
	}
	if !up && !slices.Contains(whileDown, name) {
		return fmt.Errorf("%v is down", n.id)
	}
	switch name {
	case "crash":
		w.crash(n)
	case "restart":
		w.start(n)
	case "wipe":
		if up {
			w.crash(n)
		}
		w.newDisk(n)
		n.database++
		w.start(n)
	case "repair":
		w.repair(n)
	case "block-disk":
		n.diskBlocked = true
	case "freeze":
		n.frozen = true
		w.record(n, &cluster.StatusChanged{Status: cluster.StatusFrozen})
	case "thaw":
		w.thaw(n)
	case "go":
		if _, stopped := n.driver.StoppedAt(); !stopped {
			return fmt.Errorf("%v is stopped at no point", n.id)
		}
		w.goOn(n)
	case "snapshot":
		w.printSnapshot(n.driver.Snapshot())
	case "records":
		for _, r := range w.Records(n.id) {
			w.print("%s %s", r.Key, legible(r.Val))
		}
	}
	return nil
}

// legible returns the value of a record as it is if it is a plain text, and otherwise quoted.
func legible(val []byte) string {
	if strings.ContainsFunc(string(val), unicode.IsControl) {
		return strconv.Quote(string(val))
	}
	return string(val)
}

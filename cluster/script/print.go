package script

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"capplayground/cluster"
	"capplayground/cluster/driver"
)

// print adds one line to the transcript.
func (w *World) print(format string, args ...any) {
	w.transcript.WriteString(strings.Repeat("  ", w.depth+1))
	fmt.Fprintf(&w.transcript, format, args...)
	w.transcript.WriteByte('\n')
}

// printOutput prints what one step did, in the order of cluster.Output.
func (w *World) printOutput(n cluster.NodeID, out cluster.Output) {
	if out.Stale {
		w.print("%v stale", n)
	}
	for _, m := range out.Ahead {
		w.printMessage(n, m)
	}
	if len(out.Records) > 0 {
		var keys []string
		for _, r := range out.Records {
			if r.Val == nil {
				keys = append(keys, "-"+r.Key)
			} else {
				keys = append(keys, r.Key)
			}
		}
		w.print("%v records %s", n, strings.Join(keys, " "))
	}
	for _, body := range out.Notes {
		w.print("%v %s", n, note(body))
	}
	for _, m := range out.Messages {
		w.printMessage(n, m)
	}
	for _, t := range out.Timers {
		if t.Quiet {
			continue
		}
		w.print("%v timer %s at %s", n, t.ID(), at(t.Due))
		if t.Due.Sub(w.now) < cluster.MinTimer {
			w.violated("a timer of less than %v", cluster.MinTimer)
		}
	}
	for _, r := range out.Replies {
		w.print("%v reply op=%s %s", n, r.Op, w.reply(r))
	}
	w.checkReplies(n, out.Replies)
}

func (w *World) printMessage(n cluster.NodeID, m cluster.Message) {
	m.From = n
	via := ""
	if m.Via != "" {
		via = " via " + string(m.Via)
	}
	if m.For != 0 {
		via += " for " + m.For.String()
	}
	w.print("%v%s", m, via)
}

func at(t cluster.Time) string { return t.Sub(0).Round(time.Microsecond).String() }

// words are the parts of one line.
type words []string

func (l *words) add(format string, args ...any) { *l = append(*l, fmt.Sprintf(format, args...)) }

func (l words) String() string { return strings.Join(l, " ") }

func list(ns []cluster.NodeID) string {
	var s []string
	for _, n := range ns {
		s = append(s, fmt.Sprint(int(n)))
	}
	return strings.Join(s, ",")
}

// note is a note of a machine as one line.
func note(body cluster.Body) string {
	l := words{string(body.Kind())}
	if op := body.Operation(); op != "" {
		l.add("op=%s", op)
	}
	switch e := body.(type) {
	case *cluster.Progressed:
		l.add("%s need=%d", e.Phase, e.Need)
		for _, s := range []struct {
			name  string
			nodes []cluster.NodeID
		}{{"yes", e.Yes}, {"no", e.No}, {"waiting", e.Waiting}, {"hinted", e.Hinted}, {"homes", e.Homes}} {
			if len(s.nodes) > 0 {
				l.add("%s=%s", s.name, list(s.nodes))
			}
		}
		if e.Timer != "" {
			l.add("timer=%s", e.Timer)
		}
	case *cluster.KeyChanged:
		if e.Version == "" && e.Val == "" {
			l.add("%s", e.Key)
		} else {
			l.add("%s=%s", e.Key, e.Val)
		}
		holding(&l, e.Version, e.LockedBy, e.Siblings, e.HintFor, e.ByHand)
		if e.Gone {
			l.add("gone")
		}
	case *cluster.LogChanged:
		l.add("%s", logged(e.Log))
	case *cluster.RoleChanged:
		role(&l, e.Role, e.Term, e.Badges)
	}
	return l.String()
}

// logged shows a log as index.term of its last entries, "1.1 2.1 3.2".
func logged(log *cluster.ReplicatedLog) words {
	var l words
	for _, c := range log.Cells {
		l.add("%d.%d", c.Index, c.Term)
	}
	l.add("commit=%d applied=%d", log.Commit, log.Applied)
	if log.Leader != 0 {
		l.add("leader=%v", log.Leader)
	} else if log.Vote != 0 {
		l.add("vote=%v", log.Vote)
	}
	for _, m := range log.Match {
		l.add("%v=%d", m.Node, m.Index)
	}
	return l
}

func holding(l *words, version string, lock cluster.OpID, siblings []cluster.Sibling, hint cluster.NodeID, byHand bool) {
	if version != "" {
		l.add("version=%s", version)
	}
	if lock != "" {
		l.add("locked=%s", lock)
	}
	for _, s := range siblings {
		l.add("sibling=%s@%s", s.Val, s.Version)
	}
	if hint != 0 {
		l.add("hint for %v", hint)
	}
	if byHand {
		l.add("by hand")
	}
}

func role(l *words, name string, term uint64, badges map[string]int) {
	if name == "" {
		name = "-"
	}
	l.add("%s", name)
	if term != 0 {
		l.add("term=%d", term)
	}
	for _, b := range slices.SortedFunc(maps.Keys(badges), cmp.Compare) {
		l.add("%s=%d", strings.ReplaceAll(b, " ", "-"), badges[b])
	}
}

func (w *World) reply(r cluster.Reply) string {
	var l words
	kind := cluster.RequestKind("")
	if o := w.op(r.Op); o != nil {
		kind = o.Request.Kind
	}
	l.add("%d", driver.Status(kind, r.Err))
	if r.Err != nil {
		l.add("%v", r.Err)
		return l.String()
	}
	if kind == cluster.OpRead || kind == cluster.OpHolds {
		l.add("%s=%s", r.Key, r.Val)
	}
	holding(&l, r.Version, "", r.Siblings, 0, false)
	return l.String()
}

func (w *World) printSnapshot(s cluster.Snapshot) {
	var l words
	role(&l, s.Role, s.Term, s.Badges)
	w.print("role %s", l)
	for _, k := range s.Keys {
		l := words{k.Key}
		if k.Version != "" || k.Val != "" {
			l = words{k.Key + "=" + k.Val}
		}
		holding(&l, k.Version, k.LockedBy, k.Siblings, 0, k.ByHand)
		if len(k.Homes) > 0 {
			l.add("homes=%s", list(k.Homes))
		}
		w.print("%s", l)
	}
	for _, u := range s.Undecided {
		var l words
		l.add("undecided tx=%s %s=%s", u.Tx, u.Key, u.Val)
		if u.Coordinator == 0 {
			l.add("by hand")
		} else {
			l.add("coordinator=%v", u.Coordinator)
		}
		if u.InDoubt {
			l.add("in doubt")
		}
		w.print("%s", l)
	}
	for _, h := range s.Hints {
		w.print("hint for %v %s=%s version=%s", h.For, h.Key, h.Val, h.Version)
	}
	if s.Quorum != nil {
		w.print("quorum n=%d r=%d w=%d", s.Quorum.N, s.Quorum.R, s.Quorum.W)
	}
}

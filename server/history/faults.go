package history

import (
	"fmt"
	"slices"
	"strings"

	"capplayground/cluster"
)

// Fault is a fault of the cluster, such as a kill or a cut, for charts and pages
// that show operations in time.
type Fault struct {
	T    int64  `json:"t"`             // microseconds since the epoch
	End  int64  `json:"end,omitempty"` // 0 while it lasts
	Text string `json:"text"`          // "freeze 4", "kill 3", "cut"
}

// maxFaults is how many are remembered.
const maxFaults = 200

// faults holds the newest faults, and the faults that last now.
type faults struct {
	all  []Fault
	node map[cluster.NodeID]cluster.Status
	cut  map[[2]cluster.NodeID]bool
}

// begin forgets the faults that have ended.
func (f *faults) begin() {
	f.all = slices.DeleteFunc(f.all, func(x Fault) bool { return x.End != 0 })
	if f.node == nil {
		f.node, f.cut = map[cluster.NodeID]cluster.Status{}, map[[2]cluster.NodeID]bool{}
	}
}

func (f *faults) fold(ev *cluster.Event) {
	switch b := ev.Body.(type) {
	case *cluster.StatusChanged:
		if was := f.node[ev.Node]; was != b.Status {
			f.node[ev.Node] = b.Status
			f.end(ev.T, nodeFault(was, ev.Node))
			f.start(ev.T, nodeFault(b.Status, ev.Node))
		}
	case *cluster.LinkChanged:
		if b.Link == nil {
			return
		}
		before := f.cutText()
		link := [2]cluster.NodeID{b.Link.From, b.Link.To}
		if b.Link.Cut {
			f.cut[link] = true
		} else {
			delete(f.cut, link)
		}
		f.relink(ev.T, before)
	}
}

// nodeFault is the name of a status as a fault, "" if the status is no fault.
func nodeFault(s cluster.Status, id cluster.NodeID) string {
	switch s {
	case cluster.StatusFrozen:
		return fmt.Sprintf("freeze %d", id)
	case cluster.StatusKilled:
		return fmt.Sprintf("kill %d", id)
	}
	return ""
}

// together is the longest time between two cuts that count as one fault, in
// microseconds: a partition cuts many links.
const together = 50_000

// relink renames the cut that lasts now, or ends it and begins a new one.
func (f *faults) relink(t int64, before string) {
	now := f.cutText()
	if now == before {
		return
	}
	for i := range f.all {
		if x := &f.all[i]; x.End == 0 && x.Text == before && now != "" && t-x.T < together {
			x.Text = now
			return
		}
	}
	f.end(t, before)
	f.start(t, now)
}

// cutText names the cut links, or the groups into which they divide the nodes.
func (f *faults) cutText() string {
	if len(f.cut) == 0 {
		return ""
	}
	most := cluster.NodeID(len(f.node))
	for l := range f.cut {
		most = max(most, l[0], l[1])
	}
	var groups []string
	seen := map[cluster.NodeID]bool{}
	for id := cluster.NodeID(1); id <= most; id++ {
		if seen[id] {
			continue
		}
		var group []string
		for other := id; other <= most; other++ {
			if !seen[other] && !f.cut[[2]cluster.NodeID{id, other}] {
				seen[other] = true
				group = append(group, fmt.Sprint(int(other)))
			}
		}
		groups = append(groups, strings.Join(group, " "))
	}
	if len(groups) < 2 {
		return "cut"
	}
	return "cut " + strings.Join(groups, " | ")
}

func (f *faults) start(t int64, text string) {
	if text == "" {
		return
	}
	if len(f.all) == maxFaults {
		f.all = slices.Delete(f.all, 0, 1)
	}
	f.all = append(f.all, Fault{T: t, Text: text})
}

func (f *faults) end(t int64, text string) {
	for i := range f.all {
		if x := &f.all[i]; text != "" && x.Text == text && x.End == 0 {
			x.End = t
		}
	}
}

// lasting reports whether a node does not run now, or a link is cut now.
func (f *faults) lasting() bool {
	return slices.ContainsFunc(f.all, func(x Fault) bool { return x.End == 0 })
}

// since returns the faults that lasted at t or began later.
func (f *faults) since(t int64) []Fault {
	out := []Fault{}
	for _, x := range f.all {
		if x.End == 0 || x.End >= t {
			out = append(out, x)
		}
	}
	return out
}

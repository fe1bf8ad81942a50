package export

import (
	"fmt"
	"strconv"

	"capplayground/cluster"
	"capplayground/server/recording"
)

// nemesis are the faults of a recording as Jepsen's nemesis reports them: each is two
// lines of :info, its beginning and its end. The value is a node, or for a link the
// two nodes, from and to.
func nemesis(rec *recording.Recording) []ednEvent {
	var events []ednEvent
	add := func(t int64, fault, value string) {
		line := ednEvent{t: t, kind: "info", process: ":nemesis", f: fault, value: value, rank: rankFault}
		events = append(events, line, line)
	}
	status := map[cluster.NodeID]cluster.Status{}
	cut := map[string]bool{}
	for i := range rec.Events {
		e := &rec.Events[i]
		switch x := e.Body.(type) {
		case *cluster.StatusChanged:
			if fault := faultOf(status[e.Node], x.Status); fault != "" {
				add(e.T, fault, strconv.Itoa(int(e.Node)))
			}
			if x.Status != cluster.StatusStarting {
				status[e.Node] = x.Status
			}
		case *cluster.LinkChanged:
			link := fmt.Sprintf("[%d %d]", x.From, x.To)
			now := x.Link != nil && x.Link.Cut
			if now != cut[link] {
				add(e.T, map[bool]string{true: "cut", false: "join"}[now], link)
			}
			cut[link] = now
		}
	}
	return events
}

// faultOf is what was done to a node whose status changed; "" for nothing.
func faultOf(before, after cluster.Status) string {
	switch {
	case before == after:
		return ""
	case after == cluster.StatusFrozen:
		return "freeze"
	case after == cluster.StatusKilled:
		return "kill"
	case after == cluster.StatusUp && before == cluster.StatusFrozen:
		return "thaw"
	case after == cluster.StatusUp && before == cluster.StatusKilled:
		return "restart"
	}
	return ""
}

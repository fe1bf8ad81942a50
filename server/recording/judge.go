package recording

import (
	"cmp"
	"net"
	"net/url"
	"slices"
	"time"

	"capplayground/cluster"
	"capplayground/server/history"
)

// End is when the last event happened.
func (r *Recording) End() time.Time {
	end := r.Head.Clock.T
	for i := range r.Events {
		end = max(end, r.Events[i].T)
	}
	return time.UnixMicro(end)
}

// Judge judges what the clients saw, as the playground judged it: from the same
// events. Here all of them are known, so each epoch's are put into the order of
// their times first, and nothing waits for late ones.
func (r *Recording) Judge() *history.History {
	now := time.UnixMicro(r.Head.Clock.T)
	h := history.New(history.Config{Now: func() time.Time { return now }, Elsewhere: r.elsewhere})
	if r.Hello != nil {
		h.Add(cluster.Event{T: r.Head.Clock.T, Body: &cluster.ModeChanged{Mode: r.Hello.Cluster.Mode, Epoch: r.Hello.Epoch}})
	}
	for _, part := range r.epochs() {
		for _, e := range part {
			if at := time.UnixMicro(e.T); at.After(now) {
				now = at
			}
			h.Add(e)
		}
	}
	now = r.End()
	return h
}

// epochs returns the events between the changes of mode and the resets, in the
// order of their times. Each part begins with the event that changes or resets.
func (r *Recording) epochs() (parts [][]cluster.Event) {
	var part []cluster.Event
	end := func() {
		slices.SortStableFunc(part, func(a, b cluster.Event) int { return cmp.Compare(a.T, b.T) })
		parts = append(parts, part)
		part = nil
	}
	for _, e := range r.Events {
		switch e.Kind() {
		case "":
			continue
		case cluster.KindMode, cluster.KindReset:
			end()
			parts = append(parts, []cluster.Event{e})
		default:
			part = append(part, e)
		}
	}
	end()
	return parts
}

// elsewhere reports whether a node ran on another machine than the playground.
func (r *Recording) elsewhere(id cluster.NodeID) bool {
	if r.Hello == nil || id < 1 || int(id) > len(r.Hello.Cluster.Nodes) {
		return false
	}
	u, err := url.Parse(r.Hello.Cluster.Nodes[id-1].URL)
	if err != nil || u.Hostname() == "" || u.Hostname() == "localhost" {
		return false
	}
	ip := net.ParseIP(u.Hostname())
	return ip == nil || !ip.IsLoopback()
}

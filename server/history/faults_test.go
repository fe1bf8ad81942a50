package history

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"capplayground/cluster"
)

// faultTape is a list of faults that the tests feed.
type faultTape struct{ faults }

func newFaultTape() *faultTape {
	f := &faultTape{}
	f.begin()
	for id := cluster.NodeID(1); id <= 5; id++ {
		f.status(0, id, cluster.StatusUp)
	}
	return f
}

func (f *faultTape) status(t int64, id cluster.NodeID, s cluster.Status) {
	f.fold(&cluster.Event{T: t, Node: id, Body: &cluster.StatusChanged{Status: s}})
}

func (f *faultTape) link(t int64, from, to cluster.NodeID, cut bool) {
	f.fold(&cluster.Event{T: t, Body: &cluster.LinkChanged{Link: &cluster.Link{From: from, To: to, Cut: cut}}})
}

// part cuts or heals all links between two groups, one a millisecond.
func (f *faultTape) part(t int64, one, other []cluster.NodeID, cut bool) {
	for _, a := range one {
		for _, b := range other {
			f.link(t, a, b, cut)
			f.link(t+1000, b, a, cut)
			t += 2000
		}
	}
}

func (f *faultTape) String() string {
	var all []string
	for _, x := range f.all {
		all = append(all, fmt.Sprintf("%s %d-%d", x.Text, x.T, x.End))
	}
	return strings.Join(all, ", ")
}

func (f *faultTape) want(t *testing.T, want string) {
	t.Helper()
	if f.String() != want {
		t.Errorf("the faults are %q, want %q", f, want)
	}
	if lasting := strings.Contains(want+",", "-0,"); f.lasting() != lasting {
		t.Errorf("a fault of %q lasts: %v", f, f.lasting())
	}
}

func TestFaultsOfNodes(t *testing.T) {
	t.Parallel()
	f := newFaultTape()
	f.want(t, "")
	f.status(10, 4, cluster.StatusFrozen)
	f.status(11, 4, cluster.StatusFrozen) // the same status event again
	f.status(12, 3, cluster.StatusKilled)
	f.want(t, "freeze 4 10-0, kill 3 12-0")
	f.status(20, 4, cluster.StatusUp)
	f.status(21, 3, cluster.StatusStarting)
	f.status(22, 3, cluster.StatusUp)
	f.want(t, "freeze 4 10-20, kill 3 12-21")
	f.status(30, 4, cluster.StatusFrozen)
	f.status(31, 4, cluster.StatusKilled)
	f.want(t, "freeze 4 10-20, kill 3 12-21, freeze 4 30-31, kill 4 31-0")
	for since, want := range map[int64]int{20: 4, 21: 3, 22: 2, 31: 2, 32: 1} {
		if got := f.since(since); len(got) != want {
			t.Errorf("since %d: %v, want %d", since, got, want)
		}
	}
	f.begin() // a new epoch: the faults that last go on
	f.want(t, "kill 4 31-0")
}

func TestFaultsOfLinks(t *testing.T) {
	t.Parallel()
	f := newFaultTape()
	f.fold(&cluster.Event{Body: &cluster.LinkChanged{}}) // without a link
	f.want(t, "")
	f.part(1000, []cluster.NodeID{1, 2}, []cluster.NodeID{3, 4, 5}, true)
	f.want(t, "cut 1 2 | 3 4 5 1000-0")
	f.link(1000+together-1, 1, 2, true) // within the same partition
	f.want(t, "cut 1 | 2 | 3 4 5 1000-0")
	f.link(1000+together, 1, 2, false)
	f.want(t, "cut 1 | 2 | 3 4 5 1000-51000, cut 1 2 | 3 4 5 51000-0")
	f.part(200_000, []cluster.NodeID{1, 2}, []cluster.NodeID{3, 4, 5}, false)
	if s := f.String(); f.lasting() || !strings.HasPrefix(s, "cut 1 | 2 | 3 4 5 1000-51000, cut 1 2 | 3 4 5 51000-200000, cut") {
		t.Errorf("after the heal the faults are %q", s)
	}

	f = newFaultTape()
	f.part(10, []cluster.NodeID{5}, []cluster.NodeID{1, 2, 3, 4}, true)
	f.want(t, "cut 1 2 3 4 | 5 10-0")

	f = newFaultTape()
	f.link(10, 5, 1, true) // in one direction only, away from the higher number
	f.want(t, "cut 10-0")
	f.link(11, 5, 1, true)
	f.want(t, "cut 10-0")
	f.link(12, 5, 1, false)
	f.want(t, "cut 10-12")
	f.status(13, 2, cluster.StatusFrozen)
	f.part(14, []cluster.NodeID{4}, []cluster.NodeID{1, 2, 3, 5}, true)
	f.want(t, "cut 10-12, freeze 2 13-0, cut 1 2 3 5 | 4 14-0")
	f.link(100_000, 4, 9, true) // a node without any event so far
	f.link(100_001, 9, 4, true)
	f.want(t, "cut 10-12, freeze 2 13-0, cut 1 2 3 5 | 4 14-100000, cut 1 2 3 5 6 7 8 9 | 4 100000-0")
}

// TestFaultsAreBounded: the newest maxFaults are remembered.
func TestFaultsAreBounded(t *testing.T) {
	t.Parallel()
	f := newFaultTape()
	for i := range int64(maxFaults + 2) {
		f.status(10*i+1, 1, cluster.StatusFrozen)
		f.status(10*i+2, 1, cluster.StatusUp)
	}
	if len(f.all) != maxFaults || f.all[0].T != 21 {
		t.Errorf("%d faults, the first at %d", len(f.all), f.all[0].T)
	}
}

// TestReportTellsTheFaultsOfTheChart: a report has a fault as long as the chart shows its
// time.
func TestReportTellsTheFaultsOfTheChart(t *testing.T) {
	t.Parallel()
	now := time.UnixMicro(1_000_000_000)
	p := &tape{h: New(Config{Now: func() time.Time { return now }}), t: 1_000_000_000}
	p.add(cluster.Event{Node: 2, Body: &cluster.StatusChanged{Status: cluster.StatusFrozen}})
	if r := p.h.Report(); !r.Faulty || len(r.Faults) != 1 || r.Verdict != Linearizable {
		t.Errorf("while it lasts: %+v", r)
	}
	p.add(cluster.Event{Node: 2, Body: &cluster.StatusChanged{Status: cluster.StatusUp}})
	ended := time.UnixMicro(p.t)
	for after, want := range map[time.Duration]int{charted * time.Second: 1, charted*time.Second + time.Microsecond: 0} {
		now = ended.Add(after)
		if r := p.h.Report(); r.Faulty || len(r.Faults) != want {
			t.Errorf("%v after its end: %v", after, r.Faults)
		}
	}
}

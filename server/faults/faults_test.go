package faults

import (
	"context"
	"errors"
	"math"
	"testing"
	"testing/synctest"
	"time"

	"capplayground/cluster"
)

func TestPaceGoesOnWhereTimeStands(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := New(5, cluster.Steady(0), func(...cluster.Event) {})
		last := f.Now()
		step := func(name string, rate float64, passes time.Duration) {
			t.Helper()
			if _, err := f.SetPace(name, rate); err != nil {
				t.Fatal(err)
			}
			if now := f.Now(); now != last {
				t.Errorf("%s: time jumped by %v", name, now.Sub(last))
			}
			time.Sleep(10 * time.Second)
			if got := f.Now().Sub(last); got != passes {
				t.Errorf("%s: in 10 s %v passed (want %v)", name, got, passes)
			}
			last = f.Now()
		}
		step(cluster.PaceSlow, 0.05, 500*time.Millisecond)
		step(cluster.PaceStep, 0, 0)
		step(cluster.PaceSlow, 0.1, time.Second)
		step(cluster.PaceLive, 0, 10*time.Second)
		for _, rate := range []float64{0, -1, 2, math.NaN(), math.Inf(1)} {
			if _, err := f.SetPace(cluster.PaceSlow, rate); !errors.Is(err, cluster.ErrBadFault) {
				t.Errorf("slow at %v: %v", rate, err)
			}
		}
		if _, err := f.SetPace("warp", 1); !errors.Is(err, cluster.ErrBadFault) {
			t.Errorf("warp: %v", err)
		}
	})
}

func TestElapseFollowsThePace(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := New(5, cluster.Steady(0), func(...cluster.Event) {})
		set := func(name string, rate float64) {
			if _, err := f.SetPace(name, rate); err != nil {
				t.Error(err)
			}
		}
		began := time.Now()
		go func() {
			time.Sleep(time.Second) // 1 s of the 3 s passes at live pace
			set(cluster.PaceStep, 0)
			time.Sleep(time.Minute)
			set(cluster.PaceSlow, 0.1) // the other 2 s take 20 s
		}()
		if err := f.Elapse(t.Context(), 3*time.Second); err != nil {
			t.Fatal(err)
		}
		if took := time.Since(began).Round(time.Millisecond); took != 81*time.Second {
			t.Errorf("took %v", took)
		}
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if err := f.Elapse(ctx, time.Second); !errors.Is(err, context.Canceled) {
			t.Errorf("cancelled: %v", err)
		}
	})
}

// cuts returns the number of cut directions in the settings that the nodes receive.
func cuts(f *Faults) (n int) {
	for id := cluster.NodeID(1); id <= 5; id++ {
		for _, l := range f.For(id).Links {
			if l.From == id && l.Cut {
				n++
			}
		}
	}
	return n
}

func TestPartitionsAndIsolation(t *testing.T) {
	t.Parallel()
	f := New(5, cluster.Steady(0), func(...cluster.Event) {})
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	for _, tc := range []struct {
		do   func() error
		want int
		name string
	}{
		{func() error { return f.Partition([][]cluster.NodeID{{1, 2}, {3, 4, 5}}) }, 12, "2 | 3"},
		{func() error { return f.Partition([][]cluster.NodeID{{1}, {2, 3, 4, 5}}) }, 8, "1 | 4 instead"},
		{func() error { return f.Partition([][]cluster.NodeID{{1, 2}, {4, 5}}) }, 8, "node 3 a bridge"},
		{func() error { f.Heal(); return nil }, 0, "healed"},
		{func() error { return f.Isolate(1) }, 8, "1 alone"},
		{func() error { return f.Isolate(1) }, 8, "1 alone still"},
		{func() error { return f.Isolate(2) }, 14, "1 and 2 alone"},
		{func() error { return f.Rejoin(1) }, 8, "2 alone"},
		{func() error { return f.Rejoin(2) }, 0, "all together"},
	} {
		must(tc.do())
		if got := cuts(f); got != tc.want {
			t.Errorf("%s: %d directions cut (want %d)", tc.name, got, tc.want)
		}
	}
	for _, groups := range [][][]cluster.NodeID{{}, {{1, 2}}, {{1}, {1, 2}}, {{1}, {6}}, {{0}, {1}}} {
		if f.Partition(groups) == nil {
			t.Errorf("partition %v was accepted", groups)
		}
	}
}

func TestGenerationsAndFloors(t *testing.T) {
	t.Parallel()
	var published []cluster.Link
	f := New(3, cluster.Steady(0), func(events ...cluster.Event) {
		for _, e := range events {
			if e.Kind() == cluster.KindLink {
				published = append(published, *cluster.BodyOf[cluster.LinkChanged](e).Link)
			}
		}
	})
	for _, l := range []cluster.Link{
		{From: 1, To: 2, DelayMS: 5}, {From: 1, To: 2, DelayMS: 5, Cut: true}, {From: 1, To: 2, DelayMS: 5, Cut: true},
		{From: 1, To: 2}, {From: 1, To: 2, Cut: true}, {From: 2, To: 1},
	} {
		if _, err := f.SetLink(l); err != nil {
			t.Fatal(err)
		}
	}
	f.Heal()
	want := [][2]uint64{{1, 0}, {2, 2}, {3, 2}, {4, 4}, {5, 4}}
	if len(published) != len(want) {
		t.Fatalf("published %+v", published)
	}
	for i, w := range want {
		if published[i].Gen != w[0] || published[i].Floor != w[1] {
			t.Errorf("change %d: gen %d floor %d (want %v)", i, published[i].Gen, published[i].Floor, w)
		}
	}
	for _, l := range []cluster.Link{
		{From: 1, To: 1}, {From: 1, To: 4}, {From: 0, To: 1}, {From: 1, To: 2, Loss: 1.01}, {From: 1, To: 2, Loss: math.NaN()},
		{From: 1, To: 2, DelayMS: -1}, {From: 1, To: 2, JitterMS: math.Inf(1)}, {From: 1, To: 2, DelayMS: 1e12},
	} {
		if _, err := f.SetLink(l); err == nil {
			t.Errorf("link %+v was accepted", l)
		}
	}
}

func TestRulesAndSizes(t *testing.T) {
	t.Parallel()
	f := New(5, cluster.Steady(0), func(...cluster.Event) {})
	r, err := f.AddRule(cluster.Rule{To: 1, Type: "yes", Do: cluster.RuleHold})
	if err != nil || r.ID == "" || len(f.For(3).Rules) != 1 {
		t.Fatalf("rule %+v: %v", r, err)
	}
	for _, bad := range []cluster.Rule{
		{From: 6, Type: "yes", Do: "hold"}, {Type: "", Do: "hold"}, {Type: "yes", Do: "eat"}, {Type: "yes", Do: "hold", Count: -1},
		{When: cluster.Point{Type: "yes"}}, {When: cluster.Point{Type: "yes"}, Then: "melt"}, {Then: cluster.ThenKill},
		{When: cluster.Point{Type: "*"}, Then: cluster.ThenKill}, {When: cluster.Point{Type: "yes", Count: -1}, Then: cluster.ThenKill},
		{When: cluster.Point{Type: "yes", Node: 6}, Then: cluster.ThenKill}, {When: cluster.Point{Type: "yes"}, Then: cluster.ThenKill, Type: "yes", Do: "hold"},
	} {
		if _, err := f.AddRule(bad); err == nil {
			t.Errorf("rule %+v was accepted", bad)
		}
	}
	if p, err := f.AddRule(cluster.Rule{When: cluster.Point{Type: "yes"}, Then: cluster.ThenKill}); err != nil || p.When.Count != 1 || f.DeleteRule(p.ID) != nil {
		t.Errorf("a rule at a point: %+v, %v", p, err)
	}
	if err := f.DeleteRule(r.ID); err != nil || len(f.Rules()) != 0 {
		t.Errorf("delete: %v, left %v", err, f.Rules())
	}
	if err := f.DeleteRule(r.ID); !errors.Is(err, cluster.ErrNoSuchRule) {
		t.Errorf("delete again: %v", err)
	}
	for q, ok := range map[cluster.Quorum]bool{
		{N: 3, R: 1, W: 1}: true, {N: 5, R: 5, W: 5}: true,
		{N: 6, R: 1, W: 1}: false, {N: 3, R: 4, W: 1}: false, {N: 3, R: 0, W: 1}: false, {}: false,
	} {
		if err := f.SetQuorum(q); (err == nil) != ok {
			t.Errorf("%+v: %v", q, err)
		}
	}
}

// Nodes that ran without a playground have a virtual time of their own.
func TestTimeCatchesUpWithWhoJoins(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		published := 0
		f := New(5, cluster.Steady(0), func(e ...cluster.Event) { published += len(e) })
		behind := func(by time.Duration) cluster.Pace {
			p := cluster.LivePace()
			p.T0 = time.Now().UnixMicro()
			p.V0 = f.Now().Add(-by)
			return p
		}
		before := f.Now()
		if f.CatchUp(behind(time.Millisecond)) {
			t.Error("for a difference of a millisecond the time was changed")
		}
		if !f.CatchUp(behind(time.Minute)) || before.Sub(f.Now()) != time.Minute {
			t.Errorf("the first node is a minute behind, and the playground went back by %v", before.Sub(f.Now()))
		}
		f.For(1)
		if f.CatchUp(behind(time.Second)) {
			t.Error("time ran backwards for the first node")
		}
		if p := behind(-2 * time.Second); !f.CatchUp(p) || f.Now() != p.V0 {
			t.Errorf("a node is ahead at %v, the playground is at %v", p.V0, f.Now())
		}
		if f.Pace().Name != cluster.PaceLive || published != 2 {
			t.Errorf("pace %+v, %d events", f.Pace(), published)
		}
	})
}

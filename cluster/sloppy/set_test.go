package sloppy

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"testing"

	"capplayground/cluster"

	"pgregory.net/rapid"
)

// naive is a set as the paper defines it: every dot ever known is live or dead.
type naive struct {
	live map[Dot]written
	dead map[Dot]bool
}

func newNaive() naive { return naive{map[Dot]written{}, map[Dot]bool{}} }

func (n naive) write(w written, named []Dot) naive {
	out := naive{maps.Clone(n.live), maps.Clone(n.dead)}
	for _, d := range named {
		out.dead[d] = true
		for l := range out.live {
			if l.Same(d) {
				delete(out.live, l)
				out.dead[l] = true
			}
		}
	}
	out.live[w.Dot] = w
	return out
}

func (n naive) known() []Dot {
	dots := slices.Collect(maps.Keys(n.live))
	return slices.AppendSeq(dots, maps.Keys(n.dead))
}

func (n naive) merge(o naive) naive {
	out := newNaive()
	maps.Copy(out.dead, n.dead)
	maps.Copy(out.dead, o.dead)
	for _, side := range []naive{n, o} {
		for d, w := range side.live {
			if !out.dead[d] {
				out.live[d] = w
			}
		}
	}
	return out
}

func (n naive) equals(s set) error {
	if want := Of(n.known()...); !want.Equal(s.Known) {
		return fmt.Errorf("knows %v, want %v", s.Known, want)
	}
	want := slices.SortedFunc(maps.Values(n.live), newer)
	if !slices.Equal(s.Live, want) {
		return fmt.Errorf("live %v, want %v", s.Live, want)
	}
	return nil
}

// replicas writes and merges at random at a few replicas, with naive and with set. It
// compares the two after each step.
func replicas(t *rapid.T) []set {
	const n = 3
	sets, books := make([]set, n), []naive{newNaive(), newNaive(), newNaive()}
	seqs := map[Actor]uint64{}
	node := rapid.IntRange(0, n-1)
	for i := range rapid.IntRange(0, 25).Draw(t, "steps") {
		at, other := node.Draw(t, "at"), node.Draw(t, "other")
		if rapid.Bool().Draw(t, "merge") {
			sets[at], books[at] = sets[at].merge(sets[other]), books[at].merge(books[other])
		} else {
			called := Actor{cluster.NodeID(other + 1), databaseName("db"), 1}
			seqs[called]++
			d := Dot{Origin{called, Actor{cluster.NodeID(at + 1), databaseName("db"), 1}}, seqs[called]}
			named := books[at].known()
			if rapid.Bool().Draw(t, "if-match") {
				named = slices.DeleteFunc(named, func(Dot) bool { return rapid.Bool().Draw(t, "unnamed") })
			}
			w := written{Dot: d, Op: cluster.OpID(fmt.Sprint(i)), TS: int64(rapid.IntRange(0, 3).Draw(t, "ts")), Val: fmt.Sprint(i)}
			sets[at], books[at] = sets[at].write(w, Of(named...)), books[at].write(w, named)
		}
		if err := books[at].equals(sets[at]); err != nil {
			t.Fatal(err)
		}
	}
	return sets
}

// TestSetsAgreeWithCausalHistories compares sets with causal histories that list every
// dot (Preguiça et al. 2010, section 2).
func TestSetsAgreeWithCausalHistories(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) { replicas(t) })
}

// TestMergeInAnyOrder: merging is idempotent, commutative and associative. Merging a set
// again with a set that was already merged in changes nothing.
func TestMergeInAnyOrder(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		s := replicas(t)
		merge := func(a, b set) set { return a.merge(b) }
		for _, c := range []struct {
			law  string
			a, b set
		}{
			{"idempotent", merge(s[0], s[0]), s[0]},
			{"commutative", merge(s[0], s[1]), merge(s[1], s[0])},
			{"associative", merge(merge(s[0], s[1]), s[2]), merge(s[0], merge(s[1], s[2]))},
			{"absorbing", merge(s[0], merge(s[0], s[1])), merge(s[0], s[1])},
		} {
			if !c.a.equal(c.b) || c.a.hash() != c.b.hash() {
				t.Fatalf("not %s: %v %v", c.law, c.a, c.b)
			}
		}
		if !s[0].equal(s[1]) && s[0].hash() == s[1].hash() {
			t.Fatalf("one hash for %v and %v", s[0], s[1])
		}
	})
}

// TestSomethingIsShown: a set that knows of writes shows at least one write, and each
// write once. A write that supersedes the shown version is then shown alone.
func TestSomethingIsShown(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		for _, s := range replicas(t) {
			shown := s.shown()
			if len(shown) == 0 && !s.empty() {
				t.Fatalf("nothing is shown of %v", s)
			}
			for i, w := range shown {
				if slices.ContainsFunc(shown[:i], w.same) {
					t.Fatalf("%v is shown twice", w)
				}
			}
			v, err := ParseVersion(s.version())
			if err != nil || !v.All().Equal(s.Known) {
				t.Fatalf("version %s of %v: %v", s.version(), s, err)
			}
			next := s.write(written{Dot: Dot{Origin{Actor{9, databaseName("db"), 1}, Actor{9, databaseName("db"), 1}}, 1}}, v.All())
			if len(next.Live) != 1 {
				t.Fatalf("%v is left by a write that supersedes all", next.Live)
			}
		}
	})
}

// TestDoubledWrites: a write has two dots, from two coordinators that knew different
// sets.
func TestDoubledWrites(t *testing.T) {
	t.Parallel()
	called, by1, by2 := Actor{1, databaseName("db"), 1}, Actor{2, databaseName("db"), 1}, Actor{3, databaseName("db"), 1}
	a1 := written{Dot: Dot{Origin{called, by1}, 1}, Op: "a", TS: 5, Val: "A"}
	a2 := written{Dot: Dot{Origin{called, by2}, 1}, Op: "a", TS: 5, Val: "A"}
	b1 := written{Dot: Dot{Origin{called, by1}, 2}, Op: "b", TS: 6, Val: "B"}
	b2 := written{Dot: Dot{Origin{called, by2}, 2}, Op: "b", TS: 6, Val: "B"}
	one, two := set{}.write(a1, History{}), set{}.write(a2, History{})
	if s := one.merge(two).shown(); len(s) != 1 {
		t.Errorf("one write coordinated twice is shown as %v", s)
	}
	over := one.write(b1, one.Known)
	if s := over.merge(two).shown(); len(s) != 1 || s[0].Val != "B" {
		t.Errorf("a write superseded under its other dot is shown: %v", s)
	}
	// In here, a supersedes b. In over, b supersedes a.
	here := set{}.write(b2, History{}).write(a2, Of(b2.Dot))
	if s := over.merge(here).shown(); len(s) != 1 || s[0].Val != "B" {
		t.Errorf("of two writes that supersede each other %v is shown, want the newest", s)
	}
}

// TestWireForms: a value is the same after it is encoded and decoded.
func TestWireForms(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		for _, s := range replicas(t) {
			var back set
			if !cluster.Decode(cluster.Encode(&s), &back) || !back.equal(s) {
				t.Fatalf("%q came back as %v", cluster.Encode(&s), back)
			}
			h, err := parseHistory(s.Known.String())
			if err != nil || !h.Equal(s.Known) {
				t.Fatalf("%v came back as %v: %v", s.Known, h, err)
			}
		}
	})
}

// TestHistory compares the spans with a plain set of dots.
func TestHistory(t *testing.T) {
	t.Parallel()
	dot := rapid.Custom(func(t *rapid.T) Dot {
		actor := rapid.Custom(func(t *rapid.T) Actor {
			return Actor{cluster.NodeID(rapid.IntRange(1, 2).Draw(t, "node")), databaseName("db"), uint64(rapid.IntRange(1, 2).Draw(t, "start"))}
		})
		return Dot{Origin{actor.Draw(t, "called"), actor.Draw(t, "by")}, uint64(rapid.IntRange(1, 8).Draw(t, "seq"))}
	})
	rapid.Check(t, func(t *rapid.T) {
		a, b := rapid.SliceOf(dot).Draw(t, "a"), rapid.SliceOf(dot).Draw(t, "b")
		ha, hb := Of(a...), Of(b...)
		d := dot.Draw(t, "d")
		tells := slices.ContainsFunc(a, d.Same)
		switch {
		case ha.Contains(d) != slices.Contains(a, d):
			t.Fatalf("%v contains %v: %v", ha, d, ha.Contains(d))
		case ha.KnowsWrite(d) != tells, len(ha.each(d)) > 0 != tells:
			t.Fatalf("%v knows the write of %v: %v", ha, d, ha.KnowsWrite(d))
		case !ha.Union(hb).Equal(Of(append(slices.Clone(a), b...)...)):
			t.Fatalf("%v and %v make %v", ha, hb, ha.Union(hb))
		case !ha.Without(b...).Equal(Of(slices.DeleteFunc(slices.Clone(a), func(d Dot) bool { return slices.Contains(b, d) })...)):
			t.Fatalf("%v without %v is %v", ha, b, ha.Without(b...))
		}
	})
}

// TestBadVersions: a text that cannot be a version is refused.
func TestBadVersions(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		"", "*", "~", "1", "nonsense", "n1.d1.1", "n1.d1.1:", "n1.d1.1:0", "n1.d1.1:01", "n1.d1.1:-1", "n1.d1.1:2-1", "n1.d1.0:1", "n0.d1.1:1",
		"n10.d1.1:1", "n1..1:1", "n1.D1.1:1", "n1.d1:1", "n1.d1.1:1+", "+n1.d1.1:1", "n1.d1.1:1,", "n1.d1.1@:1", "n1.d1.1@n2:1", "n1.d1.1@n2.d2.1@n3.d3.1:1",
		"n1.d1.1:9007199254740993", "n1.d1.1:1e3", "n1.d1.1:1~", "n1.d1.1:1~x", "n1.d1.1:1-100000", `"n1.d1.1:1`, "n1.longerthan8.1:1", " n1.d1.1:1", "n1.d1.1:٣",
	} {
		if v, err := ParseVersion(text); !errors.Is(err, cluster.ErrBadVersion) {
			t.Errorf("%q is read as %v (%v)", text, v, err)
		}
	}
	for _, text := range []string{"0", "n1.d1.1:1", `"n1.d1.1:1"`, "n1.d1.1:1-2,4+n2.d2.7@n1.d1.1:9~n1.d1.1:3"} {
		if _, err := ParseVersion(text); err != nil {
			t.Errorf("%q: %v", text, err)
		}
	}
}

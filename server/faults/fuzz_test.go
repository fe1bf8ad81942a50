package faults

import (
	"encoding/json"
	"errors"
	"reflect"
	"testing"
	"unicode/utf8"

	"capplayground/cluster"
)

// FuzzSettings calls the methods of Faults with any numbers. A call that succeeds
// leaves settings that are within their bounds and that a node can decode. A call
// that fails changes nothing and publishes nothing.
func FuzzSettings(f *testing.F) {
	f.Add(uint8(0), int8(1), int8(2), true, 5.0, 1.0, 0.5, "slow", int64(3))
	f.Add(uint8(1), int8(3), int8(2), false, 0.05, -1.0, 1e12, "step", int64(-1))
	f.Add(uint8(2), int8(-1), int8(9), false, 1e12, 1e308, 0.0, "", int64(1)<<40)
	f.Add(uint8(3), int8(0), int8(6), true, 0.001, 2.0, 1.5, "*", int64(1_000_001))
	f.Add(uint8(4), int8(5), int8(5), true, 60_000.0, 60_001.0, 1.0, "live", int64(0))
	f.Fuzz(func(t *testing.T, method uint8, from, to int8, yes bool, x, y, z float64, name string, count int64) {
		var published []cluster.Event
		f := New(5, cluster.Steady(0), func(events ...cluster.Event) { published = append(published, events...) })
		before := f.For(1)
		var err error
		switch method % 5 {
		case 0:
			_, err = f.SetLink(cluster.Link{From: cluster.NodeID(from), To: cluster.NodeID(to), Cut: yes, DelayMS: x, JitterMS: y, Loss: z})
		case 1:
			_, err = f.SetPace(name, x)
		case 2:
			err = f.SetQuorum(cluster.Quorum{N: int(from), R: int(to), W: int(count)})
		case 3:
			do := cluster.RuleHold
			if yes {
				do = name
			}
			_, err = f.AddRule(cluster.Rule{From: cluster.AnyNode(from), To: cluster.AnyNode(to), Type: name, Do: do, Count: int(count)})
		case 4:
			err = f.Partition([][]cluster.NodeID{{cluster.NodeID(from), 1}, {cluster.NodeID(to)}, {cluster.NodeID(count)}})
		}
		after := f.For(1)
		if err != nil {
			if !errors.Is(err, cluster.ErrBadFault) && !errors.Is(err, cluster.ErrNoSuchNode) || len(published) > 0 || !reflect.DeepEqual(before, after) {
				t.Fatalf("%v, and %+v became %+v, published %+v", err, before, after, published)
			}
			return
		}
		for _, l := range after.Links {
			if !(l.Loss >= 0 && l.Loss <= 1 && l.DelayMS >= 0 && l.DelayMS <= MaxDelay && l.JitterMS >= 0 && l.JitterMS <= MaxDelay) {
				t.Fatalf("a link %+v", l)
			}
		}
		if q := after.Quorum; q.N < 1 || q.N > 5 || q.R < 1 || q.R > q.N || q.W < 1 || q.W > q.N || !(after.Pace.Rate >= 0 && after.Pace.Rate <= 1) {
			t.Fatalf("%+v", after)
		}
		if len(published) > 0 {
			if _, err := json.Marshal(published); err != nil {
				t.Fatalf("%+v cannot be encoded: %v", published, err)
			}
		}
		line, err := json.Marshal(after)
		again := after
		if err == nil {
			err = json.Unmarshal(line, &again)
		}
		if err != nil || utf8.ValidString(name) && !reflect.DeepEqual(again, after) {
			t.Fatalf("%+v reaches the nodes as %+v, %v", after, again, err)
		}
	})
}

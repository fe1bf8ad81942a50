package driver

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"capplayground/cluster"
)

var first1 = cluster.Request{Op: "U", Kind: cluster.OpWrite, Key: "k", Val: "first"}

func TestTheSameOperationAskedTwiceIsOne(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	if _, ended := r.Request(first1, "a", r.now); ended {
		t.Fatal("answered at once")
	}
	again := first1
	again.Deadline = 99 // a retry has another deadline
	if _, ended := r.Request(again, "b", r.now); ended {
		t.Error("the second caller does not wait while the operation is open")
	}
	events := r.all()
	want(t, "events", told(events), "invoke key sent timer return")
	if cluster.BodyOf[cluster.Invoked](events[0]).Client != "a" {
		t.Errorf("client %q", cluster.BodyOf[cluster.Invoked](events[0]).Client)
	}
	reply, ended := r.Request(again, "c", r.now)
	if !ended || reply.Op != "U" || reply.Err != nil || reply.Version != "1" {
		t.Errorf("afterwards %+v, %v", reply, ended)
	}
	want(t, "inputs", r.k.kinds(), "request")
	want(t, "events afterwards", told(r.all()), "")
}

func TestAnotherOperationUnderTheSameIDIsRefused(t *testing.T) {
	t.Parallel()
	for _, ended := range []bool{false, true} {
		r := newRig(t, nil)
		r.Request(first1, "a", r.now)
		if ended {
			r.all()
		}
		for what, change := range map[string]func(*cluster.Request){
			"kind":      func(q *cluster.Request) { q.Kind = cluster.OpRead },
			"key":       func(q *cluster.Request) { q.Key = "other" },
			"value":     func(q *cluster.Request) { q.Val = "second" },
			"tx":        func(q *cluster.Request) { q.Tx = "7" },
			"timestamp": func(q *cluster.Request) { q.TS = 7 },
			"If-Match":  func(q *cluster.Request) { q.IfMatch = "7" },
		} {
			other := first1
			change(&other)
			reply, now := r.Request(other, "b", r.now)
			if !now || !errors.Is(reply.Err, ErrOpReused) || !errors.Is(reply.Err, cluster.ErrRefused) || Status(other.Kind, reply.Err) != 409 || reply.Op != "U" {
				t.Errorf("another %s, the first ended %v: %+v, %v", what, ended, reply, now)
			}
		}
		want(t, "inputs", r.k.kinds(), "request")
		wantTold := "invoke key sent timer return"
		if ended {
			wantTold = ""
		}
		want(t, "events", told(r.all()), wantTold)
		if reply, now := r.Request(first1, "c", r.now); !now || reply.Err != nil {
			t.Errorf("the first one afterwards: %+v, %v", reply, now)
		}
	}
}

func TestANodeForgetsTheOldestOperations(t *testing.T) {
	t.Parallel()
	large := strings.Repeat("x", MaxRememberedBytes/4)
	for name, tc := range map[string]struct {
		val       string
		count     int
		remembers bool
	}{
		"few":            {"v", MaxRemembered, true},
		"too many":       {"v", MaxRemembered + 1, false},
		"too many bytes": {large, 5, false},
	} {
		r := newRig(t, func(c *Config, _ *keeper) { c.Watch = WatchNothing })
		for i := range tc.count {
			r.write(t, cluster.OpID(fmt.Sprint(i)), tc.val)
			r.all()
		}
		_, ended := r.Request(cluster.Request{Op: "0", Kind: cluster.OpWrite, Key: "k", Val: tc.val}, "test", r.now)
		if ended != tc.remembers {
			t.Errorf("%s: remembered %v", name, ended)
		}
	}
}

func TestAReturnEventTellsTheStatusThatTheClientGets(t *testing.T) {
	t.Parallel()
	for err, status := range map[error]int{
		nil: 201, cluster.ErrRefused: 409, cluster.ErrUnavailable: 503, cluster.ErrUnknown: 504, cluster.ErrBadVersion: 422,
		errors.New("a surprise"): 500,
	} {
		r := newRig(t, nil)
		r.Request(cluster.Request{Op: "p", Kind: cluster.OpPropose, Key: "k", Val: "v"}, "test", r.now)
		r.all()
		r.ops.byID["p"].req.Kind = cluster.OpWrite
		r.queue.grow().out = cluster.Output{Replies: []cluster.Reply{
			{Op: "p", Err: err, Version: "3"}, {Op: "p"} /* a second one */, {Op: "none"}, /* no such operation */
		}}
		b := r.Batch(r.now)
		e, ok := b.Events[0].Body.(*cluster.Returned)
		if len(b.Replies) != 1 || !ok || e.Status.Code() != status || e.Version != "3" {
			t.Errorf("%v: replies %+v, event %+v", err, b.Replies, b.Events[0])
		}
	}
}

func TestAReadIsNeverOfUnknownOutcome(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	r.read(t, "r")
	r.queue.at(0).out.Replies[0].Err = cluster.ErrUnknown
	b := r.Batch(r.now)
	if len(b.Replies) != 1 || errors.Is(b.Replies[0].Err, cluster.ErrUnknown) {
		t.Errorf("replies %+v", b.Replies)
	}
}

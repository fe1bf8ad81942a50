package majority

import (
	"errors"
	"testing"
	"time"

	"capplayground/cluster"
)

// These tests are at the exact limits of time and of counters.

func TestAtItsDeadlineARequestIsLate(t *testing.T) {
	t.Parallel()
	m := New(cluster.Config{ID: 1, Nodes: []cluster.NodeID{1, 2, 3}})
	m.Step(cluster.Input{Kind: cluster.InputStart, Now: 1})
	const deadline = 100
	ask := func(now cluster.Time, op cluster.OpID) cluster.Output {
		return m.Step(cluster.Input{Kind: cluster.InputRequest, Now: now, Request: cluster.Request{Op: op, Kind: cluster.OpRead, Key: "k", Deadline: deadline}})
	}
	if out := ask(deadline, "late"); len(out.Replies) != 1 || !errors.Is(out.Replies[0].Err, cluster.ErrUnavailable) {
		t.Errorf("at its deadline: %+v", out.Replies)
	}
	for op, at := range map[cluster.OpID]cluster.Time{"in time": deadline - 1, "too late": deadline} {
		asked := ask(deadline-50, op)
		if len(asked.Messages) != 2 || len(asked.Replies) != 0 {
			t.Fatalf("it asks %+v", asked.Messages)
		}
		var q query
		decodeBody(t, asked.Messages[0].Body, &q)
		out := m.Step(cluster.Input{Kind: cluster.InputMessage, Now: at, Message: cluster.Message{
			From: 2, To: 1, Type: typeAnswer, Op: op, Body: cluster.Encode(&answer{Round: q.Round}),
		}})
		if len(out.Replies) != 1 || errors.Is(out.Replies[0].Err, cluster.ErrUnavailable) != (at == deadline) {
			t.Errorf("with its quorum at %d of %d: %+v", at, deadline, out.Replies)
		}
	}
}

func TestTagsFromOutside(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		tag  tag
		want bool
	}{
		{tag{}, true},
		{tag{Counter: 1, Node: 1, Op: "7"}, true},
		{tag{Counter: 0, Node: 1, Op: "7"}, false},
		{tag{Counter: maxCounter, Node: 1}, true},
		{tag{Counter: maxCounter + 1, Node: 1}, false},
		{tag{Counter: 1, Node: 0}, true},
		{tag{Counter: 1, Node: -1}, false},
		{tag{Counter: 1, Node: cluster.MaxNodes}, true},
		{tag{Counter: 1, Node: cluster.MaxNodes + 1}, false},
	} {
		if got := c.tag.valid(); got != c.want {
			t.Errorf("%+v is valid: %v", c.tag, got)
		}
	}
}

func TestSettle(t *testing.T) {
	t.Parallel()
	if s := Mode().Settle; s < 10*time.Second || s > time.Minute {
		t.Errorf("a healed cluster may take %v to agree", s)
	}
}

func decodeBody(t *testing.T, b []byte, into cluster.Coded) {
	t.Helper()
	if !cluster.Decode(b, into) {
		t.Fatalf("cannot read %q", b)
	}
}

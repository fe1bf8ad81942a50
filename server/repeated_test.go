package server

import (
	"context"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"

	"capplayground/cluster"
	"capplayground/cluster/modes"
	"capplayground/server/history"
)

const repeatedOp = "0198b0a2-7c1e-7000-8000-000000000001"

// put writes with an operation id and returns the answer's status and body. The
// status is 0 if ctx ended first.
func (r *rig) put(ctx context.Context, node int, key, val string) (int, string) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPut, r.Node(node)+"/database/"+key, strings.NewReader(val))
	if err != nil {
		r.t.Error(err)
		return 0, ""
	}
	req.Header.Set("X-Cap-Op", repeatedOp)
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return 0, err.Error()
	}
	defer func() { _ = resp.Body.Close() }()
	body, _ := io.ReadAll(resp.Body)
	return resp.StatusCode, string(body)
}

// operations returns the operations with the repeated id in the history.
func (r *rig) operations() (ops []history.Op) {
	for _, op := range r.history().Ops {
		if op.ID == repeatedOp {
			ops = append(ops, op)
		}
	}
	return ops
}

// begun reports whether an operation has begun at a node.
func (r *rig) begun() bool {
	return slices.ContainsFunc(r.Events(), func(e cluster.Event) bool { return e.Kind() == cluster.KindInvoke })
}

// A repeated operation id means the same operation. With another value or key it is
// refused. Issue 12 point 1: there was a second write with the id of a write under way. The
// history then took the first write for refused, and the next read turned the key red.
func TestARepeatedOperationID(t *testing.T) {
	t.Parallel()
	for _, mode := range modes.All() {
		t.Run(string(mode.Name), func(t *testing.T) {
			t.Parallel()
			r := newRig(t, mode.Name)
			if mode.Name == "RAFT" {
				elected(r, others()...)
			}
			r.Do("PUT", "/api/pace", `{"pace":"slow","rate":0.05}`)
			type answer struct {
				status int
				body   string
			}
			callers := make(chan answer, 2)
			ask := func() {
				status, body := r.put(context.Background(), 1, "k", "first")
				callers <- answer{status, body}
			}
			go ask()
			r.Eventually("the first write is under way", r.begun)
			if status, body := r.put(context.Background(), 1, "k", "second"); status != http.StatusConflict {
				t.Errorf("another write under the id of one that is under way: %d %s", status, body)
			}
			if status, body := r.put(context.Background(), 1, "other", "first"); status != http.StatusConflict {
				t.Errorf("another key under the id of one that is under way: %d %s", status, body)
			}
			go ask()
			one, two := <-callers, <-callers
			if one.status != http.StatusCreated || one != two {
				t.Errorf("the two callers of one operation got %v and %v", one, two)
			}
			if status, body := r.put(context.Background(), 1, "k", "first"); status != one.status || body != one.body {
				t.Errorf("the same write again: %d %s, the first answer was %v", status, body, one)
			}
			if status, body := r.put(context.Background(), 1, "k", "third"); status != http.StatusConflict {
				t.Errorf("another write under the id of one that has ended: %d %s", status, body)
			}
			r.Do("PUT", "/api/pace", `{"pace":"live"}`)
			if status, val := r.Read(2, "k"); status != http.StatusOK || val != "first" {
				t.Errorf("read %d %q", status, val)
			}
			r.Eventually("both operations are judged", func() bool { return r.verdict().Total.Answered == 2 })
			if ops := r.operations(); len(ops) != 1 || ops[0].Status != http.StatusCreated || ops[0].Val != "first" {
				t.Errorf("the history has %+v", ops)
			}
			if v := r.verdict(); v.Verdict == history.NotLinearizable || len(v.Keys) != 1 {
				t.Errorf("verdict %+v", v)
			}
		})
	}
}

// A caller goes away while its operation is under way. A retry with the same value
// gets the outcome of that operation. A retry with another value is refused.
func TestARetryAfterItsCallerWentAway(t *testing.T) {
	t.Parallel()
	r := newRig(t, "CP")
	r.Do("PUT", "/api/pace", `{"pace":"step"}`)
	ctx, leave := context.WithCancel(context.Background())
	left := make(chan int)
	go func() {
		status, _ := r.put(ctx, 1, "k", "first")
		left <- status
	}()
	r.Eventually("the write is under way", r.begun)
	leave()
	if status := <-left; status != 0 {
		t.Fatalf("the caller got %d", status)
	}
	if status, body := r.put(context.Background(), 1, "k", "second"); status != http.StatusConflict {
		t.Errorf("a retry with another value: %d %s", status, body)
	}
	r.Do("PUT", "/api/pace", `{"pace":"live"}`)
	if status, body := r.put(context.Background(), 1, "k", "first"); status != http.StatusCreated {
		t.Errorf("a retry with the same value: %d %s", status, body)
	}
	if status, val := r.Read(2, "k"); status != http.StatusOK || val != "first" {
		t.Errorf("read %d %q", status, val)
	}
	r.Eventually("its end is in the history", func() bool {
		ops := r.operations()
		return len(ops) == 1 && ops[0].Status == http.StatusCreated && ops[0].Val == "first"
	})
}

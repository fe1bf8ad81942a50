package server

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"capplayground/cluster"
	"capplayground/server/history"
)

func (r *rig) verdict() (report history.Report) {
	r.t.Helper()
	if err := json.Unmarshal([]byte(r.Do("GET", "/api/verdict", "")), &report); err != nil {
		r.t.Fatal(err)
	}
	return report
}

func (r *rig) history() (list history.Listing) {
	r.t.Helper()
	if err := json.Unmarshal([]byte(r.Do("GET", "/api/history", "")), &list); err != nil {
		r.t.Fatal(err)
	}
	return list
}

// keyVerdict returns the judgement on one key. It is empty if the key has no judgement.
func (r *rig) keyVerdict(key string) history.KeyVerdict {
	for _, k := range r.verdict().Keys {
		if k.Key == key {
			return k
		}
	}
	return history.KeyVerdict{}
}

// Operations by curl are in the history and are judged.
func TestClientsAreJudged(t *testing.T) {
	t.Parallel()
	r := newRig(t, "CA")
	r.Do("PUT", "/api/pace", `{"pace":"slow","rate":0.25}`) // no timer fires early, however busy the machine is
	r.Write(2, "city", "London")
	r.Do("PUT", "/api/pace", `{"pace":"live"}`)
	r.Read(5, "city")
	r.Do("POST", "/api/ops", `{"node":1,"kind":"read","key":"city"}`)
	r.Eventually("three operations are judged", func() bool { return r.verdict().Total.Answered == 3 })
	report := r.verdict()
	if report.Verdict != history.Linearizable || len(report.Keys) != 1 || report.Total.Asked != 3 {
		t.Errorf("the report is %+v", report)
	}
	list := r.history()
	if len(list.Ops) != 3 || list.Epoch != 1 {
		t.Fatalf("the history is %+v", list)
	}
	for i, want := range []struct {
		client string
		kind   cluster.RequestKind
		status int
	}{{"curl", cluster.OpWrite, 201}, {"curl", cluster.OpRead, 200}, {"api", cluster.OpRead, 200}} {
		op := list.Ops[i]
		if i < 2 && op.Client != want.client || op.Kind != want.kind || op.Status != want.status || op.Val != "London" || op.Hash == "" || op.Return < op.Invoke {
			t.Errorf("operation %d is %+v, want %+v", i, op, want)
		}
		if op.Kind == cluster.OpRead && (op.Word == nil || op.Word.Word != history.WordLatest) {
			t.Errorf("the word of the read is %+v", op.Word)
		}
	}
	if status, page := r.Call("GET", r.URL+"/api/verdict/city", ""); status != http.StatusOK || !strings.Contains(page, "London") {
		t.Errorf("Porcupine's page: %d", status)
	}
	if status, _ := r.Call("GET", r.URL+"/api/verdict/nowhere", ""); status != http.StatusNotFound {
		t.Errorf("a page for a key that no operation named: %d", status)
	}
	r.Do("POST", "/api/reset", "")
	if report := r.verdict(); report.Total.Asked != 0 || len(report.Keys) != 0 || report.Epoch != 2 {
		t.Errorf("after the reset: %+v", report)
	}
}

// A key that was set by hand is not judged, and the report says why. Other keys are judged.
func TestKeysSetByHandSaySo(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		mode       cluster.Mode
		path, body string
	}{
		{"CA", "/2pc/propose", `{"id":"0d9a7d1e-2f0c-4b58-9b5e-5b5d0f3f7a11","key":"city","val":"Oslo"}`},
		{"AP", "/quorum/repair", `{"key":"city","val":"Oslo","ts":1}`},
	} {
		t.Run(string(test.mode), func(t *testing.T) {
			t.Parallel()
			r := newRig(t, test.mode)
			r.Write(1, "river", "Thames")
			if status, answer := r.Call("POST", r.Node(2)+test.path, test.body); status != http.StatusOK {
				t.Fatalf("%s: %d %s", test.path, status, answer)
			}
			r.Eventually("the key says that it was set by hand", func() bool {
				k := r.keyVerdict("city")
				return k.Verdict == history.CannotTell && strings.Contains(k.Why, "set by hand at node 2")
			})
			r.Eventually("the other key is judged", func() bool { return r.keyVerdict("river").Verdict == history.Linearizable })
		})
	}
}

// In AP each answer gets a word. A stale read names the message that did not
// arrive.
func TestStaleReadNamesItsCause(t *testing.T) {
	t.Parallel()
	r := newRig(t, "AP")
	r.Write(1, "city", "London")
	r.settled()
	r.Do("POST", "/api/partition", `{"groups":[[1,2],[3,4,5]]}`)
	stale := func() *history.Op {
		for n := range 20 {
			r.Write(4, "city", fmt.Sprint("Oslo", n))
			r.Read(1, "city")
			for _, op := range r.history().Ops {
				if op.Word != nil && op.Word.Word == history.WordStale && op.Word.Cause != nil {
					return &op
				}
			}
		}
		return nil
	}
	var op *history.Op
	r.Eventually("a stale read that names its cause", func() bool { op = stale(); return op != nil })
	if op.Word.Newest == "" || op.Word.Missed < 1 || op.Word.Cause.Msg == "" {
		t.Errorf("the read is %+v, its word %+v", op, op.Word)
	}
}

// A call at a dead node is in the history, though no node sends events of it.
func TestLoadAtADeadNodeCounts(t *testing.T) {
	t.Parallel()
	r := newRig(t, "CP")
	r.Do("POST", "/api/nodes/3/kill", "")
	r.Do("POST", "/api/workload", `{"rate":200,"clients":8,"keys":3,"read_ratio":0.5}`)
	r.Eventually("calls refused because the node is dead", func() bool {
		total := r.verdict().Total
		return total.Unreached > 0 && total.Refused >= total.Unreached && total.Answered > 0
	})
	r.Do("DELETE", "/api/workload", "")
	if v := r.verdict(); v.Verdict == history.NotLinearizable || !v.Faulty {
		t.Errorf("the verdict is %q, faulty %v", v.Verdict, v.Faulty)
	}
}

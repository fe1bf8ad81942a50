package server

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"capplayground/cluster"
)

// paces returns the paces that the nodes report. A node that does not answer is left out.
func (r *rig) paces() (paces []cluster.Pace) {
	r.t.Helper()
	for _, addr := range r.Place.Nodes {
		var s struct{ Pace cluster.Pace }
		if status, body := r.Call("GET", "http://"+addr+"/admin/state", ""); status == http.StatusOK {
			if err := json.Unmarshal([]byte(body), &s); err != nil {
				r.t.Fatal(err)
			}
			paces = append(paces, s.Pace)
		}
	}
	return paces
}

// A pace holds on all nodes when its call returns, within 50 ms.
func TestPaceHoldsOnAllNodesAtOnce(t *testing.T) {
	t.Parallel()
	r := newRig(t, "CP")
	var took []time.Duration
	r.Eventually("a change within 50 ms", func() bool { // a busy machine gets more than one try
		for _, body := range []string{
			`{"pace":"slow","rate":0.1}`, `{"pace":"slow","rate":0.05}`, `{"pace":"slow","rate":0.02}`, `{"pace":"step"}`, `{"pace":"live"}`,
		} {
			began := time.Now()
			var want cluster.Pace
			if err := json.Unmarshal([]byte(r.Do("PUT", "/api/pace", body)), &want); err != nil {
				t.Fatal(err)
			}
			took = append(took, time.Since(began))
			if got := r.paces(); len(got) != 5 || slices.ContainsFunc(got, func(p cluster.Pace) bool { return p != want }) {
				t.Fatalf("%s: the nodes have %v, want %v", body, got, want)
			}
		}
		return slices.Min(took) < 50*time.Millisecond
	})
	slices.Sort(took)
	t.Logf("%d changes: %v to %v, median %v", len(took), took[0], took[len(took)-1], took[len(took)/2])
}

// The pace changes while messages are under way. No message arrives sooner or begins its
// delay again: it keeps the virtual time that it still owes.
func TestChangingThePaceKeepsProgress(t *testing.T) {
	t.Parallel()
	r := newRig(t, "CP")
	r.Do("PUT", "/api/pace", `{"pace":"slow","rate":0.02}`)
	done := r.Later(1, "city", "Wien")
	type owed struct {
		Messages []struct {
			Msg    string
			Type   string
			OwesMS float64 `json:"owes_ms"`
		}
	}
	owes := func() map[string]float64 {
		var o owed
		if err := json.Unmarshal([]byte(r.Do("GET", "/api/inflight", "")), &o); err != nil {
			t.Fatal(err)
		}
		by := map[string]float64{}
		for _, m := range o.Messages {
			by[m.Msg] = m.OwesMS
		}
		return by
	}
	var before map[string]float64
	var asked time.Time
	r.Eventually("four queries half-way", func() bool {
		asked = time.Now()
		before = owes()
		return len(before) == 4 && !slices.ContainsFunc(values(before), func(ms float64) bool { return ms > 30 })
	})
	r.Do("PUT", "/api/pace", `{"pace":"step"}`)
	held := owes()
	passed := virtualMS(time.Since(asked), 0.02)
	for msg, ms := range before {
		if held[msg] > ms || held[msg] < ms-passed {
			t.Errorf("%s owed %v ms, and %v after the pause", msg, ms, held[msg])
		}
	}
	for _, rate := range []float64{0.05, 0.02, 0.1} {
		slow := time.Now()
		r.Do("PUT", "/api/pace", fmt.Sprintf(`{"pace":"slow","rate":%v}`, rate))
		r.Do("PUT", "/api/pace", `{"pace":"step"}`)
		passed := virtualMS(time.Since(slow), rate)
		now := owes()
		for msg, ms := range held {
			if left, flies := now[msg]; flies && (left > ms || left < ms-passed) {
				t.Errorf("at %v %s owed %v ms, then %v", rate, msg, ms, left)
			}
		}
		held = now
	}
	r.Do("PUT", "/api/pace", `{"pace":"live"}`)
	if status := <-done; status != 201 {
		t.Errorf("the write: %d", status)
	}
	r.settled()
}

// virtualMS is the virtual time that passes in a span of real time, in ms, rounded
// up by 1 ms.
func virtualMS(span time.Duration, rate float64) float64 {
	return span.Seconds()*1000*rate + 1
}

func values(m map[string]float64) (vs []float64) {
	for _, v := range m {
		vs = append(vs, v)
	}
	return vs
}

// fired returns the timers that fired and were not stale.
func fired(events []cluster.Event) (names []string) {
	for _, e := range events {
		if e.Kind() == cluster.KindTimer && cluster.BodyOf[cluster.TimerChanged](e).State == cluster.TimerFired {
			names = append(names, fmt.Sprintf("%v %s", e.Node, cluster.BodyOf[cluster.TimerChanged](e).Name))
		}
	}
	return names
}

// A pause of ten seconds in the middle of a write changes nothing. Messages owe the same
// time as before. In virtual time the write takes as long as its hops, by the clock of its
// node. A busy machine can only add to that time, and adds less than the pause.
func TestPauseInMidWriteChangesNothing(t *testing.T) {
	t.Parallel()
	const pause = 10 * time.Second
	r := newRig(t, "CP")
	r.Do("PUT", "/api/pace", `{"pace":"slow","rate":0.05}`)
	done := r.Later(1, "city", "Wien")
	r.Eventually("its messages are under way", func() bool { m, _ := r.Inflight(); return len(m) == 4 })
	r.Do("PUT", "/api/pace", `{"pace":"step"}`)
	paused := time.Now()
	before, timers := r.Inflight()
	r.Eventually("the pause is over", func() bool { return time.Since(paused) > pause })
	after, timersAfter := r.Inflight()
	if diff := cmp.Diff(before, after) + cmp.Diff(timers, timersAfter); diff != "" {
		t.Errorf("the pause changed what is under way:\n%s", diff)
	}
	r.Do("PUT", "/api/pace", `{"pace":"slow","rate":0.05}`)
	if status := <-done; status != 201 {
		t.Errorf("the write: %d (want 201)", status)
	}
	r.Do("PUT", "/api/pace", `{"pace":"live"}`)
	events := r.settled()
	if names := fired(events); len(names) > 0 {
		t.Errorf("timers fired: %v", names)
	}
	var began, ended cluster.Time
	for _, e := range events {
		switch e.Kind() {
		case cluster.KindInvoke:
			began = e.V
		case cluster.KindReturn:
			ended = e.V
		}
	}
	const want, late = 4 * cluster.SlowLatency * time.Millisecond, pause / 20
	if took := ended.Sub(began); took < want || took >= want+late {
		t.Errorf("it took %v of virtual time (want %v, and less than %v more)", took, want, late)
	}
	t.Logf("%v of virtual time, of which %v owed", ended.Sub(began), want)
}

// The pace changes while a node is frozen. After the thaw the node has the new pace
// before any of its timers fires.
func TestPaceReachesAThawedNodeBeforeItsTimers(t *testing.T) {
	t.Parallel()
	r := newRig(t, "CA")
	r.Do("PUT", "/api/pace", `{"pace":"slow","rate":0.5}`)
	r.Do("POST", "/api/rules", `{"from":"*","to":1,"type":"yes","do":"hold"}`)
	done := r.Later(1, "city", "Wien")
	var due cluster.Time
	r.Eventually("votes held, and a timer that waits for them", func() bool {
		if len(done) > 0 {
			t.Skipf("the machine is so busy that the write ended with %d before its votes were held", <-done)
		}
		m, timers := r.Inflight()
		at := slices.IndexFunc(timers, func(e cluster.Event) bool {
			return e.Node == 1 && cluster.BodyOf[cluster.TimerChanged](e).Name == "votes"
		})
		if at >= 0 {
			due = cluster.BodyOf[cluster.TimerChanged](timers[at]).Due
		}
		return count(m, cluster.KindSent, "yes") == 4 && at >= 0
	})
	r.Do("POST", "/api/nodes/1/freeze", "")
	var stopped cluster.Pace
	if err := json.Unmarshal([]byte(r.Do("PUT", "/api/pace", `{"pace":"step"}`)), &stopped); err != nil {
		t.Fatal(err)
	}
	if stopped.V0 >= due {
		t.Skipf("the machine is so busy that time stopped at %v, but the timer was due at %v", stopped.V0, due)
	}
	frozen := time.Now()
	r.Eventually("its timer would have fired long ago", func() bool { return time.Since(frozen) > 3*time.Second })
	r.Do("POST", "/api/nodes/1/unfreeze", "")
	if got := r.paces(); len(got) != 5 || got[0].Name != cluster.PaceStep {
		t.Errorf("the thawed node is at %+v", got)
	}
	if names := fired(r.Events()); len(names) > 0 {
		t.Errorf("timers fired: %v", names)
	}
	messages, _ := r.Inflight()
	for _, m := range messages {
		if m.Message().Type == "yes" {
			r.Do("POST", "/api/messages/"+m.Message().Msg+"/deliver", "")
		}
	}
	r.Do("POST", "/api/heal", "")
	r.Do("PUT", "/api/pace", `{"pace":"live"}`)
	if status := <-done; status != 201 && status != 504 {
		t.Errorf("the write: %d", status)
	}
	r.settled()
}

// In step mode ten operations wait. No call of the control API waits for them.
func TestStepModeBlocksNobody(t *testing.T) {
	t.Parallel()
	r := newRig(t, "CA")
	r.Do("PUT", "/api/pace", `{"pace":"step"}`)
	waiting := make(chan int, 10)
	for i := range 5 { // by curl, and by the page
		go func() { s, _ := r.Write(i+1, fmt.Sprintf("key%d", i), "x"); waiting <- s }()
		body := fmt.Sprintf(`{"node":%d,"kind":"write","key":"page%d","val":"x","wait":false}`, i+1, i)
		if status, answer := r.Call("POST", r.URL+"/api/ops", body); status != 202 {
			t.Fatalf("%d %s", status, answer)
		}
	}
	r.Eventually("ten prepares to each of four", func() bool {
		m, _ := r.Inflight()
		return count(m, cluster.KindSent, "prepare") == 40
	})
	for _, c := range []struct{ method, path, body string }{
		{"GET", "/api/cluster", ""}, {"GET", "/api/inflight", ""}, {"GET", "/api/keys/key0", ""}, {"GET", "/api/rules", ""},
		{"GET", "/api/history", ""}, {"GET", "/", ""}, {"PUT", "/api/links/1/2", `{"cut":false,"delay_ms":5,"jitter_ms":0,"loss":0}`},
		{"POST", "/api/rules", `{"from":1,"to":2,"type":"commit","do":"hold","count":1}`}, {"PUT", "/api/pace", `{"pace":"step"}`},
		{"POST", "/api/nodes/5/isolate", ""}, {"POST", "/api/nodes/5/rejoin", ""}, {"POST", "/api/nodes/5/freeze", ""}, {"POST", "/api/nodes/5/unfreeze", ""},
		{"POST", "/api/nodes/4/dump", ""}, {"POST", "/api/nodes/4/clean", ""}, {"POST", "/api/heal", ""},
		{"POST", "/api/ops", `{"node":2,"kind":"read","key":"key0","wait":false}`},
	} {
		r.prompt(c.method, c.path, c.body)
	}
	if len(waiting) > 0 {
		t.Error("an operation did not wait")
	}
	r.Do("PUT", "/api/pace", `{"pace":"live"}`)
	for range 5 {
		if status := <-waiting; status/100 != 2 && status/100 != 5 && status != 409 {
			t.Errorf("a write ended with %d", status)
		}
	}
	r.settled()
}

// A link is cut in slow motion. The messages that are on it are lost, and no others. An
// event reports each loss.
func TestCutLosesWhatFliesInSlowMotion(t *testing.T) {
	t.Parallel()
	r := newRig(t, "CP")
	r.Do("PUT", "/api/pace", `{"pace":"slow","rate":0.05}`)
	done := r.Later(1, "city", "Wien")
	var victim string
	r.Eventually("four messages are under way", func() bool {
		m, _ := r.Inflight()
		for _, e := range m {
			if e.Message().To == 3 {
				victim = e.Message().Msg
			}
		}
		return len(m) == 4
	})
	r.Do("PUT", "/api/links/1/3", `{"cut":true,"delay_ms":0,"jitter_ms":0,"loss":0}`)
	r.Do("PUT", "/api/links/1/3", `{"cut":false,"delay_ms":0,"jitter_ms":0,"loss":0}`)
	if status := <-done; status != 201 {
		t.Errorf("the write: %d", status)
	}
	r.Do("PUT", "/api/pace", `{"pace":"live"}`)
	var lost []string
	for _, e := range r.settled() {
		if e.Kind() == cluster.KindLost {
			lost = append(lost, e.Message().Msg+" "+cluster.BodyOf[cluster.Lost](e).Why)
		}
	}
	if want := victim + " " + cluster.WhyCut; strings.Join(lost, ", ") != want {
		t.Errorf("lost: %v (want %s)", lost, want)
	}
}

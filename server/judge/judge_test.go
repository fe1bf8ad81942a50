package judge

import (
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"capplayground/cluster"
	"capplayground/server/history"
	"capplayground/server/workload"
)

// staleRead plays two writes at node 1, and a read at node 2 that began after
// both and returned the first value. It returns the time of the first event.
func staleRead(j *Judge) (began time.Time) {
	began = time.Now()
	at := func(step int) int64 { return began.Add(time.Duration(step) * time.Millisecond).UnixMicro() }
	call := func(op cluster.OpID, kind cluster.RequestKind, val string) cluster.ClientCall {
		return cluster.ClientCall{Op: op, OpKind: kind, Key: "city", Value: cluster.ValueOf(val)}
	}
	j.Take([]cluster.Event{
		{Node: 1, T: at(0), LC: 1, Body: &cluster.Invoked{ClientCall: call("w1", cluster.OpWrite, "Lisboa")}},
		{Node: 1, T: at(1), LC: 2, Body: &cluster.Returned{ClientCall: call("w1", cluster.OpWrite, "Lisboa"), Status: cluster.HTTPStatus(201)}},
		{Node: 1, T: at(2), LC: 3, Body: &cluster.Invoked{ClientCall: call("w2", cluster.OpWrite, "Porto")}},
		{Node: 1, T: at(3), LC: 4, Body: &cluster.Returned{ClientCall: call("w2", cluster.OpWrite, "Porto"), Status: cluster.HTTPStatus(201)}},
		{Node: 2, T: at(4), LC: 5, Body: &cluster.Invoked{ClientCall: call("r", cluster.OpRead, "")}},
		{Node: 2, T: at(5), LC: 6, Body: &cluster.Returned{ClientCall: call("r", cluster.OpRead, "Lisboa"), Status: cluster.HTTPStatus(200)}},
	})
	return began
}

// lateWrite is a write of the value that the stale read returned. It began
// before the read did.
func lateWrite(began time.Time) cluster.Event {
	call := cluster.ClientCall{Op: "w3", OpKind: cluster.OpWrite, Key: "city", Value: cluster.ValueOf("Lisboa")}
	return cluster.Event{
		Node: 3, T: began.Add(3500 * time.Microsecond).UnixMicro(), LC: 4,
		Body: &cluster.Invoked{ClientCall: call},
	}
}

// TestVerdictWaitsUntilSuspectedKeysAreJudged calls Verdict for the first time, while no
// page is open.
func TestVerdictWaitsUntilSuspectedKeysAreJudged(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		wait     time.Duration // between the stale read and the call
		explains time.Duration // after the read, when a late event arrives that explains it; 0: never
		want     string
		most     time.Duration // the longest time that the call may take
	}{
		"at once":                        {0, 0, history.NotLinearizable, grace + confirm + pollEvery},
		"when the key is just suspected": {grace + pollEvery, 0, history.NotLinearizable, confirm},
		"a minute later":                 {time.Minute, 0, history.NotLinearizable, grace},
		"before a late event explains":   {grace + pollEvery, time.Second, history.Linearizable, confirm},
		"after a late event explained":   {time.Minute, time.Second, history.Linearizable, grace},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				j := New(Config{
					Mode: "AP", Clock: func() int64 { return time.Now().UnixMicro() },
					Elsewhere: func(cluster.NodeID) bool { return false },
					Publish:   func(...cluster.Event) { t.Error("a report was published, though no viewer is there") },
					Watched:   func() bool { return false },
					Load:      func() (workload.Load, bool) { return workload.Load{}, false },
				})
				defer j.Close()
				began := staleRead(j)
				if c.explains > 0 {
					time.AfterFunc(c.explains, func() { j.Take([]cluster.Event{lateWrite(began)}) })
				}
				time.Sleep(c.wait) // of the bubble's clock
				asked := time.Now()
				r := j.Verdict(t.Context()).(report)
				if len(r.Keys) != 1 || r.Keys[0].Verdict != c.want || r.Keys[0].Suspect {
					t.Errorf("keys are judged %+v, want one that is %s and not suspected", r.Keys, c.want)
				}
				if took := time.Since(asked); took > c.most {
					t.Errorf("the verdict came after %v, want at most %v", took, c.most)
				}
			})
		})
	}
}

// TestCloseDoesNotWaitForTheQueue ends a judge while it takes in the first of many events.
// It must take in none of the others: on a busy machine with very many events the end of
// the playground would wait half a minute for them.
func TestCloseDoesNotWaitForTheQueue(t *testing.T) {
	t.Parallel()
	const queued = 1000
	var asked atomic.Int64 // how often the judge looked at its clock: once per event
	var armed atomic.Bool
	begun, goOn := make(chan struct{}), make(chan struct{})
	j := New(Config{
		Mode: "AP", Elsewhere: func(cluster.NodeID) bool { return false },
		Publish: func(...cluster.Event) {},
		Watched: func() bool { return false },
		Load:    func() (workload.Load, bool) { return workload.Load{}, false },
		Clock: func() int64 {
			if armed.Load() && asked.Add(1) == 1 {
				close(begun)
				<-goOn
			}
			return time.Now().UnixMicro()
		},
	})
	armed.Store(true)
	events := make([]cluster.Event, queued)
	for i := range events {
		events[i] = cluster.Event{Node: 1, T: time.Now().UnixMicro(), Body: &cluster.Gap{N: 1}}
	}
	j.Take(events)
	<-begun
	j.stop()
	close(goOn)
	j.Close()
	if n := asked.Load(); n > queued/10 {
		t.Errorf("the judge took in %d of %d queued events after its end", n, queued)
	}
}

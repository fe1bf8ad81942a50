package server

import (
	"encoding/json"
	"testing"
	"time"

	"capplayground/cluster"
	"capplayground/server/history"
)

// The machine's date is set back or on by an hour after the playground started. The
// playground keeps its own clock. Nodes that start later, timers, slow motion, the order of
// events and the verdict all use it.
func TestTheDateIsSet(t *testing.T) {
	t.Parallel()
	for name, ahead := range map[string]time.Duration{"back by an hour": time.Hour, "on by an hour": -time.Hour} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := startRig(t, Config{Mode: "CA", Clock: cluster.Steady(ahead)})
			wrote := func(node int, val string) {
				t.Helper()
				r.MustWrite(node, "city", val)
				r.atRest()
			}
			wrote(1, "Wien")
			r.Do("POST", "/api/nodes/4/freeze", "")
			if status, body := r.Write(2, "city", "Graz"); status != 503 { // the timer of the votes fired
				t.Errorf("a write with a frozen node: %d %s, want 503", status, body)
			}
			r.Do("POST", "/api/nodes/4/unfreeze", "")
			r.atRest()
			r.Do("POST", "/api/nodes/3/restart", "")
			wrote(3, "Linz")
			r.Do("PUT", "/api/pace", `{"pace":"slow","rate":0.5}`)
			wrote(3, "Salzburg")
			r.Do("PUT", "/api/pace", `{"pace":"live"}`)
			wrote(5, "Bregenz")
			if status, val := r.Read(3, "city"); status != 200 || val != "Bregenz" {
				t.Errorf("read: %d %q", status, val)
			}
			r.Eventually("a verdict on all operations", func() bool {
				var v history.Report
				if err := json.Unmarshal([]byte(r.Do("GET", "/api/verdict", "")), &v); err != nil {
					t.Fatal(err)
				}
				return v.Verdict == history.Linearizable && v.Open == 0 && v.Total.Asked >= 6
			})
			for _, e := range r.settled() {
				if off := time.Duration(e.T-cluster.Steady(ahead)()) * time.Microsecond; off.Abs() > 10*time.Minute {
					t.Fatalf("an event differs by %v from the playground's clock: %+v", off, e)
				}
			}
		})
	}
}

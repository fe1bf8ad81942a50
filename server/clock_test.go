package server

import (
	"encoding/json"
	"testing"
	"time"

	"capplayground/cluster"
	"capplayground/server/history"
)

// The machine's date is set back or on by an hour after the playground started.
// The playground keeps its own clock: nodes that start later, timers, slow motion,
// the order of events and the verdict all go by it.
func TestTheDateIsSet(t *testing.T) {
	t.Parallel()
	for name, ahead := range map[string]time.Duration{"back by an hour": time.Hour, "on by an hour": -time.Hour} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := startRig(t, Config{Mode: "CA", Clock: cluster.Steady(ahead)})
			expect := func(want, node int, val string) {
				t.Helper()
				if status, body := r.Write(node, "city", val); status != want {
					t.Errorf("%s: %d %s, want %d", val, status, body, want)
				}
			}
			rest := func() {
				t.Helper()
				r.Eventually("nothing under way", func() bool { m, _ := r.Inflight(); return len(m) == 0 })
			}
			expect(201, 1, "Wien")
			rest()
			r.Do("POST", "/api/nodes/4/freeze", "")
			expect(503, 2, "Graz") // the timer of the votes fired
			r.Do("POST", "/api/nodes/4/unfreeze", "")
			rest()
			r.Do("POST", "/api/nodes/3/restart", "")
			expect(201, 3, "Linz")
			rest()
			r.Do("PUT", "/api/pace", `{"pace":"slow","rate":0.5}`)
			expect(201, 3, "Salzburg")
			rest()
			r.Do("PUT", "/api/pace", `{"pace":"live"}`)
			expect(201, 5, "Bregenz")
			rest()
			if status, val := r.Read(3, "city"); status != 200 || val != "Bregenz" {
				t.Errorf("read: %d %q", status, val)
			}
			r.Eventually("a verdict on all of it", func() bool {
				var v history.Report
				if err := json.Unmarshal([]byte(r.Do("GET", "/api/verdict", "")), &v); err != nil {
					t.Fatal(err)
				}
				return v.Verdict == history.Linearizable && v.Open == 0 && v.Total.Asked == 6
			})
			for _, e := range r.settled() {
				if off := time.Duration(e.T-cluster.Steady(ahead)()) * time.Microsecond; off.Abs() > 10*time.Minute {
					t.Fatalf("an event differs by %v from the playground's clock: %+v", off, e)
				}
			}
		})
	}
}

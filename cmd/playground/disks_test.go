package main

import (
	"encoding/json"
	"testing"

	"capplayground/cluster/modes"
	"capplayground/server/history"
	"capplayground/server/servertest"
)

// TestAValueOfAnEarlierRunIsNotRed starts a playground on the disks of an earlier one. The
// history begins with the values on the disks, so the first read of an old value is
// correct.
func TestAValueOfAnEarlierRunIsNotRed(t *testing.T) {
	t.Parallel()
	for _, mode := range modes.All() {
		t.Run(string(mode.Name), func(t *testing.T) {
			t.Parallel()
			p := servertest.Start(t, servertest.Options{Flags: []string{"--mode", string(mode.Name)}})
			p.Eventually("a write", func() bool {
				status, _ := p.Write(1, "city", "Lisboa")
				return status == 201
			})
			p.Stop()
			p.Start()
			p.Eventually("the old value, at node 3", func() bool {
				status, val := p.Read(3, "city")
				return status == 200 && val == "Lisboa"
			})
			var report history.Report
			p.Eventually("the event of the read", func() bool { // it comes after the answer
				if err := json.Unmarshal([]byte(p.Do("GET", "/api/verdict", "")), &report); err != nil {
					t.Fatal(err)
				}
				return len(report.Keys) > 0
			})
			if len(report.Keys) != 1 || report.Keys[0].Verdict != history.Linearizable || report.Verdict != history.Linearizable {
				t.Errorf("the first read of the old value: %s, keys %+v", report.Verdict, report.Keys)
			}
		})
	}
}

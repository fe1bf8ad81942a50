package server

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"capplayground/cluster"
	"capplayground/server/lanes"
)

func modesOf(all []Lane) (modes []cluster.Mode) {
	for _, l := range all {
		modes = append(modes, l.Mode)
	}
	return modes
}

// laneRig is a playground of three lanes.
type laneRig struct{ *rig }

func newLaneRig(t *testing.T) laneRig {
	t.Helper()
	return laneRig{startRig(t, Config{Lanes: []Lane{{Mode: "CA"}, {Mode: "AP"}, {Mode: "CP"}}})}
}

// all makes a call of all lanes, and returns the status of each.
func (r laneRig) all(method, call, body string) (statuses [3]int, answer lanes.Answer) {
	r.t.Helper()
	_, text := r.Control(method, lanes.Path+call, body)
	if err := json.Unmarshal([]byte(text), &answer); err != nil || len(answer.Lanes) != 3 {
		r.t.Fatalf("%s %s: %v: %s", method, call, err, text)
	}
	for i, l := range answer.Lanes {
		statuses[i] = l.Status
	}
	return statuses, answer
}

// check makes a call of all lanes and compares their statuses.
func (r laneRig) check(method, call, body string, want [3]int) lanes.Answer {
	r.t.Helper()
	got, answer := r.all(method, call, body)
	if got != want {
		r.t.Errorf("%s %s %s: %v, want %v: %s", method, call, body, got, want, answer.Error)
	}
	return answer
}

// One partition, and one write at each side of it, in all lanes at the same moment. Each
// lane answers as its mode promises.
func TestLanesAnswerAsTheirModes(t *testing.T) {
	t.Parallel()
	r := newLaneRig(t)
	ok := [3]int{200, 200, 200}
	r.check("POST", "/ops", `{"node":1,"kind":"write","key":"city","val":"Lisboa"}`, [3]int{201, 201, 201})
	r.check("POST", "/partition", `{"groups":[[1,2],[3,4,5]]}`, ok)
	r.check("POST", "/ops", `{"node":1,"kind":"write","key":"city","val":"Faro"}`, [3]int{503, 201, 503})
	r.check("POST", "/ops", `{"node":4,"kind":"write","key":"city","val":"Porto"}`, [3]int{503, 201, 201})
	r.check("POST", "/heal", "", ok)
	r.check("GET", "/modes", "", ok)
	var verdicts []string
	for _, l := range r.check("GET", "/verdict", "", ok).Lanes {
		var report struct {
			Verdict string `json:"verdict"`
			Total   struct {
				Ops int `json:"ops"`
			} `json:"total"`
		}
		if err := json.Unmarshal(l.Body, &report); err != nil {
			t.Fatal(err)
		}
		verdicts = append(verdicts, report.Verdict)
	}
	t.Log(verdicts)

	_, report := r.Control("GET", "/compare", "")
	if n := strings.Count(report, `data-testid="lane"`); n != 3 || !strings.Contains(report, `href="/lanes/AP/"`) {
		t.Errorf("the report shows %d lanes: %s", n, report)
	}

	r.check("PUT", "/pace", `{"pace":"step"}`, ok)
	r.check("PUT", "/pace", `{"pace":"crawl"}`, [3]int{422, 422, 422})
	r.check("PUT", "/pace", `{"pace":"live"}`, ok)
	r.check("POST", "/workload", `{"rate":50}`, ok)
	r.check("DELETE", "/workload", "", ok)
	r.check("POST", "/nodes/9/freeze", "", [3]int{404, 404, 404})
	r.check("POST", "/reset", "", ok)
	r.check("POST", "/ops", `{"node":2,"kind":"read","key":"city"}`, [3]int{404, 404, 404})
}

// A lane is a cluster of its own: no change in it, even the death of all its nodes, affects
// the other lanes.
func TestALaneIsAlone(t *testing.T) {
	t.Parallel()
	r := newLaneRig(t)
	for id := 1; id <= 5; id++ {
		r.Do("POST", fmt.Sprintf("/api/lanes/CA/nodes/%d/kill", id), "")
	}
	r.check("POST", "/ops", `{"node":2,"kind":"write","key":"city","val":"Faro"}`, [3]int{503, 201, 201})
	r.check("POST", "/nodes/2/freeze", "", [3]int{409, 200, 200})
	r.check("POST", "/nodes/2/unfreeze", "", [3]int{409, 200, 200})
	if status, text := r.Control("PUT", "/api/lanes/AP/mode", `{"mode":"CP"}`); status != http.StatusConflict || !strings.Contains(text, "stays in mode AP") {
		t.Errorf("another mode: %d %s", status, text)
	}
	if status, text := r.Control("POST", "/api/lanes/AP/compare", ""); status != http.StatusConflict {
		t.Errorf("a comparison in one lane: %d %s", status, text)
	}
	r.Do("POST", "/api/lanes/CA/reset", "")
	r.check("POST", "/ops", `{"node":2,"kind":"read","key":"city"}`, [3]int{404, 200, 200})

	for _, path := range []string{"/lanes", "/lanes/presenter", "/lanes/CA/", "/lanes/AP/presenter", "/lanes/CP/fragments/quorum?nodes=5&n=3&r=2&w=2", "/api/lanes"} {
		if status, text := r.Control("GET", path, ""); status != http.StatusOK {
			t.Errorf("%s: %d %s", path, status, text)
		}
	}
	_, list := r.Control("GET", "/api", "")
	for _, path := range []string{"/api/lanes", "/api/lanes/nodes/{node}/freeze", "/api/lanes/scenario", "/api/lanes/CA/mode"} {
		if !strings.Contains(list, `"path":"`+path+`"`) {
			t.Errorf("GET /api does not list %s: %.300s", path, list)
		}
	}
	for _, path := range []string{"/ws", "/api/cluster", "/presenter", "/lanes/RAFT/", "/link"} {
		if status, _ := r.Control("GET", path, ""); status != http.StatusNotFound {
			t.Errorf("%s: %d", path, status)
		}
	}
	_, page := r.Control("GET", "/lanes/AP/", "")
	for _, want := range []string{`data-home="/lanes/AP"`, `data-calls="/api/lanes/AP"`, `href="/api/lanes/AP/recording"`, `data-mode="AP"`} {
		if !strings.Contains(page, want) {
			t.Errorf("the lane's stage has no %s", want)
		}
	}
}

func TestTheWordsForAddresses(t *testing.T) {
	t.Parallel()
	for want, peers := range map[string][]string{
		"127.0.1.1–5":         {"127.0.1.1:3001", "127.0.1.2:3002", "127.0.1.5:3005"},
		"127.0.0.1:3101–3105": {"127.0.0.1:3101", "127.0.0.1:3102", "127.0.0.1:3105"},
		"127.0.1.1–2.1":       {"127.0.1.1:3001", "127.0.2.1:3001"},
	} {
		if got := spanOf(peers); got != want {
			t.Errorf("%v: %q, want %q", peers, got, want)
		}
	}
}

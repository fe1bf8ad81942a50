package server

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/go-chi/chi/v5"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"capplayground/cluster"
	"capplayground/server/control"
	"capplayground/server/history"
	"capplayground/server/recording"
)

// replayed serves a recording in this process and returns its URL.
func replayed(t *testing.T, rec *recording.Recording) string {
	t.Helper()
	r, err := NewReplay(Config{Listen: "127.0.0.1:0", Log: t.Output()}, rec)
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	done := make(chan error)
	go func() { done <- r.Run(ctx) }()
	t.Cleanup(func() {
		stop()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	return "http://" + r.listener.addr()
}

func call(t *testing.T, method, url string) (int, []byte) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	var b bytes.Buffer
	if _, err := b.ReadFrom(resp.Body); err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, b.Bytes()
}

// TestTheVerdictOfAReplayIsTheOneThatWasRecorded makes a history with stale reads
// and refused writes. The judgement and the figures of the recording are those of
// the playground.
//
// The playground judges an event half a second after it came. On an overloaded machine an
// event may come later than that, when events that happened after it are already judged. A
// replay has all events in the right order, so its judgement is better and cannot be
// compared. Such a run is made again.
func TestTheVerdictOfAReplayIsTheOneThatWasRecorded(t *testing.T) {
	t.Parallel()
	const tries = 3
	for range tries {
		compared := false
		t.Run("run", func(t *testing.T) { compared = replayIsJudgedAlike(t) })
		if compared || t.Failed() {
			return
		}
	}
	t.Skipf("in %d runs events came so late that they were judged in another order", tries)
}

// replayIsJudgedAlike makes one such history and compares the two judgements. It
// returns false if events came too late for that.
func replayIsJudgedAlike(t *testing.T) bool {
	t.Helper()
	file := filepath.Join(t.TempDir(), "run.jsonl.gz")
	r := startRig(t, Config{Mode: "AP", Record: file})
	r.Do("PUT", "/api/quorum", `{"n":3,"r":1,"w":1}`)
	r.Do("POST", "/api/partition", `{"groups":[[1,2],[3,4,5]]}`)
	r.Do("POST", "/api/workload", `{"rate":150,"clients":12,"keys":3,"read_ratio":0.6}`)
	r.Eventually("wrong reads", func() bool { return r.verdict().Total.Stale > 10 })
	r.Do("POST", "/api/nodes/4/freeze", "")
	r.Eventually("more of them", func() bool { return r.verdict().Total.Stale > 20 })
	r.Do("POST", "/api/nodes/4/unfreeze", "")
	r.Do("POST", "/api/heal", "")
	r.Do("DELETE", "/api/workload", "")
	r.settled()
	want := r.verdict()
	events := r.Events()
	if late := latest(events); late > 250*time.Millisecond {
		t.Logf("an event came %v after one that happened later", late)
		return false
	}
	var rec *recording.Recording
	r.Eventually("all events in the file", func() bool {
		rec = r.readRecording(file)
		return len(rec.Events) >= len(events)
	})
	was := r.Cluster()

	url := replayed(t, rec)
	var got history.Report
	if status, body := call(t, "GET", url+"/api/verdict"); status != 200 || json.Unmarshal(body, &got) != nil {
		t.Fatalf("%d %s", status, body)
	}
	for _, v := range []*history.Report{&want, &got} { // these fields depend on the time of the request
		v.Total.Seconds, v.Recent, v.Series, v.Faults = 0, history.Figures{}, nil, nil
		for i := range v.Keys {
			v.Keys[i].Suspect = false
		}
	}
	if diff := cmp.Diff(want, got, cmpopts.IgnoreUnexported(history.Op{})); diff != "" {
		t.Errorf("the verdict (-recorded +replayed):\n%s", diff)
	}
	var again struct {
		Nodes []struct{ Status, URL string }
	}
	if status, body := call(t, "GET", url+"/api/cluster"); status != 200 || json.Unmarshal(body, &again) != nil {
		t.Fatalf("%d %s", status, body)
	}
	for i, n := range again.Nodes {
		if n.Status != string(was.Nodes[i].Status) {
			t.Errorf("node %d is %s, was %s", i+1, n.Status, was.Nodes[i].Status)
		}
	}
	return true
}

// latest returns how late an event came at most: the longest time by which it happened
// before an event that came earlier.
func latest(events []cluster.Event) time.Duration {
	var newest, longest int64
	for _, e := range events {
		newest = max(newest, e.T)
		longest = max(longest, newest-e.T)
	}
	return time.Duration(longest) * time.Microsecond
}

// Every call that only reads is answered. Every other call is refused with 409.
func TestAReplayRefusesEverythingThatActs(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("../static/js/testdata/recordings/refused.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	rec, err := recording.Read(bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	url := replayed(t, rec)
	began := time.Now()
	acts, looks := 0, 0
	for path, answer := range map[string]int{
		"/api/cluster": 200, "/api/modes": 200, "/api/rules": 200, "/api/inflight": 200, "/api/keys/city": 200,
		"/api/workload": 200, "/api/history": 200, "/api/verdict": 200, "/api/verdict/city": 200, "/api/recording": 200,
		"/api/compare": 200, "/api/scenarios": 200, "/api/scenarios/schema.json": 200, "/api/scenario": 200, "/api": 200,
		"/api/scenario/recording": 404, "/api/audience": 404, "/api/nothing": 404, "/": 200, "/presenter": 200,
	} {
		if status, body := call(t, "GET", url+path); status != answer {
			t.Errorf("GET %s: %d %.200s, want %d", path, status, body, answer)
		}
		looks++
	}
	_ = chi.Walk(controlRoutes(), func(method, route string, _ http.Handler, _ ...func(http.Handler) http.Handler) error {
		if method == http.MethodGet || method == http.MethodHead {
			return nil
		}
		acts++
		if status, body := call(t, method, url+route); status != 409 || !bytes.Contains(body, []byte("this is a recording")) {
			t.Errorf("%s %s: %d %s, want 409", method, route, status, body)
		}
		return nil
	})
	if acts < 25 {
		t.Errorf("only %d calls change something", acts)
	}
	if status, body := call(t, "GET", url+"/api/recording"); status != 200 || !bytes.Equal(body, rec.Text) {
		t.Errorf("the recording: %d, %d bytes", status, len(body))
	}
	t.Logf("%d calls only read, %d change something, in %v", looks, acts, time.Since(began))
}

// controlRoutes are all routes of the control API.
func controlRoutes() chi.Routes {
	return control.New(control.Config{
		Nodes: noNodes{}, Cluster: noCluster{}, Messages: noMessages{}, Ops: noOps{}, Screens: noScreens{}, Talk: playbackTalk{},
	}).Routes()
}

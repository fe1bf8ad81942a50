package lanes_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/go-chi/chi/v5"

	"capplayground/cluster"
	"capplayground/cluster/guard"
	"capplayground/server/lanes"
)

// lanesOf returns the API of three lanes that answer with calls. The API is below a router,
// as in the playground.
func lanesOf(calls func(mode cluster.Mode) http.HandlerFunc) http.Handler {
	var all []lanes.Lane
	for _, mode := range []cluster.Mode{"CA", "AP", "CP"} {
		routes := chi.NewRouter()
		routes.HandleFunc("/api/*", calls(mode))
		all = append(all, lanes.Lane{Mode: mode, Nodes: []string{"http://" + string(mode)}, Calls: routes})
	}
	api := lanes.New(lanes.Config{Lanes: all})
	r := chi.NewRouter()
	r.Handle(lanes.Path, api)
	r.Handle(lanes.Path+"/*", api)
	return r
}

// echo answers with the request that the lane received.
func echo(mode cluster.Mode) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		guard.WriteJSON(w, http.StatusCreated, map[string]string{"lane": string(mode), "call": r.Method + " " + r.URL.EscapedPath() + "?" + r.URL.RawQuery, "body": string(body)})
	}
}

func ask(h http.Handler, method, path, body string) (status int, text string) {
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest(method, path, strings.NewReader(body)))
	return w.Code, w.Body.String()
}

func TestACallOfOneLaneReachesThatLaneAlone(t *testing.T) {
	t.Parallel()
	h := lanesOf(echo)
	for path, want := range map[string]string{
		"/api/lanes/AP/ops":            `{"body":"x","call":"POST /api/ops?","lane":"AP"}`,
		"/api/lanes/ap/keys/a%2Fb?n=1": `{"body":"x","call":"POST /api/keys/a%2Fb?n=1","lane":"AP"}`,
		"/api/lanes/AC/mode":           `{"body":"x","call":"POST /api/mode?","lane":"CA"}`,
	} {
		if status, text := ask(h, "POST", path, "x"); status != 201 || strings.TrimSpace(text) != want {
			t.Errorf("%s: %d %s, want %s", path, status, text, want)
		}
	}
	if status, text := ask(h, "GET", "/api/lanes/RAFT/cluster", ""); status != 404 || !strings.Contains(text, "CA, AP, CP") {
		t.Errorf("a lane that is not there: %d %s", status, text)
	}
}

func TestTheListNamesTheLanes(t *testing.T) {
	t.Parallel()
	h := lanesOf(echo)
	status, text := ask(h, "GET", "/api/lanes", "")
	if want := `{"mode":"AP","page":"/lanes/AP/","calls":"/api/lanes/AP","nodes":["http://AP"]}`; status != 200 || !strings.Contains(text, want) {
		t.Errorf("%d %s", status, text)
	}
	if status, _ := ask(h, "POST", "/api/lanes", ""); status != 405 {
		t.Errorf("POST of the list: %d", status)
	}
}

// read returns the results of a call of all lanes.
func read(t *testing.T, text string) (a lanes.Answer) {
	t.Helper()
	if err := json.Unmarshal([]byte(text), &a); err != nil {
		t.Fatalf("%v: %s", err, text)
	}
	return a
}

func TestACallOfAllLanesHasOneResultForEach(t *testing.T) {
	t.Parallel()
	status, text := ask(lanesOf(echo), "POST", "/api/lanes/keys/a%2Fb?n=1", "x")
	a := read(t, text)
	if status != 201 || len(a.Lanes) != 3 || a.Error != "" {
		t.Fatalf("%d %s", status, text)
	}
	for i, mode := range []cluster.Mode{"CA", "AP", "CP"} {
		want := `{"body":"x","call":"POST /api/keys/a%2Fb?n=1","lane":"` + string(mode) + `"}`
		if r := a.Lanes[i]; r.Mode != mode || r.Status != 201 || string(r.Body) != want || r.MS < 0 {
			t.Errorf("%+v %s, want %s", r, r.Body, want)
		}
	}
}

// Each lane answers only when all lanes have been called.
func TestAllLanesAreCalledAtTheSameMoment(t *testing.T) {
	t.Parallel()
	var called sync.WaitGroup
	called.Add(3)
	h := lanesOf(func(cluster.Mode) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			called.Done()
			called.Wait()
			guard.WriteJSON(w, http.StatusOK, "ok")
		}
	})
	if status, text := ask(h, "POST", "/api/lanes/heal", ""); status != 200 {
		t.Errorf("%d %s", status, text)
	}
}

func TestLanesThatAnswerDifferently(t *testing.T) {
	t.Parallel()
	h := lanesOf(func(mode cluster.Mode) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			switch {
			case mode == "CA":
				guard.WriteError(w, cluster.Sentinel("no votes", cluster.ErrUnavailable))
			case mode == "CP" && strings.HasSuffix(r.URL.Path, "panic"):
				panic("broken")
			default:
				_, _ = io.WriteString(w, "plain text")
			}
		}
	})
	status, text := ask(h, "POST", "/api/lanes/ops", "{}")
	if a := read(t, text); status != 207 || a.Error != "CA: no votes" || string(a.Lanes[1].Body) != `"plain text"` {
		t.Errorf("%d %s", status, text)
	}
	status, text = ask(h, "POST", "/api/lanes/panic", "{}")
	if a := read(t, text); status != 207 || a.Lanes[2].Status != 500 || a.Lanes[1].Status != 200 {
		t.Errorf("a lane that panics: %d %s", status, text)
	}
}

func TestAnErrorOfAllLanesIsAnError(t *testing.T) {
	t.Parallel()
	h := lanesOf(func(cluster.Mode) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) { guard.WriteError(w, cluster.ErrFields) }
	})
	status, text := ask(h, "PUT", "/api/lanes/pace", "{}")
	if a := read(t, text); status != 422 || a.Code != "wrong_fields" || a.Error != "CA: wrong fields; AP: wrong fields; CP: wrong fields" {
		t.Errorf("%d %s", status, text)
	}
}

func TestCallsThatOnlyOneLaneCanAnswer(t *testing.T) {
	t.Parallel()
	h := lanesOf(echo)
	for _, path := range []string{"mode", "recording", "verdict/city", "scenario/recording"} {
		if status, text := ask(h, "GET", "/api/lanes/"+path, ""); status != 404 || !strings.Contains(text, "/api/lanes/CA/") {
			t.Errorf("%s: %d %s", path, status, text)
		}
	}
	for _, path := range []string{"verdict", "modes"} {
		if status, text := ask(h, "GET", "/api/lanes/"+path, ""); status != 201 || len(read(t, text).Lanes) != 3 {
			t.Errorf("%s: %d %s", path, status, text)
		}
	}
}

func TestTheTalkIsAskedOnce(t *testing.T) {
	t.Parallel()
	h := lanesOf(echo)
	for _, path := range []string{"scenarios", "scenarios/schema.json", "scenario", "scenario/next", "scenario/recording", "audience"} {
		want := `{"body":"x","call":"POST /api/` + path + `?","lane":"CA"}`
		if status, text := ask(h, "POST", "/api/lanes/"+path, "x"); status != 201 || strings.TrimSpace(text) != want {
			t.Errorf("%s: %d %s, want %s", path, status, text, want)
		}
	}
}

func TestABodyThatIsTooLongReachesNoLane(t *testing.T) {
	t.Parallel()
	h := lanesOf(func(cluster.Mode) http.HandlerFunc {
		return func(http.ResponseWriter, *http.Request) { t.Error("called") }
	})
	if status, _ := ask(h, "POST", "/api/lanes/ops", strings.Repeat("x", 600<<10)); status != 413 {
		t.Errorf("%d", status)
	}
}

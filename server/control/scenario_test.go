package control

import (
	"fmt"
	"net/http/httptest"
	"strings"
	"testing"

	"capplayground/cluster"
)

// fakeTalk records its calls in a fake, and returns the error of the fake.
type fakeTalk struct{ *fake }

func (f fakeTalk) List() any                  { return map[string]int{"scenarios": 0} }
func (f fakeTalk) Schema() []byte             { return []byte(`{"type":"object"}`) }
func (f fakeTalk) View() any                  { return map[string]bool{"running": true} }
func (f fakeTalk) Play(name string) error     { return f.note("play %s", name) }
func (f fakeTalk) PlayText(text []byte) error { return f.note("play text %q", text) }
func (f fakeTalk) Stop()                      { _ = f.note("stop") }
func (f fakeTalk) Next() error                { return f.note("next") }
func (f fakeTalk) Back() error                { return f.note("back") }
func (f fakeTalk) Again() error               { return f.note("again") }
func (f fakeTalk) Restart() error             { return f.note("restart") }
func (f fakeTalk) Reveal() error              { return f.note("reveal") }
func (f fakeTalk) Black()                     { _ = f.note("black") }
func (f fakeTalk) ShowRecording() error       { return f.note("recording") }
func (f fakeTalk) Recording(lane cluster.Mode) ([]byte, error) {
	return []byte("packed"), f.note("recording file of %s", lane)
}

func (f fakeTalk) Vote(who string, n int) error { return f.note("vote %q %d", who, n) }
func (f fakeTalk) Drive(page string)            { _ = f.note("drive %s", page) }

func (f fakeTalk) MayDrive(page string) error {
	if page == "other" {
		return fmt.Errorf("%w: another page drives", cluster.ErrNotNow)
	}
	return nil
}

func TestTalkCalls(t *testing.T) {
	t.Parallel()
	const yaml = "application/yaml"
	for _, tc := range []struct {
		call, kind, body string
		status           int
		asks             string
	}{
		{"GET /api/scenarios", "", "", 200, ""},
		{"GET /api/scenarios/schema.json", "", "", 200, ""},
		{"GET /api/scenario", "", "", 200, ""},
		{"POST /api/scenario", "application/json", `{"name":"04-in-doubt"}`, 200, "play 04-in-doubt"},
		{"POST /api/scenario", "application/json", `{"nam":"x"}`, 422, ""},
		{"POST /api/scenario", "text/plain", `{"name":"x"}`, 415, ""},
		{"POST /api/scenario", yaml, "version: 1\n", 200, `play text "version: 1\n"`},
		{"POST /api/scenario", yaml, strings.Repeat("x", maxScenario+1), 413, ""},
		{"DELETE /api/scenario", "", "", 200, "stop"},
		{"POST /api/scenario/next", "", "", 200, "next"},
		{"POST /api/scenario/next", "application/json", `{"page":"this"}`, 200, "next"},
		{"POST /api/scenario/next", "application/json", `{"page":"other"}`, 409, ""},
		{"POST /api/scenario/back", "application/json", `{"page":"other"}`, 409, ""},
		{"POST /api/scenario/back", "", "", 200, "back"},
		{"POST /api/scenario/again", "", "", 200, "again"},
		{"POST /api/scenario/restart", "", "", 200, "restart"},
		{"POST /api/scenario/reveal", "", "", 200, "reveal"},
		{"POST /api/scenario/black", "", "", 200, "black"},
		{"POST /api/scenario/recording", "", "", 200, "recording"},
		{"POST /api/scenario/recording", "application/json", `{"page":"other"}`, 409, ""},
		{"GET /api/scenario/recording", "", "", 200, "recording file of AP"},
		{"POST /api/scenario/drive", "application/json", `{"page":"other"}`, 200, "drive other"},
		{"POST /api/scenario/vote", "application/json", `{"choice":2}`, 200, `vote "" 2`},
		{"POST /api/scenario/vote", "application/json", `{"choice":2,"voter":"x"}`, 422, ""},
	} {
		f := new(fake)
		method, path, _ := strings.Cut(tc.call, " ")
		r := httptest.NewRequest(method, path, strings.NewReader(tc.body))
		if tc.kind != "" {
			r.Header.Set("Content-Type", tc.kind)
		}
		w := httptest.NewRecorder()
		over(f).ServeHTTP(w, r)
		if got := strings.Join(f.asked, "; "); w.Code != tc.status || got != tc.asks {
			t.Errorf("%s %.40s: %d %.80s, asks %q (want %d, %q)", tc.call, tc.body, w.Code, w.Body, got, tc.status, tc.asks)
		}
	}
	f := &fake{err: fmt.Errorf("%w: no question is open", cluster.ErrNotNow)}
	if w := serve(f, "POST", "/api/scenario/reveal", ""); w.Code != 409 {
		t.Errorf("reveal without a question: %d %s", w.Code, w.Body)
	}
}

package control

import (
	"net/http"
	"strings"

	"capplayground/cluster"
	"capplayground/cluster/guard"
)

// maxScenario bounds the text of a scenario, in bytes.
const maxScenario = 64 << 10

// Talk plays scenarios, one at a time. The errors are cluster.ErrNotFound if no scenario
// is played or no scenario has that name, cluster.ErrBadFault for a text that is not a
// scenario or for a choice that the question does not have, and cluster.ErrNotNow.
type Talk interface {
	// List returns the scenarios that can be played by name, and Schema the JSON
	// Schema of a scenario file.
	List() any
	Schema() []byte
	// View returns the scenario that is played, as the presenter sees it.
	View() any
	// Play begins a scenario of the list. PlayText begins the scenario in text.
	Play(name string) error
	PlayText(text []byte) error
	Stop()

	Next() error
	Back() error
	Again() error
	Restart() error
	Reveal() error
	Black()
	// ShowRecording shows the recording of the present step on every stage, or ends
	// that. Recording returns the recording of the scenario, compressed by gzip; in lanes,
	// that of one lane.
	ShowRecording() error
	Recording(lane cluster.Mode) ([]byte, error)
	// Vote records the choice of a voter. With voter "" it counts one raised hand.
	Vote(voter string, choice int) error
	// Drive makes page the one page that drives: its presses count. MayDrive
	// returns cluster.ErrNotNow for a page while another page drives. It returns
	// nil for page "": such a caller, for example curl, is not a page.
	Drive(page string)
	MayDrive(page string) error
}

// talkRoutes adds the calls of the talk. The body of a press may name its page,
// {"page":"7f3a"}, so that two pages cannot drive at once.
func (a *API) talkRoutes() {
	r := a.routes
	a.get("/api/scenarios", a.getScenarios)
	a.get("/api/scenarios/schema.json", a.getSchema)
	a.get("/api/scenario", a.getScenario)
	a.get("/api/audience", a.getAudience)
	r.Post("/api/scenario", a.postScenario)
	r.Delete("/api/scenario", a.deleteScenario)
	r.Post("/api/scenario/next", a.press(func() error { return a.Talk.Next() }))
	r.Post("/api/scenario/back", a.press(func() error { return a.Talk.Back() }))
	r.Post("/api/scenario/again", a.press(func() error { return a.Talk.Again() }))
	r.Post("/api/scenario/restart", a.press(func() error { return a.Talk.Restart() }))
	r.Post("/api/scenario/reveal", a.press(func() error { return a.Talk.Reveal() }))
	r.Post("/api/scenario/black", a.press(func() error {
		a.Talk.Black()
		return nil
	}))
	r.Post("/api/scenario/recording", a.press(func() error { return a.Talk.ShowRecording() }))
	a.get("/api/scenario/recording", a.getScenarioRecording)
	r.Post("/api/scenario/drive", a.postDrive)
	r.Post("/api/scenario/vote", a.postVote)
}

// GET /api/audience
func (a *API) getAudience(w http.ResponseWriter, _ *http.Request) {
	phones, err := a.Phones()
	finish(w, phones, err)
}

// GET /api/scenarios
func (a *API) getScenarios(w http.ResponseWriter, _ *http.Request) {
	guard.WriteJSON(w, http.StatusOK, a.Talk.List())
}

// GET /api/scenarios/schema.json
func (a *API) getSchema(w http.ResponseWriter, _ *http.Request) {
	guard.WriteText(w, "application/schema+json", a.Talk.Schema())
}

// GET /api/scenario
func (a *API) getScenario(w http.ResponseWriter, _ *http.Request) {
	guard.WriteJSON(w, http.StatusOK, a.Talk.View())
}

// POST /api/scenario {"name":"02-one-silent-node"}, or the text of a scenario file as
// application/yaml
func (a *API) postScenario(w http.ResponseWriter, r *http.Request) {
	var err error
	if kind := r.Header.Get("Content-Type"); strings.Contains(kind, "yaml") {
		var text []byte
		if text, err = guard.Body(r, maxScenario); err == nil {
			err = a.Talk.PlayText(text)
		}
	} else {
		var body struct {
			Name string `json:"name"`
		}
		if err = guard.Decode(r, &body, maxBody); err == nil {
			err = a.Talk.Play(body.Name)
		}
	}
	a.answerTalk(w, err)
}

// DELETE /api/scenario
func (a *API) deleteScenario(w http.ResponseWriter, _ *http.Request) {
	a.Talk.Stop()
	a.answerTalk(w, nil)
}

// GET /api/scenario/recording
func (a *API) getScenarioRecording(w http.ResponseWriter, _ *http.Request) {
	file, err := a.Talk.Recording(a.State.Mode())
	if err != nil {
		fail(w, err)
		return
	}
	attach(w, "application/gzip", "scenario.jsonl.gz")
	_, _ = w.Write(file) // an error means that the client went away
}

// fromPage is the body of a press.
type fromPage struct {
	Page string `json:"page"`
}

// press returns the handler of a press, such as next or back. do is its action. It runs
// only if the page may drive.
func (a *API) press(do func() error) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		page, err := readPage(r)
		if err == nil {
			err = a.Talk.MayDrive(page)
		}
		if err == nil {
			err = do()
		}
		a.answerTalk(w, err)
	}
}

// POST /api/scenario/drive {"page":"7f3a"}
func (a *API) postDrive(w http.ResponseWriter, r *http.Request) {
	page, err := readPage(r)
	if err == nil {
		a.Talk.Drive(page)
	}
	a.answerTalk(w, err)
}

// readPage returns the page that a press comes from; "" if the call has no body.
func readPage(r *http.Request) (string, error) {
	var body fromPage
	if r.ContentLength == 0 {
		return "", nil
	}
	err := guard.Decode(r, &body, maxBody)
	return body.Page, err
}

// POST /api/scenario/vote {"choice":2} counts one raised hand.
func (a *API) postVote(w http.ResponseWriter, r *http.Request) {
	var body struct {
		Choice int `json:"choice"`
	}
	err := guard.Decode(r, &body, maxBody)
	if err == nil {
		err = a.Talk.Vote("", body.Choice)
	}
	a.answerTalk(w, err)
}

func (a *API) answerTalk(w http.ResponseWriter, err error) { finish(w, a.Talk.View(), err) }

package control

import (
	_ "embed"
	"encoding/json"
	"net/http"
	"slices"
	"strings"

	"github.com/go-chi/chi/v5"

	"capplayground/cluster/guard"
	"capplayground/cluster/modes"
	"capplayground/server/verbs"
)

// Call describes one call of the API to people.
type Call struct {
	Method  string   `json:"method"`
	Path    string   `json:"path"`
	Body    []string `json:"body,omitempty"` // the fields of its JSON body
	Summary string   `json:"summary"`
	// Example is a body that the call takes.
	Example json.RawMessage `json:"example,omitempty"`
}

// summaries holds the summary of each call that is not in the table of verbs, and of
// POST /api/ops.
var summaries = map[string]string{
	"GET /api":                       "lists all calls",
	"GET /api/openapi.yaml":          "describes all calls for programs (OpenAPI 3.0)",
	"GET /api/cluster":               "the mode, the pace, the nodes, and the links that are not perfect",
	"GET /api/modes":                 "what each mode is and can do",
	"GET /api/rules":                 "the rules in force",
	"GET /api/inflight":              "the messages that are under way, and the timers that are set",
	"GET /api/keys/{key}":            "what each node holds of one key, and where it belongs",
	"GET /api/workload":              "the random traffic that runs",
	"DELETE /api/workload":           "ends the random traffic",
	"GET /api/history":               "the newest client operations; ?n=100 for so many",
	"GET /api/verdict":               "the judgement of all that clients saw, with its figures",
	"GET /api/verdict/{key}":         "Porcupine's page about one key",
	"GET /api/recording":             "a recording of all events that are retained; ?format=mermaid&op=…, perfetto, shiviz or edn&key=… for other tools",
	"GET /api/compare":               "how far the comparison is, and the last result",
	"POST /api/compare":              "plays one script of faults under every mode, one after another",
	"DELETE /api/compare":            "stops the comparison and brings back the mode that was there before",
	"POST /api/nodes/{node}/dump":    "lets a node print its database on its screen, and returns it",
	"POST /api/nodes/{node}/clean":   "lets a node push blank lines on its screen",
	"GET /api/audience":              "where phones go, as text and as QR codes",
	"GET /api/scenarios":             "the scenarios that can be played by name",
	"GET /api/scenarios/schema.json": "the JSON Schema of a scenario file",
	"GET /api/scenario":              "the scenario that is played, as the presenter sees it",
	"POST /api/scenario":             "plays a scenario by its name, or the text of a file as application/yaml",
	"DELETE /api/scenario":           "stops the scenario and leaves the cluster as it is",
	"POST /api/scenario/next":        "goes on by one step; while a step runs, once that is over",
	"POST /api/scenario/back":        "plays the step before again, from the state at its beginning",
	"POST /api/scenario/again":       "plays the present step again, from the state at its beginning",
	"POST /api/scenario/restart":     "plays the scenario from its beginning, and forgets the votes",
	"POST /api/scenario/reveal":      "closes the open question and shows its votes",
	"POST /api/scenario/black":       "turns the screens of the room black, or ends that",
	"POST /api/scenario/recording":   "shows the recording of the present step on every stage, or ends that",
	"GET /api/scenario/recording":    "the recording of the scenario that is played, compressed by gzip",
	"POST /api/scenario/vote":        "adds one raised hand to a choice of the open question",
	"POST /api/scenario/drive":       "makes a page the one whose presses count",
	"POST " + verbs.OpsPath:          "carries out a client's operation at a node: " + kinds(),
}

// kinds lists the operations of POST /api/ops.
func kinds() string {
	var names []string
	for _, v := range verbs.Table {
		if v.Path == verbs.OpsPath {
			names = append(names, string(v.Kind))
		}
	}
	return strings.Join(names, ", ")
}

// Calls lists every call of the API with what it does, ordered by path.
func (a *API) Calls() []Call {
	var calls []Call
	_ = chi.Walk(a.routes, func(method, path string, _ http.Handler, _ ...func(http.Handler) http.Handler) error {
		if method != http.MethodHead { // every GET route has a HEAD route too
			calls = append(calls, describe(method, path))
		}
		return nil
	})
	slices.SortFunc(calls, func(a, b Call) int { return strings.Compare(a.Path+a.Method, b.Path+b.Method) })
	return calls
}

// describe returns the description of a call.
func describe(method, path string) Call {
	c := Call{Method: method, Path: path, Summary: summaries[method+" "+path], Body: bodies[method+" "+path]}
	for _, v := range verbs.Table {
		if v.Method != method || v.Path != path || path == verbs.OpsPath {
			continue
		}
		c.Summary = v.Summary
		for _, name := range v.Arguments() {
			if !v.InPath(name) {
				c.Body = append(c.Body, name)
			}
		}
	}
	if body := examples[method+" "+path]; body != "" {
		c.Example = json.RawMessage(body)
	}
	return c
}

// Curl returns a command for a POSIX shell that makes the call, with examples as
// arguments. playground is the address of the page, such as http://localhost:8080.
func (c Call) Curl(playground string) string {
	path := c.Path
	for name, example := range map[string]string{"node": "4", "from": "1", "to": "2", "key": "city", "msg": "MSG", "rule": "RULE", "timer": "TIMER"} {
		path = strings.ReplaceAll(path, "{"+name+"}", example)
	}
	return verbs.Command(c.Method, playground+path, "application/json", string(c.Example))
}

// examples are bodies that the calls take.
var examples = map[string]string{
	"POST " + verbs.OpsPath:      `{"node":2,"kind":"write","key":"city","val":"London"}`,
	"POST /api/compare":          `{"length":"9s","load":{"rate":60,"clients":8,"keys":5,"read_ratio":0.5},"faults":[{"at":"1s","do":"freeze","node":4},{"at":"4s","do":"thaw","node":4}]}`,
	"PUT /api/links/{from}/{to}": `{"cut":false,"delay_ms":200,"jitter_ms":0,"loss":0}`,
	"PUT /api/mode":              `{"mode":"` + string(modes.Names()[0]) + `"}`,
	"PUT /api/pace":              `{"pace":"slow","rate":0.05}`,
	"POST /api/partition":        `{"groups":[[1,2],[3,4,5]]}`,
	"PUT /api/quorum":            `{"n":3,"r":2,"w":2}`,
	"POST /api/rules":            `{"from":2,"to":1,"type":"yes","do":"hold","count":1}`,
	"POST /api/scenario":         `{"name":"02-one-silent-node"}`,
	"POST /api/scenario/drive":   `{"page":"7f3a"}`,
	"POST /api/scenario/vote":    `{"choice":2}`,
	"POST /api/workload":         `{"rate":50,"clients":8,"keys":10,"read_ratio":0.5}`,
}

// bodies lists the fields of the body of each call that is not in the table of verbs,
// and of POST /api/ops.
var bodies = map[string][]string{
	"POST " + verbs.OpsPath:    {"node", "kind", "key", "val", "id", "ts", "if_match", "wait"},
	"POST /api/compare":        {"length", "load", "faults", "modes"},
	"POST /api/scenario":       {"name"},
	"POST /api/scenario/drive": {"page"},
	"POST /api/scenario/vote":  {"choice"},
}

// openAPI describes the calls to programs. scripts/generate writes the file.
//
//go:embed openapi.yaml
var openAPI []byte

// OpenAPI returns the description of the control API, in YAML.
func OpenAPI() []byte { return openAPI }

// GET /api/openapi.yaml
func (a *API) getOpenAPI(w http.ResponseWriter, _ *http.Request) {
	guard.WriteText(w, "application/yaml", openAPI)
}

// GET /api
func (a *API) getCalls(w http.ResponseWriter, _ *http.Request) {
	guard.WriteJSON(w, http.StatusOK, map[string][]Call{"calls": a.Calls()})
}

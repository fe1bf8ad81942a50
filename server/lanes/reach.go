package lanes

import (
	_ "embed"
	"net/http"
	"slices"
	"strings"

	"capplayground/cluster/guard"
)

// Reach says which lanes a call without a mode asks.
type Reach int

// The lanes that are asked.
const (
	All   Reach = iota // every lane, at the same moment
	First              // the first lane: the call is not about a lane, so every lane gives the same answer
	None               // none: the call must name its lane
)

// single lists the calls that cannot be made in all lanes at once, and with each the calls
// below it. The answer of such a call is a file or a page, or the call is for something that
// only one lane can do.
var single = []string{"mode", "recording", "verdict/{key}", "compare"}

// laneRecording is the file about the talk that differs from lane to lane: each lane has
// its own recording of the scenario. POST of this path shows the recordings of all lanes.
const laneRecording = "scenario/recording"

// shared lists the calls that are not about a lane: the playground has one talk and one
// listener for phones.
var shared = []string{"scenario", "scenarios", "audience"}

// ReachOf returns which lanes a call asks. path is what follows Path and its slash.
func ReachOf(method, path string) Reach {
	isOrBelow := func(call string) bool {
		above, key := strings.CutSuffix(call, "{key}")
		return path == call || key && strings.HasPrefix(path, above) || !key && strings.HasPrefix(path, call+"/")
	}
	switch {
	case slices.ContainsFunc(single, isOrBelow), path == laneRecording && method != http.MethodPost:
		return None
	case slices.ContainsFunc(shared, isOrBelow):
		return First
	}
	return All
}

// openAPI describes the list and the calls without a mode. scripts/wire/openapi writes it.
//
//go:embed openapi.yaml
var openAPI []byte

// OpenAPIPath is the path of the description.
const OpenAPIPath = Path + "/openapi.yaml"

// OpenAPI returns the description of the calls of all lanes, in YAML.
func OpenAPI() []byte { return openAPI }

// GET /api/lanes/openapi.yaml
func describe(w http.ResponseWriter, _ *http.Request) {
	guard.WriteText(w, "application/yaml", openAPI)
}

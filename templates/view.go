// Package templates holds the markup of the pages: templ components over small view
// models, without logic. The modules under static/js draw the parts that change. They find the
// elements by the ids and data attributes that are written here.
package templates

// Place is where a page finds its files, its stream and its calls. No path has a
// slash at its end.
type Place struct {
	// Base is the path under which static files are served: "/static" or
	// "/static/<hash of the files>". The modules import each other by relative
	// paths, so the hash must be in the path and never in a query.
	Base string
	// Home is the path below which the pages and the stream of the cluster stand:
	// "", or "/lanes/{mode}" for a lane.
	Home string
	// Calls is the path that is used instead of /api: "/api", or "/api/lanes/{mode}" for
	// a lane.
	Calls string
	// Modules holds the modules that a module imports, directly or not, by the name of that
	// module: "js/main.js". A page names them, so that the browser asks for all at once. nil:
	// the browser finds them itself.
	Modules map[string][]string
	// Lanes is true if the cluster is a lane. The page then has a link back to /lanes.
	Lanes bool
}

// StageView has the values that the stage needs to be rendered. The stage's content comes
// later, over /ws.
type StageView struct {
	Place
	// Follow renders the stage without controls, for a projector (/?follow).
	Follow bool
	// Token is true if callers must send a token. The curl commands on the page then
	// contain it.
	Token bool
	// Audience renders the page for a phone of the audience: the stage and the votes
	// (/audience).
	Audience bool
	// Playback renders the page for a recording, which the page plays.
	Playback bool
	// Simulated renders the page for the simulated edition; nil: a real playground.
	Simulated *SimulatedView
	// Modes are the modes that the nodes can run. Each has a button in the top bar.
	Modes []string
}

// SimulatedView has the further values that the page of the simulated edition needs.
type SimulatedView struct {
	Policy  string // its Content-Security-Policy, because a web host sends none
	Mode    string // the mode at the start
	Version string // of the program
}

// TalkView has the values that a page of the talk needs to be rendered. Its content comes
// later, from the playground.
type TalkView struct {
	Place
	Lanes []LaneView // clusters side by side; nil: there is one cluster
	// Simulated as in StageView.
	Simulated *SimulatedView
}

// LanesView has the values that the page of all lanes needs to be rendered. Its content comes
// later, over the streams of the lanes.
type LanesView struct {
	Place
	Lanes []LaneView
	// Follow, Audience and Token as in StageView.
	Follow, Audience, Token bool
}

// LaneView is one lane of the page.
type LaneView struct {
	Mode  string
	Nodes string // where its nodes listen, in a few words
	Page  string // the path of its own stage
}

// htmxConfig configures htmx. It obeys the Content-Security-Policy: it adds no styles and
// evaluates no code. It calls only this origin. It does not delay an element after showing
// it. It shows no refused call, because the page shows that itself.
const htmxConfig = `{"includeIndicatorStyles":false,"allowEval":false,"selfRequestsOnly":true,"historyEnabled":false,"defaultSettleDelay":0,` +
	`"responseHandling":[{"code":"2..","swap":true},{"code":"...","swap":false,"error":false}]}`

// verb is one button of the rail.
type verb struct {
	Action string // data-action, an id of static/js/hands/actions.js
	Label  string
	Key    string
}

var verbs = []verb{
	{"write", "Write", "w"},
	{"read", "Read", "r"},
	{"freeze", "Freeze", "f"},
	{"kill", "Kill", "k"},
	{"isolate", "Isolate", "i"},
	{"split", "Split", "p"},
	{"heal", "Heal", "h"},
}

// pace is one choice in the popover of the badge.
type pace struct {
	Action string
	Label  string
	Hint   string
}

var paces = []pace{
	{"pace-live", "Live", "full speed"},
	{"pace-10", "Slow 1/10", "a message flies 0.4 s"},
	{"pace-20", "Slow 1/20", "a message flies 0.8 s"},
	{"pace-50", "Slow 1/50", "a message flies 2 s"},
	{"pace-step", "Step", "nothing moves by itself"},
}

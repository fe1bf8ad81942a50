// Package templates holds the markup of the pages: templ components over small view
// models, without logic. The modules under static/js draw what changes. They find the
// elements by the ids and data attributes that are written here.
package templates

// Place is where a page finds its files, its stream and its calls. No path has a
// slash at its end.
type Place struct {
	// Base is the path under which static files are served: "/static" or
	// "/static/<hash of the files>". The modules import each other by relative
	// paths, so a hash belongs into the path and never into a query.
	Base string
	// Home is the path below which the pages and the stream of the cluster stand:
	// "", or "/lanes/{mode}" for a lane.
	Home string
	// Calls is the path that stands for /api: "/api", or "/api/lanes/{mode}" for
	// a lane.
	Calls string
	// Lanes says that the cluster is a lane: /lanes leads back to all of them.
	Lanes bool
}

// StageView is what the stage needs to be rendered. The stage's content comes
// later, over /ws.
type StageView struct {
	Place
	// Follow renders the stage without controls, for a projector (/?follow).
	Follow bool
	// Token says that callers must send a token. The curl commands on the page then
	// contain it.
	Token bool
	// Audience renders it for a phone, which shows the stage and votes (/audience).
	Audience bool
	// Playback renders it for a recording, which the page plays.
	Playback bool
	// Simulated renders it for the simulated edition; nil: it is a real playground.
	Simulated *SimulatedView
	// Modes are the buttons of the top bar: what the nodes can run.
	Modes []string
}

// SimulatedView is what the page of the simulated edition needs besides.
type SimulatedView struct {
	Policy  string // its Content-Security-Policy, because a web host sends none
	Mode    string // in which it begins
	Version string // of the program
}

// TalkView is what a page of the talk needs to be rendered. Its content comes
// later, from the playground.
type TalkView struct {
	Place
	Lanes []LaneView // clusters side by side; nil: there is one cluster
}

// LanesView is what the page of all lanes needs to be rendered. Its content comes
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

// htmxConfig keeps htmx within the Content-Security-Policy (no styles of its
// own, nothing evaluated), to this origin, ready as soon as it shows something,
// and silent where a call is refused: the page says so itself.
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

// pace is one choice of the popover under the badge.
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

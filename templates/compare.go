package templates

import (
	"strconv"

	"github.com/a-h/templ"
)

// CompareView is the page of a comparison.
type CompareView struct {
	// Base is as in StageView. With "" the page is a file by itself: Style is then its
	// whole stylesheet, and it has no buttons.
	Base  string
	Style string
	// Simulated as in StageView.
	Simulated *SimulatedView

	// Ran is true if the lanes run side by side now. The page shows what happened so far.
	Ran bool

	Began string // "22 November 2026, 20:15"
	Load  string // "120 operations per second by 64 clients on 4 keys, half of them reads"
	// W and H are the size of a lane's picture, in its own units.
	W, H  int
	Axis  []CompareTick
	Lanes []CompareLane
}

// CompareTick is a mark of the time axis.
type CompareTick struct {
	X    float64
	Text string
}

// CompareLane is the script as it was played in one mode.
type CompareLane struct {
	Mode, Approach string
	Page           string // path of the lane's own stage; "": it has none
	Verdict, Tone  string // Tone is "good", "bad" or "open"
	Availability   string
	Totals         []CompareTotal
	Rows           []CompareRow
	Bands          []CompareBand
	Tears          []CompareTear
	Accepted       string // the path of all accepted operations
	Marks          []CompareMark
	Waits          string // the path of the lines that show how long slow operations took
	Left           string // a sentence about operations for which the picture has no room
}

// CompareTotal is one figure of a lane.
type CompareTotal struct {
	Name, Value, Outcome string
}

// CompareRow is a node's row in the picture.
type CompareRow struct {
	Y    float64
	Node string
}

// CompareBand is a fault that lasts for a while at one node.
type CompareBand struct {
	X, Y, W, H float64
	Kind, Text string // Kind is the fault's word, as in "freeze"
}

// CompareTear is a cut between nodes.
type CompareTear struct {
	D    string
	X, Y float64
	Text string
}

// CompareMark is one operation that was refused, or whose answer was wrong or unknown.
type CompareMark struct {
	Outcome, D, Title string
}

// num formats a coordinate. A tenth of a unit is precise enough.
func num(v float64) string { return strconv.FormatFloat(v, 'f', 1, 64) }

// style puts a stylesheet into the page without escaping it. The stylesheet is a file of
// the program, so it contains no text from a client.
func style(css string) templ.Component {
	return templ.Raw("<style>\n" + css + "\n</style>")
}

package export

import (
	"encoding/json"
	"flag"
	"fmt"
	"html"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"
)

var updateView = flag.Bool("update-view", false, "write testdata/perfetto.svg, the picture of an exported trace, anew")

const viewFile = "testdata/perfetto.svg"

// TestTheViewOfATrace draws the trace of the refused write: each slice in the row of its
// thread, and each flow as an arrow. The README shows this picture.
func TestTheViewOfATrace(t *testing.T) {
	t.Parallel()
	rec := read(t, refused(t))
	file, err := Write("perfetto", rec, Selection{})
	if err != nil {
		t.Fatal(err)
	}
	if err := checkPerfetto(file.Text); err != nil {
		t.Fatal(err)
	}
	got := newTraceView(t, file.Text, string(refusedOp(rec))).svg()
	if *updateView {
		if err := os.WriteFile(viewFile, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(viewFile)
	if err != nil || string(want) != got {
		t.Errorf("%s shows another trace than the export has (%v); -update-view writes it again", viewFile, err)
	}
	if n := strings.Count(got, "marker-end"); n != 13 {
		t.Errorf("%d arrows, want those of 4 prepares, 4 votes, and 5 rollbacks: node 4 voted too late and got a second one", n)
	}
}

// traceView is a picture of a part of a trace. Real times differ too much for one picture:
// messages take 0.1 ms, and the coordinator waits for 1 s. So each moment has one column,
// and the columns are in the order of time.
type traceView struct {
	events  []traceEvent
	names   map[[2]int]string // of threads
	rows    [][2]int          // process and thread
	columns []int64           // the moments, microseconds
}

// newTraceView takes the events of one operation, and the states of nodes.
func newTraceView(t *testing.T, text []byte, op string) *traceView {
	t.Helper()
	var trace struct{ TraceEvents []traceEvent }
	if err := json.Unmarshal(text, &trace); err != nil {
		t.Fatal(err)
	}
	v := &traceView{names: map[[2]int]string{}}
	rows, columns, flows := map[[2]int]bool{}, map[int64]bool{}, map[[3]int64]bool{}
	for _, e := range trace.TraceEvents {
		at := [2]int{e.Process, e.Thread}
		moment := [3]int64{int64(e.Process), int64(e.Thread), e.T}
		switch {
		case e.Phase == "M" && e.Name == "thread_name":
			v.names[at] = e.Args["name"].(string)
			continue
		case e.Cat == "status", e.Cat == "operation" && strings.HasSuffix(e.ID, op):
		case e.Cat == "flow" && flows[moment]: // its slice was taken
		case e.Args["op"] == op:
			flows[moment] = true
		default:
			continue
		}
		rows[at], columns[e.T] = true, true
		v.events = append(v.events, e)
	}
	v.rows = slices.SortedFunc(maps.Keys(rows), func(a, b [2]int) int { return slices.Compare(a[:], b[:]) })
	v.columns = slices.Sorted(maps.Keys(columns))
	return v
}

// Sizes of the picture, in pixels.
const (
	viewLeft, viewTop  = 110, 60
	viewRow, viewSlice = 24, 16
	viewColumn         = 48
)

func (v *traceView) x(t int64) int {
	column, _ := slices.BinarySearch(v.columns, t)
	return viewLeft + column*viewColumn
}

func (v *traceView) y(e *traceEvent) int {
	return viewTop + slices.Index(v.rows, [2]int{e.Process, e.Thread})*viewRow
}

func (v *traceView) svg() string {
	width, height := viewLeft+(len(v.columns)+2)*viewColumn, viewTop+len(v.rows)*viewRow+10
	var b strings.Builder
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" font-family="sans-serif" font-size="11">`+"\n", width, height)
	b.WriteString(`<defs><marker id="end" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto"><path d="M0 0 8 4 0 8z" fill="#1f5fc4"/></marker></defs>` + "\n")
	fmt.Fprintf(&b, `<rect width="%d" height="%d" fill="#fff"/>`+"\n", width, height)
	for i, t := range v.columns {
		fmt.Fprintf(&b, `<text transform="translate(%d,%d) rotate(-60)" fill="#666" font-size="9">%.1f ms</text>`+"\n", v.x(t)+6, viewTop-6, float64(t)/1000)
		fmt.Fprintf(&b, `<path d="M%d %dV%d" stroke="#eee"/>`+"\n", viewLeft+i*viewColumn, viewTop-4, height-8)
	}
	for i, row := range v.rows {
		y := viewTop + i*viewRow
		if i == 0 || v.rows[i-1][0] != row[0] {
			fmt.Fprintf(&b, `<path d="M0 %dH%d" stroke="#bbb"/><text x="6" y="%d" font-weight="bold">n%d</text>`+"\n", y-4, width, y+12, row[0])
		}
		fmt.Fprintf(&b, `<text x="34" y="%d">%s</text>`+"\n", y+12, html.EscapeString(v.names[row]))
	}
	from := map[string]*traceEvent{}
	for i := range v.events {
		e := &v.events[i]
		switch e.Phase {
		case "X":
			v.slice(&b, e, e.T+e.Duration, map[bool]string{true: "#f0d9a8", false: "#cfe3d4"}[e.Cat == "status"])
		case "b":
			from[e.ID] = e
		case "e":
			v.slice(&b, from[e.ID], e.T, "#e3d4ee")
		case "s":
			from[e.ID] = e
		}
	}
	for i := range v.events { // arrows lie above all slices
		if e := &v.events[i]; e.Phase == "f" {
			s := from[e.ID]
			fmt.Fprintf(&b, `<path d="M%d %dL%d %d" stroke="#1f5fc4" fill="none" marker-end="url(#end)"/>`+"\n", v.x(s.T)+viewColumn/2, v.y(s)+viewSlice/2, v.x(e.T), v.y(e)+viewSlice/2)
		}
	}
	return b.String() + "</svg>\n"
}

func (v *traceView) slice(b *strings.Builder, e *traceEvent, end int64, fill string) {
	width := max(v.x(end)-v.x(e.T), 10)
	fmt.Fprintf(b, `<rect x="%d" y="%d" width="%d" height="%d" fill="%s" stroke="#555" stroke-width="0.5"/>`, v.x(e.T), v.y(e), width, viewSlice, fill)
	fmt.Fprintf(b, `<text x="%d" y="%d">%s</text>`+"\n", v.x(e.T)+4, v.y(e)+12, html.EscapeString(e.Name))
}

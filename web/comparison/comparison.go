// Package comparison draws the page of a comparison: the same script under several modes, on
// one time axis. It is not in package web, because the simulated edition draws it inside the
// browser.
package comparison

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/a-h/templ"

	"capplayground/cluster"
	"capplayground/cluster/modes"
	"capplayground/server/compare"
	"capplayground/server/history"
	"capplayground/server/lanes"
	"capplayground/server/verbs"
	"capplayground/static"
	"capplayground/templates"
)

// Measures of a lane's picture, in its own units.
const (
	pageWidth = 1200
	rowHeight = 46
	offset    = 10   // distance of reads above a node's line, and of writes below it
	longWait  = 60.0 // ms; an operation that takes so long or longer gets a line for its duration
	maxMarks  = 4000 // operations drawn per lane
)

// Page returns the page of a comparison. If the result has no lanes, the page says
// that there was no comparison yet. base is the path of the static files.
func Page(r compare.Result, base string) templ.Component {
	return templates.Compare(compareView(r, base))
}

// RanPage returns the page of what has happened so far in lanes that run side by side.
// It leads to the page of each lane.
func RanPage(r compare.Result, base string) templ.Component {
	v := compareView(r, base)
	v.Ran, v.Load = true, "What clients asked since the last reset, and what they were answered"
	for i := range v.Lanes {
		v.Lanes[i].Page = lanes.Page(r.Lanes[i].Mode) + "/"
	}
	return templates.Compare(v)
}

// Write writes the result of a comparison as one file, a page that needs no other
// file.
func Write(ctx context.Context, w io.Writer, r compare.Result) error {
	v := compareView(r, "")
	for _, name := range []string{"css/tokens.css", "css/compare.css"} {
		css, err := static.Files.ReadFile(name)
		if err != nil {
			return err
		}
		v.Style += withoutFonts(string(css))
	}
	return templates.Compare(v).Render(ctx, w)
}

func compareView(r compare.Result, base string) templates.CompareView {
	v := templates.CompareView{Base: base, W: pageWidth}
	if len(r.Lanes) == 0 {
		return v
	}
	s := scale{nodes: nodesIn(r), end: endOf(r)}
	v.H = rowHeight * s.nodes
	v.Began = r.Began.Format("2 January 2006, 15:04")
	l := r.Script.Load
	v.Load = fmt.Sprintf("%v operations per second by %d clients on %d keys, %.0f %% of them reads", l.Rate, l.Clients, l.Keys, 100*l.ReadRatio)
	every := max(1, math.Ceil(s.end/1000/15))
	for second := 0.0; second*1000 <= s.end; second += every {
		v.Axis = append(v.Axis, templates.CompareTick{X: s.x(second * 1000), Text: fmt.Sprintf("%.0f s", second)})
	}
	for _, lane := range r.Lanes {
		v.Lanes = append(v.Lanes, drawnLane{lane, s}.view())
	}
	return v
}

// withoutFonts leaves out the font faces, because the page that is saved as one
// file has no font files.
func withoutFonts(css string) string {
	for {
		before, rest, found := strings.Cut(css, "@font-face {")
		if !found {
			return css
		}
		_, after, _ := strings.Cut(rest, "}")
		css = before + after
	}
}

// nodesIn returns the highest number of a called node, and at least 3.
func nodesIn(r compare.Result) int {
	n := 3
	for _, lane := range r.Lanes {
		for _, op := range lane.Ops {
			n = max(n, int(op.Node))
		}
	}
	return n
}

// endOf returns the end of the time axis, in milliseconds since the lanes began: the end of
// the script, or the last request or answer if that comes later.
func endOf(r compare.Result) float64 {
	end := float64(r.Script.Length.Duration()) / float64(time.Millisecond)
	for _, lane := range r.Lanes {
		for _, op := range lane.Ops {
			end = max(end, op.FromMS, op.ToMS)
		}
	}
	return end
}

// scale maps times and nodes onto the picture.
type scale struct {
	nodes int
	end   float64 // ms
}

func (s scale) x(ms float64) float64 { return min(max(ms, 0), s.end) / s.end * pageWidth }

// y is the middle of a node's row.
func (s scale) y(id cluster.NodeID) float64 { return rowHeight * (float64(id) - 0.5) }

// drawnLane draws one lane of the picture.
type drawnLane struct {
	compare.Lane
	scale scale
}

func (l drawnLane) view() templates.CompareLane {
	v := templates.CompareLane{
		Mode: string(l.Mode), Approach: modes.Of(l.Mode).Approach, Verdict: l.Verdict, Tone: tone(l.Lane), Availability: "–",
		Bands: l.bands(), Tears: l.tears(),
	}
	t := l.Totals
	if t.Availability != nil {
		v.Availability = compare.Percent(*t.Availability)
	}
	for _, row := range []struct {
		name, outcome string
		n             int64
	}{
		{"asked", "", t.Asked}, {"accepted", "accepted", t.Answered}, {"refused", "refused", t.Refused},
		{"unknown", "unknown", t.Unknown}, {"stale", "stale", t.Stale}, {"conflicting", "conflicting", t.Conflicting},
	} {
		v.Totals = append(v.Totals, templates.CompareTotal{Name: row.name, Value: fmt.Sprint(row.n), Outcome: row.outcome})
	}
	for id := cluster.NodeID(1); int(id) <= l.scale.nodes; id++ {
		v.Rows = append(v.Rows, templates.CompareRow{Y: l.scale.y(id), Node: fmt.Sprint(int(id))})
	}
	l.draw(&v)
	return v
}

// tone returns the word for the colour of the verdict.
func tone(l compare.Lane) string {
	switch {
	case l.Verdict == history.NotLinearizable, l.Totals.Stale+l.Totals.Conflicting > 0:
		return "bad"
	case l.Verdict == history.Linearizable:
		return "good"
	}
	return "open"
}

// draw adds every operation to the picture: a mark at the time of its answer. A slow
// operation also has a line from its start to its answer.
func (l drawnLane) draw(v *templates.CompareLane) {
	ops, s := l.Ops, l.scale
	if len(ops) > maxMarks {
		v.Left = fmt.Sprintf("The first %d of %d operations are drawn.", maxMarks, len(ops))
		ops = ops[:maxMarks]
	}
	var accepted, waits strings.Builder
	for _, op := range ops {
		end := cmp.Or(op.ToMS, s.end)
		x, y := s.x(end), s.y(op.Node)-offset
		if op.Kind == cluster.OpWrite {
			y += 2 * offset
		}
		if end-op.FromMS >= longWait {
			fmt.Fprintf(&waits, "M%.1f %.1fH%.1f", s.x(op.FromMS), y, x)
		}
		if op.Outcome == string(history.Accepted) {
			fmt.Fprintf(&accepted, "M%.1f %.1fv9", x, y-4.5)
			continue
		}
		v.Marks = append(v.Marks, templates.CompareMark{Outcome: outcomeWord(op.Outcome), D: shape(op.Outcome, x, y), Title: title(op)})
	}
	v.Accepted, v.Waits = accepted.String(), waits.String()
	// The worst marks are drawn last, so that no other mark covers them.
	slices.SortStableFunc(v.Marks, func(a, b templates.CompareMark) int { return cmp.Compare(severity(a.Outcome), severity(b.Outcome)) })
}

func severity(outcome string) int {
	return slices.Index([]string{"refused", "unknown", "conflicting", "stale"}, outcome)
}

// outcomeWord returns the kind of mark for an outcome.
func outcomeWord(outcome string) string {
	switch outcome {
	case string(history.Open):
		return string(history.Unknown)
	case history.WordLost:
		return history.WordStale
	}
	return outcome
}

// shape returns the path of an outcome's mark: a square with a minus, a diamond or a
// triangle.
func shape(outcome string, x, y float64) string {
	switch outcomeWord(outcome) {
	case string(history.Refused):
		return fmt.Sprintf("M%.1f %.1fh8v8h-8zm2 4h4", x-4, y-4)
	case string(history.Unknown):
		return fmt.Sprintf("M%.1f %.1fl5.5 5.5l-5.5 5.5l-5.5 -5.5z", x, y-5.5)
	}
	return fmt.Sprintf("M%.1f %.1fl6.5 11.5h-13z", x, y-7)
}

func title(op compare.Op) string {
	text := fmt.Sprintf("%s %s at node %d: %s", op.Kind, op.Key, int(op.Node), op.Outcome)
	if op.Status != 0 {
		text += fmt.Sprintf(" (%d)", op.Status)
	}
	if op.ToMS != 0 {
		text += fmt.Sprintf(", at %.2f s after %.0f ms", op.FromMS/1000, op.ToMS-op.FromMS)
	}
	if op.Missed != "" {
		text += ", missed write " + op.Missed.Short()
	}
	return text
}

// until returns the time when a fault ended, in ms since the lane began.
func (l drawnLane) until(m compare.Mark) float64 { return cmp.Or(m.EndMS, l.scale.end) }

// bands returns the lasting faults of single nodes, each in the row of its node.
func (l drawnLane) bands() []templates.CompareBand {
	s := l.scale
	var bands []templates.CompareBand
	for _, mark := range l.Faults {
		f := mark.Fault
		if f.Node == 0 || !f.Lasts() {
			continue
		}
		x := s.x(mark.AtMS)
		bands = append(bands, templates.CompareBand{
			X: x, Y: s.y(f.Node) - rowHeight/2, W: s.x(l.until(mark)) - x, H: rowHeight, Kind: f.Do, Text: f.String(),
		})
	}
	return bands
}

// tears returns the partitions. Two neighbouring rows have a jagged line between them if
// their nodes are in different groups.
func (l drawnLane) tears() []templates.CompareTear {
	s := l.scale
	var tears []templates.CompareTear
	for _, mark := range l.Faults {
		f := mark.Fault
		if f.Do != verbs.Partition {
			continue
		}
		from, to := s.x(mark.AtMS), s.x(l.until(mark))
		text := f.String()
		for id := cluster.NodeID(1); int(id) < s.nodes; id++ {
			if group(f.Groups, id) == group(f.Groups, id+1) {
				continue
			}
			tears = append(tears, templates.CompareTear{D: jagged(from, to, s.y(id)+rowHeight/2), X: from + 5, Y: s.y(id) + rowHeight/2 - 6, Text: text})
			text = "" // the first line of a partition has the text
		}
	}
	return tears
}

// group returns the index of the group that a node is in; -1 if it is in none.
func group(groups [][]cluster.NodeID, id cluster.NodeID) int {
	return slices.IndexFunc(groups, func(g []cluster.NodeID) bool { return slices.Contains(g, id) })
}

// jagged returns a jagged path from one x to another, along y.
func jagged(from, to, y float64) string {
	var b strings.Builder
	fmt.Fprintf(&b, "M%.1f %.1f", from, y)
	for x, up := from+8, true; x <= to; x, up = x+8, !up {
		dy := 3.0
		if up {
			dy = -3
		}
		fmt.Fprintf(&b, "L%.1f %.1f", x, y+dy)
	}
	return b.String()
}

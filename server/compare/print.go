package compare

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

	"capplayground/server/history"
)

// Print writes the totals of each lane as a table, and under it one row of
// marks per lane on a common time axis.
func (r Result) Print(w io.Writer) error {
	tab := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(tab, "mode\tasked\taccepted\trefused\tunknown\tstale\tconflicting\tavailability\twrite p50/p99 ms\tread p50/p99 ms\tverdict\t")
	for _, lane := range r.Lanes {
		t := lane.Totals
		answered := "-"
		if t.Availability != nil {
			answered = Percent(*t.Availability)
		}
		fmt.Fprintf(tab, "%s\t%d\t%d\t%d\t%d\t%d\t%d\t%s\t%s\t%s\t%s\t\n", lane.Mode, t.Asked, t.Answered, t.Refused, t.Unknown,
			t.Stale, t.Conflicting, answered, quantiles(t.Latency["write"]), quantiles(t.Latency["read"]), lane.Verdict)
	}
	if err := tab.Flush(); err != nil {
		return err
	}
	if _, err := fmt.Fprintln(w, "\n· accepted   x refused   ? unknown   ! stale, conflicting or lost"); err != nil {
		return err
	}
	for _, lane := range r.Lanes {
		if _, err := fmt.Fprintf(w, "%4s %s\n", lane.Mode, r.row(lane)); err != nil {
			return err
		}
	}
	_, err := fmt.Fprintf(w, "     %s\n", r.axis())
	return err
}

// quantiles writes the median and the 99th percentile of a latency.
func quantiles(l history.LatencyFigures) string { return fmt.Sprintf("%.1f / %.1f", l.P50, l.P99) }

// Percent writes a share from 0 to 1 in per cent. It writes 100 % only for 1.
func Percent(of float64) string {
	if of == 1 {
		return "100 %"
	}
	return fmt.Sprintf("%.1f %%", min(100*of, 99.9))
}

// columns is the width of a lane's row.
const columns = 90

// marks are the signs of a row, the worst outcome last. A column shows the worst
// outcome among the operations that began in it.
var marks = []struct {
	sign     rune
	outcomes []string
}{
	{'·', []string{"accepted", "open"}},
	{'x', []string{"refused"}},
	{'?', []string{"unknown"}},
	{'!', []string{"stale", "conflicting", "lost write"}},
}

func (r Result) column(atMS float64) int {
	length := float64(r.Script.Length.Duration().Milliseconds())
	return min(max(int(atMS/length*columns), 0), columns-1)
}

func (r Result) row(lane Lane) string {
	worst := make([]int, columns)
	for _, op := range lane.Ops {
		for rank, m := range marks {
			for _, outcome := range m.outcomes {
				if outcome == op.Outcome {
					c := r.column(op.FromMS)
					worst[c] = max(worst[c], rank+1)
				}
			}
		}
	}
	var b strings.Builder
	for _, rank := range worst {
		if rank == 0 {
			b.WriteByte(' ')
		} else {
			b.WriteRune(marks[rank-1].sign)
		}
	}
	return b.String()
}

// axis returns the names of the faults under their times. It leaves out a name
// for which the line has no room.
func (r Result) axis() string {
	line := []rune(strings.Repeat(" ", columns+30))
	free := 0
	for _, f := range r.Script.Faults {
		at := r.column(float64(f.At.Duration().Milliseconds()))
		if at < free {
			continue
		}
		text := []rune("^" + f.String() + " ")
		free = at + copy(line[at:], text)
	}
	return strings.TrimRight(string(line), " ")
}

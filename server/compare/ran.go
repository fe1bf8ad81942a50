package compare

import (
	"fmt"
	"strings"

	"capplayground/cluster"
	"capplayground/server/history"
	"capplayground/server/verbs"
)

// Ran returns what has happened so far in a cluster, as a lane of a comparison. began is
// when all lanes began, in microseconds since the epoch.
func Ran(mode cluster.Mode, began int64, listing history.Listing, report history.Report) Lane {
	lane := Lane{Mode: mode, Verdict: report.Verdict, Keys: report.Keys, Totals: report.Total, Faults: []Mark{}}
	for _, f := range report.Faults {
		fault, ok := faultOf(f.Text)
		if !ok {
			continue
		}
		m := Mark{AtMS: max(0, ms(f.T-began)), Text: fault.String(), Fault: fault}
		if f.End != 0 {
			m.EndMS = ms(f.End - began)
		}
		if f.End == 0 || m.EndMS > 0 { // it lasted when the lanes had begun
			lane.Faults = append(lane.Faults, m)
		}
	}
	for _, op := range listing.Ops {
		lane.Ops = append(lane.Ops, laneOp(op, began))
	}
	return lane
}

// faultOf reads the words of a history.Fault: "freeze 4", "kill 3", "cut 1 2 | 3 4 5". It
// returns false for cut links that part no groups.
func faultOf(text string) (f Fault, ok bool) {
	verb, rest, _ := strings.Cut(text, " ")
	switch verb {
	case verbs.Freeze, verbs.Kill:
		var node int
		_, err := fmt.Sscan(rest, &node)
		return Fault{Do: verb, Node: cluster.NodeID(node)}, err == nil
	case "cut":
		f.Do = verbs.Partition
		for part := range strings.SplitSeq(rest, " | ") {
			var group []cluster.NodeID
			for field := range strings.FieldsSeq(part) {
				var node int
				if _, err := fmt.Sscan(field, &node); err != nil {
					return f, false
				}
				group = append(group, cluster.NodeID(node))
			}
			f.Groups = append(f.Groups, group)
		}
	}
	return f, len(f.Groups) > 1
}

func ms(microseconds int64) float64 { return float64(microseconds) / 1000 }

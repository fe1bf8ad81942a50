package compare

import (
	"testing"

	"capplayground/cluster"
	"capplayground/server/history"
)

func TestWhatRanIsALaneOfAComparison(t *testing.T) {
	t.Parallel()
	const began = 1_000_000_000
	half := 0.5
	listing := history.Listing{Ops: []history.Op{
		{ID: "a", Node: 1, Kind: cluster.OpWrite, Key: "city", Status: 201, Invoke: began, Return: began + 4000},
		{ID: "b", Node: 2, Kind: cluster.OpRead, Key: "city", Invoke: began + 9000},
	}}
	report := history.Report{
		Verdict: history.Linearizable, Total: history.Figures{Asked: 2, Answered: 1, Availability: &half},
		Faults: []history.Fault{
			{T: began - 9000, End: began - 8000, Text: "kill 2"}, // before the lanes began
			{T: began + 1000, End: began + 3000, Text: "freeze 4"},
			{T: began + 2000, Text: "cut 1 2 | 3 4 5"},
			{T: began + 2500, Text: "cut"}, // has no groups
		},
	}
	lane := Ran("CP", began, listing, report)
	if lane.Mode != "CP" || lane.Verdict != history.Linearizable || *lane.Totals.Availability != 0.5 {
		t.Errorf("%+v", lane)
	}
	if len(lane.Ops) != 2 || lane.Ops[0].FromMS != 0 || lane.Ops[0].ToMS != 4 || lane.Ops[1].FromMS != 9 || lane.Ops[1].ToMS != 0 {
		t.Errorf("%+v", lane.Ops)
	}
	if len(lane.Faults) != 2 {
		t.Fatalf("%+v", lane.Faults)
	}
	if f := lane.Faults[0]; f.AtMS != 1 || f.EndMS != 3 || f.Text != "freeze 4" || f.Fault.Node != 4 {
		t.Errorf("%+v", f)
	}
	if f := lane.Faults[1]; f.AtMS != 2 || f.EndMS != 0 || f.Text != "partition 1 2 | 3 4 5" || len(f.Fault.Groups) != 2 {
		t.Errorf("%+v", f)
	}
}

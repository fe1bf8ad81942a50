package server

import (
	"encoding/json"
	"flag"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"capplayground/cluster"
	"capplayground/server/compare"
	"capplayground/server/history"
	"capplayground/server/lanes"
	"capplayground/server/verbs"
)

var laneRounds = flag.Int("lanes.rounds", 0, "how many rounds of the script of compare TestRoundsInLanes plays in three lanes; 0 leaves it out")

// round is the result of one lane in one round.
type round struct {
	availability float64
	stale        int64
	verdict      string
	why          string // the verdict is "cannot tell"
}

// TestRoundsInLanes plays the script of compare in three lanes at once, round after round,
// each with another seed of the load. It prints the availability and the verdict of each
// lane. In each round every lane must keep the promises of its mode, and AP must answer the
// most calls:
//
//	go test ./server -run TestRoundsInLanes -lanes.rounds 20 -v
func TestRoundsInLanes(t *testing.T) {
	if *laneRounds == 0 {
		t.Skip("plays only with -lanes.rounds")
	}
	r := newLaneRig(t)
	script := compare.Default()
	rounds := map[cluster.Mode][]round{}
	for i := range *laneRounds {
		line := fmt.Sprintf("round %2d:", i+1)
		played := r.play(script, uint64(i+1))
		for _, l := range r.s.cfg.Lanes {
			now := played[l.Mode]
			rounds[l.Mode] = append(rounds[l.Mode], now)
			line += fmt.Sprintf("  %s %.1f %% answered, %d stale, %s%s;", l.Mode, 100*now.availability, now.stale, now.verdict, now.why)
		}
		t.Log(line)
	}
	for _, l := range r.s.cfg.Lanes {
		r.checkRounds(l.Mode, rounds)
	}
}

// checkRounds prints the median of a lane, and compares its results with the promises of
// its mode.
func (r laneRig) checkRounds(mode cluster.Mode, rounds map[cluster.Mode][]round) {
	r.t.Helper()
	all, linearizable := rounds[mode], 0
	var shares []float64
	for i, one := range all {
		shares = append(shares, one.availability)
		if strings.HasPrefix(one.verdict, history.Linearizable) { // it may say "so far"
			linearizable++
		} else if mode != "AP" {
			r.t.Errorf("%s, round %d: %s", mode, i+1, one.verdict)
		}
		if most := rounds["AP"][i].availability; one.availability > most {
			r.t.Errorf("%s answered %.3f in round %d, and AP %.3f", mode, one.availability, i+1, most)
		}
	}
	slices.Sort(shares)
	r.t.Logf("%s: availability %.1f %% (median; %.1f to %.1f), linearizable in %d of %d rounds",
		mode, 100*shares[len(shares)/2], 100*shares[0], 100*shares[len(shares)-1], linearizable, len(all))
}

// play plays a script in all lanes from empty databases. It returns the result of each
// lane.
func (r laneRig) play(script compare.Script, seed uint64) map[cluster.Mode]round {
	r.t.Helper()
	r.Do(http.MethodPost, lanes.Path+"/reset", "")
	script.Load.Seed = seed
	load, err := json.Marshal(script.Load)
	if err != nil {
		r.t.Fatal(err)
	}
	r.Do(http.MethodPost, lanes.Path+"/workload", string(load))
	clock := time.NewTimer(0)
	defer clock.Stop()
	began := time.Now()
	at := func(when time.Duration) {
		clock.Reset(time.Until(began.Add(when))) // the script says when
		<-clock.C
	}
	<-clock.C
	for _, f := range script.Faults {
		at(time.Duration(f.At))
		r.fault(f)
	}
	at(time.Duration(script.Length))
	r.Do(http.MethodDelete, lanes.Path+"/workload", "")
	return r.judged()
}

// fault makes the call of a fault in all lanes.
func (r laneRig) fault(f compare.Fault) {
	r.t.Helper()
	path, body := fmt.Sprintf("%s/nodes/%d/%s", lanes.Path, int(f.Node), f.Do), ""
	switch f.Do {
	case verbs.Thaw:
		path = fmt.Sprintf("%s/nodes/%d/unfreeze", lanes.Path, int(f.Node))
	case verbs.Partition:
		text, err := json.Marshal(map[string]any{"groups": f.Groups})
		if err != nil {
			r.t.Fatal(err)
		}
		path, body = lanes.Path+"/partition", string(text)
	case verbs.Heal:
		path = lanes.Path + "/heal"
	}
	r.Do(http.MethodPost, path, body)
}

// judged returns the verdicts of all lanes, once none of them is preliminary.
func (r laneRig) judged() map[cluster.Mode]round {
	r.t.Helper()
	seen := map[cluster.Mode]round{}
	r.Eventually("every verdict to be certain", func() bool {
		_, answer := r.all(http.MethodGet, "/verdict", "")
		certain := true
		for _, l := range answer.Lanes {
			var report history.Report
			if err := json.Unmarshal(l.Body, &report); err != nil {
				r.t.Fatal(err)
			}
			certain = certain && report.Open == 0 && report.Total.Availability != nil && !slices.ContainsFunc(report.Keys, func(k history.KeyVerdict) bool { return k.Suspect })
			one := round{stale: report.Total.Stale, verdict: report.Verdict}
			if report.Total.Availability != nil {
				one.availability = *report.Total.Availability
			}
			for _, k := range report.Keys {
				if k.Verdict == history.CannotTell {
					one.why = fmt.Sprintf(" (%s: %s)", k.Key, k.Why)
				}
			}
			seen[l.Mode] = one
		}
		return certain
	})
	return seen
}

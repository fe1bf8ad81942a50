package history

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/anishathalye/porcupine"

	"capplayground/cluster"
)

// Report is the judgement at one moment.
type Report struct {
	Epoch     int          `json:"epoch"`
	Mode      cluster.Mode `json:"mode,omitempty"`
	Verdict   string       `json:"verdict"`            // the worst verdict of all keys
	Keys      []KeyVerdict `json:"keys"`               // the worst first, then by key
	Unjudged  int          `json:"unjudged,omitempty"` // operations on keys beyond MaxKeys
	LeftOut   int          `json:"left_out,omitempty"` // reads whose events came too late to be judged
	Forgotten int          `json:"forgotten"`
	Open      int          `json:"open"`   // operations under way
	Total     Figures      `json:"total"`  // since the last reset
	Recent    Figures      `json:"recent"` // the last 10 s
	Reads     []Op         `json:"reads"`  // the newest reads that did not return the latest value, newest first
	Faulty    bool         `json:"faulty"` // a node does not run, or a link is cut, now
	Faults    []Fault      `json:"faults"` // of the time that Series covers
	Series    []Second     `json:"series"` // the seconds of the last two minutes in which an operation ended
}

// KeyVerdict is the judgement on one key.
type KeyVerdict struct {
	Key     string       `json:"key"`
	Verdict string       `json:"verdict"`
	Since   cluster.OpID `json:"since,omitempty"` // the operation at which linearizability ended
	Why     string       `json:"why,omitempty"`
	Suspect bool         `json:"suspect,omitempty"` // it looks red, but for less than Config.Confirm
}

// severity orders the verdicts.
var severity = []string{Linearizable, TooMany, CannotTell, NotLinearizable}

// rank returns the place of a verdict in severity.
func (k KeyVerdict) rank() int { return slices.Index(severity, k.Verdict) }

// Report judges the operations that were not judged yet, and returns the verdict.
func (h *History) Report() Report {
	h.mu.Lock()
	defer h.mu.Unlock()
	now := h.cfg.Now()
	h.advance(now)
	r := Report{
		Epoch: h.epoch, Mode: h.mode, Verdict: Linearizable, Unjudged: h.unjudged, Forgotten: h.forgotten, Open: len(h.underWay),
		Total: h.figures.sinceReset(now), Recent: h.figures.inWindow(now), Keys: []KeyVerdict{}, Reads: []Op{},
		Faulty: h.faults.lasting(), Faults: h.faults.since(now.Add(-charted * time.Second).UnixMicro()),
		Series: append([]Second{}, h.figures.chart...),
	}
	for _, op := range slices.Backward(h.bad) {
		r.Reads = append(r.Reads, *op)
	}
	for name, k := range h.keys {
		k.judge(now)
		r.LeftOut += k.leftOut
		r.Keys = append(r.Keys, KeyVerdict{Key: name, Verdict: k.verdict, Since: k.since, Why: k.why, Suspect: k.judging() && !k.suspect.IsZero()})
	}
	slices.SortFunc(r.Keys, func(a, b KeyVerdict) int {
		return cmp.Or(cmp.Compare(b.rank(), a.rank()), strings.Compare(a.Key, b.Key))
	})
	switch {
	case len(r.Keys) > 0:
		r.Verdict = r.Keys[0].Verdict
	case h.unjudgeable != "":
		r.Verdict = CannotTell
	}
	return r
}

// ErrNoHistory is returned for a key without operations.
var ErrNoHistory = fmt.Errorf("%w: no operation on this key yet", cluster.ErrNotFound)

// shown is how many operations Porcupine's page holds.
const shown = 1000

// Visualize writes Porcupine's own page for the newest operations on one key,
// with the faults beside them.
func (h *History) Visualize(key string, w io.Writer) error {
	h.mu.Lock()
	h.advance(h.cfg.Now())
	var ops []*Op
	for _, op := range h.ops {
		if op.Key == key && !op.byHand() && (op.write() && op.Outcome() != Refused || op.Outcome() == Accepted) {
			still := *op
			ops = append(ops, &still)
		}
	}
	faults, forgot := slices.Clone(h.faults.all), h.forgotten > 0
	h.mu.Unlock()
	if len(ops) == 0 {
		return ErrNoHistory
	}
	slices.SortStableFunc(ops, byInvoke)
	ops, before := newest(ops, forgot)
	history := operations(ops)
	chooseOrder(history, before, ops)
	_, info := porcupine.CheckOperationsVerbose(register(before), drawable(history), patience)
	info.AddAnnotations(annotations(faults, history))
	return porcupine.Visualize(register(before), info, w)
}

// newest returns the newest operations, which a page shows, and the writes of the
// values that they read, however old. So they can be ordered if all operations
// can. before are the values that the register may have had before them. If
// operations are forgotten, one of these may have written a value that no known
// write wrote, so such a value is among before.
func newest(ops []*Op, forgot bool) (kept []*Op, before []string) {
	from := max(0, len(ops)-shown)
	read, written := map[string]bool{}, map[string]bool{}
	for _, op := range ops[from:] {
		if !op.write() {
			read[op.Hash] = true
		}
	}
	for i, op := range ops {
		if op.write() {
			written[op.Hash] = true
		}
		if i >= from || op.write() && read[op.Hash] {
			kept = append(kept, op)
		}
	}
	before = []string{""}
	for hash := range read {
		if forgot && hash != "" && !written[hash] {
			before = append(before, hash)
		}
	}
	return kept, before
}

// annotations are the faults within the time that the page shows, in its doubled
// microseconds. They have no colours: a colour would be a style attribute, and
// the page's Content-Security-Policy forbids these.
func annotations(faults []Fault, history []porcupine.Operation) []porcupine.Annotation {
	first, last := forever, int64(0)
	for _, op := range history {
		first, last = min(first, op.Call), max(last, op.Return)
	}
	var notes []porcupine.Annotation
	for _, f := range faults {
		end := 2 * f.End
		if f.End == 0 {
			end = last
		}
		if end >= first && 2*f.T <= last {
			notes = append(notes, porcupine.Annotation{
				Tag: "faults", Start: max(2*f.T, first), End: min(end, last), Description: f.Text,
			})
		}
	}
	return notes
}

// drawable ends open operations a little after all others: a page cannot draw an
// operation without an end.
func drawable(history []porcupine.Operation) []porcupine.Operation {
	first, last := forever, int64(0)
	for _, op := range history {
		first, last = min(first, op.Call), max(last, op.Call)
		if op.Return < forever {
			last = max(last, op.Return)
		}
	}
	for i := range history {
		history[i].Return = min(history[i].Return, last+(last-first)/20+1)
	}
	return history
}

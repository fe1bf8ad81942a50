package history

import (
	"errors"
	"io"
	"slices"
	"strings"

	"github.com/anishathalye/porcupine"

	"capplayground/cluster"
)

// Report is the judgement at one moment.
type Report struct {
	Epoch     int          `json:"epoch"`
	Verdict   string       `json:"verdict"`            // the worst of the keys'
	Keys      []KeyVerdict `json:"keys"`               // ascending by key
	Unjudged  int          `json:"unjudged,omitempty"` // operations on keys beyond the bound
	Forgotten int          `json:"forgotten"`
	Open      int          `json:"open"` // operations under way, or that never ended
	Total     Figures      `json:"total"`
	Recent    Figures      `json:"recent"` // the last 10 s
}

// KeyVerdict is the judgement on one key.
type KeyVerdict struct {
	Key     string       `json:"key"`
	Verdict string       `json:"verdict"`
	Since   cluster.OpID `json:"since,omitempty"` // the operation at which it ended
	Why     string       `json:"why,omitempty"`
}

// severity orders the verdicts for the report's summary.
var severity = []string{Linearizable, TooMany, CannotTell, NotLinearizable}

// Report judges what has not been judged yet and returns the whole.
func (h *History) Report() Report {
	h.mu.Lock()
	defer h.mu.Unlock()
	now := h.cfg.Now()
	r := Report{
		Epoch: h.epoch, Verdict: Linearizable, Unjudged: h.unjudged, Forgotten: h.forgotten, Open: len(h.underWay),
		Total: h.figures.sinceReset(now), Recent: h.figures.lately(now), Keys: []KeyVerdict{},
	}
	for name, k := range h.keys {
		k.judge()
		r.Keys = append(r.Keys, KeyVerdict{Key: name, Verdict: k.verdict, Since: k.since, Why: k.why})
		if slices.Index(severity, k.verdict) > slices.Index(severity, r.Verdict) {
			r.Verdict = k.verdict
		}
	}
	slices.SortFunc(r.Keys, func(a, b KeyVerdict) int { return strings.Compare(a.Key, b.Key) })
	return r
}

// ErrNoHistory is returned for a key that no operation named.
var ErrNoHistory = errors.New("no operation on this key yet")

// shown is how many operations Porcupine's page holds.
const shown = 1000

// Visualize writes Porcupine's own page for the newest operations on one key,
// with notes beside them.
func (h *History) Visualize(key string, notes []porcupine.Annotation, w io.Writer) error {
	h.mu.Lock()
	var ops []*Op
	for _, op := range h.ops {
		if op.Key == key && !op.byHand() && (op.write() && op.Outcome() != Refused || op.Outcome() == Accepted) {
			still := *op
			ops = append(ops, &still)
		}
	}
	from := max(0, len(ops)-shown)
	h.mu.Unlock()
	if len(ops) == 0 {
		return ErrNoHistory
	}
	before := []string{""}
	if from > 0 { // what came earlier is not shown: start from any value
		before = candidates(before, ops)
	}
	model := register(before)
	history := operations(ops[from:])
	_, info := porcupine.CheckOperationsVerbose(model, drawable(history), patience)
	info.AddAnnotations(notes)
	return porcupine.Visualize(model, info, w)
}

// drawable ends what is still open a little after everything else: a page
// cannot draw for ever.
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

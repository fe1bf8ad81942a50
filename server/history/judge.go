package history

import (
	"cmp"
	"fmt"
	"slices"
	"sort"
	"time"

	"github.com/anishathalye/porcupine"

	"capplayground/cluster"
)

// The verdicts on a key.
const (
	Linearizable    = "linearizable so far"
	NotLinearizable = "not linearizable"
	TooMany         = "too many to tell yet"
	CannotTell      = "cannot tell"
)

// Bounds of one piece of a key's history: beyond them Porcupine is not asked,
// or not waited for, and the verdict is TooMany.
const (
	maxPiece    = 4000
	pauseFactor = 20     // after a search without an answer, the next one waits this many times as long
	maxOpen     = 10_000 // writes that may still take effect
)

// How long Porcupine may search. Tests give it longer, because they check its
// answer and not its speed.
var (
	patience    = 500 * time.Millisecond // in one search
	cutPatience = 2 * time.Second        // in all searches at a cut
)

// keyHistory is one key's operations since its last cut, and what is known of
// the time before it.
type keyHistory struct {
	// values are the hashes of the values that the register may have had at the
	// last cut; "" is no value. Never empty while the verdict is green.
	values []string
	// cutAt is when the piece before this one ended, and over is the latest known
	// end in this piece. No judged operation overlaps a cut.
	cutAt, over int64
	heard       int64 // the time of the newest event
	doubt       int64 // by how much the clock of any node may be wrong
	// guessed: a piece was too long to judge. values then hold more than the
	// register may have had, so a red verdict is still true and a green one is not.
	guessed bool
	retry   time.Time     // when to search again after a search without an answer
	confirm time.Duration // Config.Confirm
	often   int           // Config.often
	suspect time.Time     // since when the key looks red; zero while it does not
	changed time.Time     // when the newest operation of the piece was taken in
	leftOut int           // reads that came after the operations that follow them were judged
	// piece holds the operations since the cut that have to be ordered, by
	// invoke.
	piece []*Op
	// underWay counts the operations that were invoked and have not ended.
	underWay map[callID]*Op
	// open holds the writes of unknown outcome, which may still take effect.
	open []*Op

	// fromDisk are the values, by hash, that nodes reported to hold and that no known write
	// wrote: a disk held them when its node started.
	fromDisk  map[string]*diskValue
	fromDisks int // counts the values that were taken into fromDisk

	written writes         // for the words
	holds   map[place]held // what the nodes hold, for the words

	byUnknownValue bool // the verdict is red, and a read returned a value that no known write wrote

	verdict string
	since   cluster.OpID // the operation at which linearizability ended
	why     string       // the reason of CannotTell
	dirty   bool         // the piece changed since it was judged
	stopped bool         // it will not be judged again
}

func newKeyHistory(cfg Config) *keyHistory {
	return &keyHistory{confirm: cfg.Confirm, often: cfg.often, values: []string{""}, underWay: map[callID]*Op{}, verdict: Linearizable}
}

// cannotTell ends the judgement of the key until its history begins anew. A red
// verdict stays red, unless it is red because of a value that no known write
// wrote: that write may be among the missing events.
func (k *keyHistory) cannotTell(why string) {
	if k.confirm == 0 {
		k.judge(time.Now())
	}
	if k.verdict == NotLinearizable && !k.byUnknownValue || k.verdict == CannotTell {
		return
	}
	k.since = ""
	k.verdict, k.why, k.piece, k.open = CannotTell, why, nil, nil
}

func (k *keyHistory) judging() bool {
	return !k.stopped && (k.verdict == Linearizable || k.verdict == TooMany)
}

// invoke takes in an operation that began. The clocks of nodes may be wrong by
// doubt. If no operation is under way, and it began after all earlier ones had
// ended, the history is cut before it.
func (k *keyHistory) invoke(op *Op, now time.Time, doubt int64) {
	k.heard, k.doubt = max(k.heard, op.Invoke), doubt
	if len(k.underWay) == 0 && op.Invoke-doubt > k.over && k.judging() {
		k.cut(now)
	}
	op.late = op.from() <= k.cutAt
	k.underWay[op.call()] = op
}

// end takes in an operation that was answered, or whose node died.
func (k *keyHistory) end(op *Op, now time.Time) {
	delete(k.underWay, op.call())
	k.heard = max(k.heard, op.Return)
	k.changed = now
	if !k.judging() {
		return
	}
	switch {
	case op.Outcome() == Accepted && op.write() && k.takeRepeat(op):
	case op.Outcome() == Accepted && op.late:
		if op.write() {
			k.cannotTell("the event of a write came too late")
			return
		}
		k.leftOut++
	case op.Outcome() == Accepted:
		k.explainByDisk(op)
		k.piece = append(k.piece, op)
		k.over = max(k.over, op.to())
		k.dirty = true
	case op.write() && op.Outcome() != Refused:
		if !k.addOpen(op) {
			return
		}
	}
	if len(k.piece) > 0 && len(k.piece)%k.often == 0 {
		k.judge(now)
	}
	if len(k.piece) > maxPiece { // this key cannot be judged any more
		k.verdict, k.piece, k.open, k.stopped = TooMany, nil, nil, true
	}
}

// addOpen takes in a write that may take effect at any time from now on, or never. It returns
// false if there are too many.
func (k *keyHistory) addOpen(op *Op) bool {
	if len(k.open) == maxOpen {
		k.cannotTell(fmt.Sprintf("more than %d writes of unknown outcome", maxOpen))
		return false
	}
	k.open = append(k.open, op)
	k.dirty = true
	return true
}

// judge brings the verdict up to date while operations are still under way.
func (k *keyHistory) judge(now time.Time) {
	if !k.judging() || !k.dirty || now.Before(k.retry) {
		return
	}
	k.dirty = false
	ops := k.ordered()
	began := time.Now()
	switch canBeOrdered(k.values, ops, nil) {
	case porcupine.Ok:
		k.accept()
		k.settle(ops)
	case porcupine.Unknown:
		k.verdict, k.dirty, k.retry = TooMany, true, now.Add(pauseFactor*time.Since(began))
	case porcupine.Illegal:
		k.dirty = true
		k.reportViolation(ops, now)
	}
}

// reportViolation makes the verdict red once the key has looked red for confirm: an event
// that explains it may still be on its way.
func (k *keyHistory) reportViolation(ops []*Op, now time.Time) {
	if k.suspect.IsZero() {
		// Count from the newest operation and not from now: an event that explains
		// it has been on its way since then, and the first report must be red
		// even if it is asked for much later.
		k.suspect = k.changed
	}
	if now.Sub(k.suspect) >= k.confirm {
		k.findViolation(ops)
	}
}

// accept sets the verdict on a piece that can be ordered.
func (k *keyHistory) accept() {
	k.verdict, k.suspect = Linearizable, time.Time{}
	if k.guessed {
		k.verdict = TooMany
	}
}

// cut judges the piece for the last time and keeps of it only the values that
// the register may have now.
func (k *keyHistory) cut(now time.Time) {
	ops := k.ordered()
	if len(ops) == 0 || !k.suspect.IsZero() && now.Sub(k.suspect) < k.confirm {
		return
	}
	after := []string{ops[0].Hash}
	if len(ops) > 1 || !ops[0].write() { // one write alone is the common case and needs no search
		after = k.ends(ops)
	}
	if len(after) == 0 {
		k.reportViolation(ops, now)
		return
	}
	k.open = slices.DeleteFunc(k.open, func(w *Op) bool { return slices.Contains(ops, w) && k.isOnlySource(w, ops) })
	k.values, k.piece, k.dirty, k.cutAt = after, nil, false, k.over
	k.accept()
}

// settle forgets the part of an ordered piece that no later operation can
// affect. So a key that always has an operation under way, and is never cut,
// costs no more than others.
func (k *keyHistory) settle(ops []*Op) {
	blocks, once := blocksOf(k.values, ops)
	if !once || len(ops) < k.often {
		return
	}
	over, at := settled(blocks, k.horizon())
	if len(over) == 0 {
		return
	}
	gone := map[*Op]bool{}
	last := ""
	for _, b := range over {
		for _, i := range b.ops {
			gone[ops[i]] = true
			last = ops[i].Hash
		}
	}
	k.piece = slices.DeleteFunc(k.piece, func(op *Op) bool { return gone[op] })
	k.open = slices.DeleteFunc(k.open, func(op *Op) bool { return gone[op] })
	k.values, k.cutAt = []string{last}, at
}

// horizon is the time before which no operation began that is under way or not
// known yet.
func (k *keyHistory) horizon() int64 {
	at := k.heard - k.doubt
	for _, op := range k.underWay {
		at = min(at, op.from())
	}
	return at
}

// ends returns the values that the register may have after ops. It returns none
// if ops cannot be ordered, and all candidates if the search takes too long.
func (k *keyHistory) ends(ops []*Op) []string {
	all := candidates(k.values, ops)
	var after []string
	deadline := time.Now().Add(cutPatience)
	for _, last := range all {
		switch canBeOrdered(k.values, ops, &last) {
		case porcupine.Ok:
			after = append(after, last)
		case porcupine.Unknown:
			k.guessed = true
			return all
		}
		if time.Now().After(deadline) {
			k.guessed = true
			return all
		}
	}
	return after
}

// isOnlySource reports whether w is the only source of its value. If the value was read,
// w has then taken effect and is no longer open.
func (k *keyHistory) isOnlySource(w *Op, ops []*Op) bool {
	return !slices.Contains(k.values, w.Hash) && !slices.ContainsFunc(ops, func(op *Op) bool {
		return op != w && op.write() && op.Hash == w.Hash
	})
}

// ordered returns the operations that must be ordered now: the piece, and every
// open or unanswered write whose value a read of the piece returned.
func (k *keyHistory) ordered() []*Op {
	ops := slices.Clone(k.piece)
	read := map[string]bool{}
	for _, op := range k.piece {
		if !op.write() {
			read[op.Hash] = true
		}
	}
	for _, op := range k.open {
		if read[op.Hash] {
			ops = append(ops, op)
		}
	}
	for _, op := range k.underWay {
		if op.write() && read[op.Hash] {
			ops = append(ops, op)
		}
	}
	slices.SortFunc(ops, func(a, b *Op) int {
		return cmp.Or(cmp.Compare(a.from(), b.from()), cmp.Compare(a.ID, b.ID))
	})
	return ops
}

// findViolation finds the first answer, in the order of answers, with which the
// piece stopped being linearizable.
func (k *keyHistory) findViolation(ops []*Op) {
	var answered []*Op
	for _, op := range ops {
		if ended(op) < forever {
			answered = append(answered, op)
		}
	}
	slices.SortFunc(answered, func(a, b *Op) int { return cmp.Compare(a.to(), b.to()) })
	first := sort.Search(len(answered)-1, func(i int) bool {
		return canBeOrdered(k.values, until(ops, answered[i].to()), nil) == porcupine.Illegal
	})
	k.byUnknownValue = slices.ContainsFunc(answered[:first+1], func(op *Op) bool { return !op.write() && !k.knows(op.Hash) })
	k.verdict, k.since = NotLinearizable, answered[first].ID
	k.piece, k.open = nil, nil
}

// knows reports whether a known write wrote the value, or the register may
// have had it at the last cut.
func (k *keyHistory) knows(hash string) bool {
	if hash == "" || slices.Contains(k.values, hash) {
		return true
	}
	for _, w := range slices.Backward(k.written.ops) { // it is mostly one of the newest
		if w.Hash == hash {
			return true
		}
	}
	return false
}

// until returns ops as they were at that time. An operation that was answered
// later is left out if it is a read, and open if it is a write.
func until(ops []*Op, at int64) []*Op {
	var out []*Op
	for _, op := range ops {
		switch {
		case ended(op) <= at:
			out = append(out, op)
		case op.write() && op.from() <= at:
			still := *op
			still.Return, still.Status = 0, 0
			out = append(out, &still)
		}
	}
	return out
}

// forever is the return of an operation that has not returned.
const forever = int64(1) << 62

func ended(op *Op) int64 {
	if op.Outcome() == Accepted {
		return op.to()
	}
	return forever
}

// candidates are the values that a register may have after ops: the values of
// the writes that need not have been followed by another write. If no write is
// known to have taken effect, the values before ops are candidates as well.
func candidates(before []string, ops []*Op) []string {
	last := int64(-1) // when the last write that took effect began
	for _, op := range ops {
		if op.write() && ended(op) < forever {
			last = max(last, op.from())
		}
	}
	var out []string
	if last < 0 {
		out = slices.Clone(before)
	}
	for _, op := range ops {
		if op.write() && ended(op) >= last && !slices.Contains(out, op.Hash) {
			out = append(out, op.Hash)
		}
	}
	return out
}

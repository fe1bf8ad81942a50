package export

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"capplayground/cluster"
	"capplayground/server/history"
	"capplayground/server/recording"
)

// edn writes the history of one key as Jepsen has it: one map on each line. An
// answered call is :ok, a refused one :fail. A call whose outcome is unknown is
// :info, and its process never calls again. A read that found siblings has the
// first of them: a register has one value. Faults are operations of the nemesis.
func edn(w io.Writer, rec *recording.Recording, of Selection) error {
	key, err := keyOf(rec, of.Key)
	if err != nil {
		return err
	}
	var ops []history.Op
	for _, op := range rec.Judge().List(0).Ops {
		if op.Key == key && (op.Kind == cluster.OpRead || op.Kind == cluster.OpWrite) {
			ops = append(ops, op)
		}
	}
	events := append(ednEvents(ops), nemesis(rec)...)
	slices.SortStableFunc(events, func(a, b ednEvent) int {
		return cmp.Or(cmp.Compare(a.t, b.t), cmp.Compare(a.rank, b.rank))
	})
	var b strings.Builder
	for i, e := range events {
		fmt.Fprintf(&b, "{:index %d, :time %d, :type :%s, :process %s, :f :%s, :value %s}\n",
			i, (e.t-begin(rec))*1000, e.kind, e.process, e.f, e.value)
	}
	_, err = io.WriteString(w, b.String())
	return err
}

// ednEvent is one line of a history.
type ednEvent struct {
	t                       int64 // microseconds
	kind, process, f, value string
	rank                    int // among the lines of one moment
}

// At equal times a beginning comes before an end: then the operations overlap, which
// asks less of their order.
const (
	rankBegin = iota
	rankFault
	rankEnd
)

// ednEvents are the beginnings and ends of operations.
func ednEvents(ops []history.Op) []ednEvent {
	slices.SortStableFunc(ops, func(a, b history.Op) int { return cmp.Compare(a.Invoke, b.Invoke) })
	var events []ednEvent
	var free []int64 // when each process is free again
	const never = 1 << 62
	for _, op := range ops {
		process := slices.IndexFunc(free, func(at int64) bool { return at < op.Invoke })
		if process < 0 {
			process = len(free)
			free = append(free, 0)
		}
		line := func(t int64, kind string, rank int) {
			events = append(events, ednEvent{t, kind, strconv.Itoa(process), string(op.Kind), ednValue(op, kind), rank})
		}
		line(op.Invoke, "invoke", rankBegin)
		free[process] = never
		switch op.Outcome() {
		case history.Accepted:
			line(op.Return, "ok", rankEnd)
			free[process] = op.Return
		case history.Refused:
			line(op.Return, "fail", rankEnd)
			free[process] = op.Return
		case history.Unknown:
			line(op.Return, "info", rankEnd)
		}
	}
	return events
}

// ednValue is what is written, or what was read. A value that events cut has its
// hash behind it, so that different values stay different.
func ednValue(op history.Op, kind string) string {
	if op.Kind == cluster.OpRead && kind != "ok" || op.Hash == "" {
		return "nil"
	}
	val := op.Val
	if len([]rune(val)) >= cluster.MaxEventVal {
		val += "…" + op.Hash
	}
	return ednString(val)
}

// ednString quotes a text (https://github.com/edn-format/edn).
func ednString(s string) string {
	var b strings.Builder
	b.WriteByte('"')
	for _, r := range strings.ToValidUTF8(s, "\ufffd") {
		switch {
		case r == '"' || r == '\\':
			b.WriteRune('\\')
			b.WriteRune(r)
		case r < ' ' || r >= 0x7f && r < 0xa0 || r >= 0x2028 && r <= 0x202e || r >= 0x2066 && r <= 0x2069 || r == 0x200e || r == 0x200f || r == 0x61c:
			fmt.Fprintf(&b, `\u%04x`, r)
		default:
			b.WriteRune(r)
		}
	}
	b.WriteByte('"')
	return b.String()
}

// Keys are the keys that clients have read or written, in their order.
func Keys(rec *recording.Recording) []string {
	var keys []string
	for i := range rec.Events {
		x, ok := rec.Events[i].Body.(*cluster.Invoked)
		if ok && (x.OpKind == cluster.OpRead || x.OpKind == cluster.OpWrite) && x.Key != "" && !slices.Contains(keys, x.Key) {
			keys = append(keys, x.Key)
		}
	}
	slices.Sort(keys)
	return keys
}

// keyOf returns the key that was selected, by default that of the last operation.
func keyOf(rec *recording.Recording, key string) (string, error) {
	keys := Keys(rec)
	if key == "" {
		key = lastKey(rec)
	}
	if !slices.Contains(keys, key) {
		return "", fmt.Errorf("%w: key %.60q; there are %.200q", ErrSelection, key, keys[:min(len(keys), 20)])
	}
	return key, nil
}

// lastKey returns the key of the last read or write that a person asked for, else of
// the last one of all; "" if there was none.
func lastKey(rec *recording.Recording) string {
	key, ofPerson := "", false
	for i := range rec.Events {
		x, ok := rec.Events[i].Body.(*cluster.Invoked)
		if !ok || x.OpKind != cluster.OpRead && x.OpKind != cluster.OpWrite {
			continue
		}
		if person := x.Client != cluster.LoadClient; person || !ofPerson {
			key, ofPerson = x.Key, ofPerson || person
		}
	}
	return key
}

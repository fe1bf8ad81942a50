package consensus

import (
	"fmt"
	"reflect"

	"capplayground/cluster"
	"capplayground/cluster/script"
)

// checks are the invariants that scripts call by name.
var checks = map[string]func(*script.World) error{"settled": settled}

// always returns an error if an invariant does not hold. Invariants hold at every moment.
func always(w *script.World) error {
	for _, check := range []func(*script.World) error{logsMatch, oneLeader, readsAreFresh} {
		if err := check(w); err != nil {
			return err
		}
	}
	return nil
}

// settled: after all operations have ended, all nodes hold the same keys.
func settled(w *script.World) error {
	if err := always(w); err != nil {
		return err
	}
	first, _ := w.Snapshot(1)
	for _, n := range w.IDs() {
		if s, up := w.Snapshot(n); up && !reflect.DeepEqual(s.Keys, first.Keys) {
			return fmt.Errorf("%v holds %v, n1 holds %v", n, s.Keys, first.Keys)
		}
	}
	return nil
}

// logsMatch: two entries of the same index and term are the same, and so are
// all before them (section 3.5, the Log Matching Property).
func logsMatch(w *script.World) error {
	type position struct{ index, term uint64 }
	type logged struct {
		node   cluster.NodeID
		data   string
		before uint64 // the term of the entry before
	}
	first := map[position]logged{}
	for _, n := range w.IDs() {
		terms := map[uint64]uint64{}
		for _, r := range w.Records(n) {
			index, term, data, ok := DecodeEntry(r)
			if !ok {
				continue
			}
			terms[index] = term
			l := logged{n, string(data), terms[index-1]}
			f, seen := first[position{index, term}]
			if !seen {
				first[position{index, term}] = l
			} else if f.data != l.data || f.before != l.before && f.before != 0 && l.before != 0 {
				return fmt.Errorf("entry %d of term %d differs at %v and %v", index, term, f.node, n)
			}
		}
	}
	return nil
}

// oneLeader: no term has two leaders (section 3.4, Election Safety).
func oneLeader(w *script.World) error {
	leaders := map[uint64]cluster.NodeID{}
	for _, n := range w.IDs() {
		s, up := w.Snapshot(n)
		if !up || s.Role != "leader" {
			continue
		}
		if other := leaders[s.Term]; other != 0 {
			return fmt.Errorf("%v and %v both lead term %d", other, n, s.Term)
		}
		leaders[s.Term] = n
	}
	return nil
}

// readsAreFresh: if a write ended before a read began, the read returns no older value.
func readsAreFresh(w *script.World) error {
	ops := w.Operations()
	for _, read := range ops {
		if read.Request.Kind != cluster.OpRead || read.Reply == nil || read.Status() != 200 {
			continue
		}
		for _, write := range ops {
			if write.Request.Kind != cluster.OpWrite || write.Status() != 201 || write.Request.Key != read.Request.Key || !write.AnsweredBefore(read) {
				continue
			}
			if parseNumber([]byte(read.Reply.Version)) < parseNumber([]byte(write.Reply.Version)) {
				return fmt.Errorf("op=%s read version %s after op=%s had written version %s",
					read.Request.Op, read.Reply.Version, write.Request.Op, write.Reply.Version)
			}
		}
	}
	return nil
}

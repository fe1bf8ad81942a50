package twophase

import (
	"fmt"
	"strconv"

	"capplayground/cluster"
	"capplayground/cluster/script"
)

// always returns an error if an invariant does not hold. Invariants hold at every moment.
func always(w *script.World) error {
	for _, check := range []func(*script.World) error{atomic, answersAreTrue, sameVersionSameValue, readsAreFresh} {
		if err := check(w); err != nil {
			return err
		}
	}
	return nil
}

// atomic: no transaction is committed at one node and aborted at another.
func atomic(w *script.World) error {
	type seen struct {
		node   cluster.NodeID
		commit bool
	}
	first := map[cluster.OpID]seen{}
	for _, n := range w.IDs() {
		for tx, commit := range Outcomes(w.Records(n)) {
			if f, ok := first[tx]; ok && f.commit != commit {
				return fmt.Errorf("tx=%s is committed at one of %v and %v, and aborted at the other", tx, f.node, n)
			}
			first[tx] = seen{n, commit}
		}
	}
	return nil
}

// answersAreTrue: the answer to a client agrees with the disks.
func answersAreTrue(w *script.World) error {
	for _, o := range w.Operations() {
		status := o.Status()
		if o.Request.Kind != cluster.OpWrite || status == 0 || status == 504 {
			continue
		}
		for _, n := range w.IDs() {
			commit, ended := Outcomes(w.Records(n))[o.Request.Op]
			if ended && commit != (status == 201) {
				return fmt.Errorf("op=%s was answered %d, and %v has commit=%v", o.Request.Op, status, n, commit)
			}
		}
	}
	return nil
}

// sameVersionSameValue: nodes that hold the same version of a key hold the
// same value, unless it was set by hand.
func sameVersionSameValue(w *script.World) error {
	first := map[string]string{}
	for _, n := range w.IDs() {
		s, _ := w.Snapshot(n)
		for _, k := range s.Keys {
			if k.Version == "" || k.ByHand {
				continue
			}
			name := k.Key + " version " + k.Version
			if val, ok := first[name]; ok && val != k.Val {
				return fmt.Errorf("%s is %s at one node and %s at %v", name, val, k.Val, n)
			}
			first[name] = k.Val
		}
	}
	return nil
}

// readsAreFresh: a read returns no version older than one that a client got before the read
// began.
func readsAreFresh(w *script.World) error {
	ops := w.Operations()
	for i, r := range ops {
		if r.Request.Kind != cluster.OpRead || r.Status() != 200 && r.Status() != 404 {
			continue
		}
		for _, o := range ops[:i] {
			if o.Request.Key == r.Request.Key && o.Reply != nil && o.AnsweredBefore(r) && version(o) > version(r) {
				return fmt.Errorf("op=%s read version %d, after op=%s had version %d", r.Request.Op, version(r), o.Request.Op, version(o))
			}
		}
	}
	return nil
}

func version(o script.Operation) uint64 {
	v, _ := strconv.ParseUint(o.Reply.Version, 10, 64)
	return v
}

// settled: after all nodes and links have been up for a while, all transactions are decided
// except those by hand, no operation waits, and all nodes hold the same keys.
func settled(w *script.World) error {
	if !w.Quiet() {
		return fmt.Errorf("messages are in flight")
	}
	var first []cluster.KeyState
	for _, n := range w.IDs() {
		s, up := w.Snapshot(n)
		if !up {
			return fmt.Errorf("%v is down", n)
		}
		for _, u := range s.Undecided {
			if u.Coordinator != byHand {
				return fmt.Errorf("%v is still locked for tx=%s", n, u.Tx)
			}
		}
		if s.Role == roleCoordinator {
			return fmt.Errorf("%v still waits for acknowledgements", n)
		}
		if n == 1 {
			first = s.Keys
		}
		if fmt.Sprint(s.Keys) != fmt.Sprint(first) {
			return fmt.Errorf("%v holds %v, and n1 %v", n, s.Keys, first)
		}
	}
	return nil
}

package sim

import (
	"errors"
	"fmt"

	"capplayground/cluster"
	"capplayground/cluster/twophase"
)

// checkAtomic checks that no transaction was committed at one node and aborted at another,
// neither in a message nor on a disk, and that each client's answer agrees with the
// decision.
func checkAtomic(r *Run) error {
	disks := make([]map[cluster.OpID]bool, len(r.Disks))
	for i, disk := range r.Disks {
		disks[i] = twophase.Outcomes(disk)
	}
	var wrong []error
	for i := range r.History {
		op := &r.History[i]
		v := r.decided[op.ID]
		for _, outcomes := range disks {
			if commit, ended := outcomes[op.ID]; ended {
				v.commit = v.commit || commit
				v.abort = v.abort || !commit
			}
		}
		switch {
		case v.commit && v.abort:
			wrong = append(wrong, fmt.Errorf("op=%s was committed here and aborted there", op.ID))
		case v.commit && r.abortedEachTime(op) && !r.otherValue(op):
			wrong = append(wrong, fmt.Errorf("op=%s was committed, and its client told %w", op.ID, op.Err))
		case v.abort && op.Outcome == OK && !r.otherValue(op):
			wrong = append(wrong, fmt.Errorf("op=%s was aborted, and its client told that it was done", op.ID))
		}
	}
	return errors.Join(wrong...)
}

// checkUnlocked checks that every transaction ends after all nodes are up and all links are
// perfect, and that its coordinator receives the acknowledgements.
func checkUnlocked(r *Run) error {
	var wrong []error
	for i, s := range r.Settled {
		for _, k := range s.Keys {
			if k.LockedBy != "" {
				wrong = append(wrong, fmt.Errorf("%v still holds %s locked by %s", cluster.NodeID(i+1), k.Key, k.LockedBy))
			}
		}
		for _, u := range s.Undecided {
			wrong = append(wrong, fmt.Errorf("%v is still undecided about %s", cluster.NodeID(i+1), u.Tx))
		}
		if len(s.Badges) > 0 {
			wrong = append(wrong, fmt.Errorf("%v still has %v", cluster.NodeID(i+1), s.Badges))
		}
	}
	return errors.Join(wrong...)
}

// checkEqual checks that after settling all nodes hold the same, and that no node holds the
// value of an aborted write.
func checkEqual(r *Run) error {
	aborted := make(map[string]cluster.OpID)
	for i := range r.History {
		op := &r.History[i]
		if op.Kind == cluster.OpWrite && r.abortedEachTime(op) {
			aborted[op.Val] = op.ID
		}
	}
	type value struct{ val, version string }
	first := make(map[string]value)
	var wrong []error
	for i, s := range r.Settled {
		id := cluster.NodeID(i + 1)
		has := 0
		for _, k := range s.Keys {
			if k.Version == "" || k.Key == byHandKey {
				continue
			}
			has++
			v := value{k.Val, k.Version}
			if i == 0 {
				first[k.Key] = v
			}
			if first[k.Key] != v {
				wrong = append(wrong, fmt.Errorf("%v holds %s=%s %s, and n1 %s %s", id, k.Key, v.val, v.version, first[k.Key].val, first[k.Key].version))
			}
			if op := aborted[k.Val]; op != "" {
				wrong = append(wrong, fmt.Errorf("%v holds %s=%s of op=%s, which was aborted", id, k.Key, k.Val, op))
			}
		}
		if has != len(first) {
			wrong = append(wrong, fmt.Errorf("%v holds %d keys, and n1 %d", id, has, len(first)))
		}
	}
	return errors.Join(wrong...)
}

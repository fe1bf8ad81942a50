package sim

import (
	"slices"
	"time"

	"capplayground/cluster"
)

// diskFaults lists the faults of disks that are in files.
func diskFaults() []fault {
	return []fault{
		{"damage", (*world).damageOne},
		{"other members", (*world).otherMembers},
	}
}

// damageOne crashes a process and makes one sector of its disk unreadable for the time d.
// The process tries to start before the sector is readable again.
func (w *world) damageOne(d time.Duration) {
	n := pick(w.rand, w.nodes...)
	if !n.up {
		return
	}
	n.crash()
	sector, with := w.rand.IntN(n.files.Sectors()), pick[byte](w.rand, 0, 0xDB)
	w.tracef("%v: sector %d of its disk is read as %#x", n.id, sector, with)
	n.repair = n.files.Damage(sector, with)
	w.later(span(w.rand, d), n.restart)
	w.later(d, n.repairDisk)
}

// repairDisk repairs the disk of a process that did not start because of the damage, and
// starts the process.
func (n *process) repairDisk() {
	if n.repair == nil {
		return
	}
	n.w.tracef("%v: its disk is repaired", n.id)
	n.repair()
	n.repair = nil
	n.restart()
}

// otherMembers stops the whole cluster, and starts some of its nodes as a smaller cluster,
// on the same disks. After the time d the whole cluster starts again.
func (w *world) otherMembers(d time.Duration) {
	if w.smaller || len(w.nodes) < 2 {
		return
	}
	w.smaller = true
	some := w.rand.Perm(len(w.nodes))[:1+w.rand.IntN(len(w.nodes)-1)]
	var members []cluster.NodeID
	for i, n := range w.nodes {
		if slices.Contains(some, i) {
			members = append(members, n.id)
		}
	}
	w.setMembers(members)
	w.later(d, w.ownMembers)
}

// ownMembers starts the whole cluster again after otherMembers.
func (w *world) ownMembers() {
	if w.smaller {
		w.smaller = false
		w.setMembers(w.ids())
	}
}

// setMembers stops all nodes, and starts those that are members.
func (w *world) setMembers(members []cluster.NodeID) {
	w.tracef("the cluster starts again with the members %v", members)
	for _, n := range w.nodes {
		if n.up {
			n.crash()
		}
		n.all = members
	}
	for _, n := range w.nodes {
		n.restart()
	}
}

// refused records that a process did not start because of its disk. Without a reason for
// it, that is a violation.
func (n *process) refused(err error) {
	n.w.tracef("%v does not start: %v", n.id, err)
	n.w.run.Refused++
	if n.repair == nil && !n.w.smaller {
		n.w.recordBreach("%v does not start: %w", n.id, err)
	}
}

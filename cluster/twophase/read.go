package twophase

import (
	"fmt"
	"slices"

	"capplayground/cluster"
)

// read answers from this node alone, once the key is not locked.
func (m *Machine) read(r cluster.Request) {
	lock := m.locks[r.Key]
	switch {
	case lock == nil:
		m.answerRead(r)
	case m.late(r.Deadline):
		m.refuse(r, stillLocked(r.Key, lock.tx))
	default:
		m.reads[r.Key] = append(m.reads[r.Key], r)
		timer := m.set(timerRead, r.Op, m.patience(r, cluster.OpTimeout))
		m.out.Notes = append(m.out.Notes, cluster.Event{
			Kind: cluster.KindProgress, Op: r.Op, Phase: "lock", Need: 1, Waiting: []cluster.NodeID{m.cfg.ID}, Timer: timer,
		})
	}
}

func stillLocked(key string, tx cluster.OpID) error {
	return fmt.Errorf("%w: %s", cluster.ErrUnavailable, lockedBy(key, tx))
}

func (m *Machine) answerRead(r cluster.Request) {
	v := m.values[r.Key]
	if v.Version == 0 {
		m.refuse(r, cluster.ErrNotFound)
		return
	}
	m.reply(cluster.Reply{Op: r.Op, Key: r.Key, Val: v.Val, Version: versionText(v.Version)})
}

// serveReads answers all that waited for a lock, in the order in which they
// came, while nothing can lock the key again.
func (m *Machine) serveReads(key string) {
	waiting := m.reads[key]
	delete(m.reads, key)
	for _, r := range waiting {
		m.answerRead(r)
	}
}

// readDue gives up on a read that still waits.
func (m *Machine) readDue(op cluster.OpID) bool {
	for key, waiting := range m.reads { // an operation waits once: at most one key has it
		i := slices.IndexFunc(waiting, func(r cluster.Request) bool { return r.Op == op })
		if i < 0 {
			continue
		}
		r := waiting[i]
		if m.reads[key] = slices.Delete(waiting, i, i+1); len(waiting) == 1 {
			delete(m.reads, key)
		}
		m.refuse(r, stillLocked(key, m.locks[key].tx))
		return true
	}
	return false
}

package twophase

import (
	"fmt"
	"slices"

	"capplayground/cluster"
)

// read answers from this node alone, once the key is not locked.
func (m *Machine) read(r cluster.Request) {
	_, ended := m.finished.get(r.Op)
	lock := m.locks[r.Key]
	switch {
	case ended || m.parts[r.Op] != nil:
		m.refuse(r, errAnother(r.Op))
	case lock == nil:
		m.answerRead(r)
	case m.late(r.Deadline):
		m.refuse(r, stillLocked(r.Key, lock.tx))
	default:
		m.reads[r.Key] = append(m.reads[r.Key], r)
		m.noteWaiting(r.Op, m.cfg.ID, m.setTimer(timerRead, r.Op, m.patience(r, cluster.OpTimeout)))
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

// serveReads answers all reads that waited for a lock, in the order in which they came,
// before another transaction can lock the key.
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

//go:build !noraft

package consensus

import (
	"slices"

	"capplayground/cluster"

	"go.etcd.io/raft/v3"
	"go.etcd.io/raft/v3/tracker"
)

// Notes of the log are bounded, so that they cost little on a busy node: this many at
// once, and then one in each span of wall time.
const (
	logNotes    = 100
	logNoteSpan = 20_000 // microseconds
)

// logView is the log as the newest note showed it.
type logView struct {
	told cluster.ReplicatedLog
	left int64 // microseconds of wall time that may still be spent on notes
	wall int64 // when left was computed
}

// allows reports whether a note may be made now, and subtracts its cost.
func (v *logView) allows(wall int64) bool {
	if passed := wall - v.wall; passed > 0 && v.wall != 0 {
		v.left += passed
	} else if v.wall == 0 {
		v.left = logNotes * logNoteSpan
	}
	v.left, v.wall = min(v.left, logNotes*logNoteSpan), wall
	if v.left < logNoteSpan {
		return false
	}
	v.left -= logNoteSpan
	return true
}

// append adds a cell at the end.
func (v *view) append(c cluster.LogCell) {
	v.cells = append(v.cells, c)
	v.cells = slices.Delete(v.cells, 0, max(0, len(v.cells)-cluster.MaxLogCells))
}

// overwrite removes the cells from index on.
func (v *view) overwrite(index uint64) {
	v.cells = slices.DeleteFunc(v.cells, func(c cluster.LogCell) bool { return c.Index >= index })
}

// shownLog returns the log as people see it. The cells are the machine's own memory.
func (m *Machine) shownLog() cluster.ReplicatedLog {
	st := m.engine.BasicStatus()
	l := cluster.ReplicatedLog{
		Leader: cluster.NodeID(st.Lead), Vote: cluster.NodeID(st.GetVote()), Last: m.lastIndex(), Commit: st.GetCommit(), Applied: m.state.applied,
		Cells: m.view.cells, // a caller that keeps them makes a copy
	}
	if st.RaftState == raft.StateLeader {
		l.Match = m.matches()
	} else {
		l.MayAsk, l.WillAsk = m.view.waits.Add(ElectionTime), m.view.waits.Add(2*ElectionTime)
	}
	return l
}

// matches returns, for each node, the index up to which this leader knows its log to be
// equal.
func (m *Machine) matches() []cluster.LogMatch {
	match := make([]cluster.LogMatch, 0, len(m.nodes))
	m.engine.WithProgress(func(id uint64, _ raft.ProgressType, pr tracker.Progress) {
		match = append(match, cluster.LogMatch{Node: cluster.NodeID(id), Index: pr.Match})
	})
	return match
}

// showLog makes a note of the log if it differs from the last note.
func (m *Machine) showLog() {
	if l := m.shownLog(); !sameLog(l, m.view.log.told) && m.view.log.allows(m.wall) {
		l.Cells = slices.Clone(l.Cells)
		m.view.log.told = l
		m.note(logNote(l))
	}
}

func sameLog(a, b cluster.ReplicatedLog) bool {
	return a.Leader == b.Leader && a.Vote == b.Vote && a.Last == b.Last && a.Commit == b.Commit && a.Applied == b.Applied &&
		a.MayAsk == b.MayAsk && slices.Equal(a.Cells, b.Cells) && slices.Equal(a.Match, b.Match)
}

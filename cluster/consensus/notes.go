//go:build !noraft

package consensus

import (
	"encoding/binary"
	"maps"
	"slices"

	"capplayground/cluster"
	"capplayground/cluster/quorum"

	"go.etcd.io/raft/v3"
	pb "go.etcd.io/raft/v3/raftpb"
)

// view is what the notes have shown last, and what they need that the engine does not
// export.
type view struct {
	log        logView
	role       string
	term       uint64
	asked      bool // this Step asked for votes
	ballots    ballots
	confirming []*confirming     // of a leader: the reads that wait for a majority
	cells      []cluster.LogCell // the last entries of the log
	// waits is the time from which this node waits for a leader: the leader's last
	// message, a vote that this node gave, or its own candidacy.
	waits cluster.Time
}

// ballots are the votes that a candidate has. The engine does not export them.
type ballots struct {
	phase string // "" if this node is no candidate
	term  uint64
	vote  quorum.Vote
}

// confirming is a read for which the leader asks a majority whether it is still the
// leader.
type confirming struct {
	op   cluster.OpID
	at   uint64 // its place in the engine's queue of reads, which heartbeats contain
	vote quorum.Vote
}

// asksFor records a heartbeat that confirms the leader for the read of this Step.
func (m *Machine) asksFor(p *pb.Message) {
	at, ok := place(p)
	asked := slices.ContainsFunc(m.view.confirming, func(c *confirming) bool { return c.at == at })
	if !ok || asked || m.op == "" {
		return
	}
	c := &confirming{op: m.op, at: at, vote: quorum.NewVote(m.nodes, m.need)}
	c.vote.Yes(m.id)
	m.view.confirming = append(m.view.confirming, c)
	m.note(c.progress())
}

// place returns the place in the engine's queue of reads that a heartbeat or its answer
// contains. An answer confirms all reads up to that place.
func place(p *pb.Message) (uint64, bool) {
	if len(p.GetContext()) != 8 {
		return 0, false
	}
	return binary.LittleEndian.Uint64(p.GetContext()), true
}

// confirms counts the answer of a node to a heartbeat.
func (m *Machine) confirms(p *pb.Message) {
	at, ok := place(p)
	if !ok {
		return
	}
	m.view.confirming = slices.DeleteFunc(m.view.confirming, func(c *confirming) bool {
		if c.at <= at && c.vote.Yes(cluster.NodeID(p.GetFrom())) {
			m.note(c.progress())
		}
		return c.vote.Result() == quorum.Won
	})
}

func (c *confirming) progress() *cluster.Progressed {
	return &cluster.Progressed{
		Op: c.op, OpKind: cluster.OpRead, Phase: phaseConfirm,
		Need: c.vote.Need(), Yes: c.vote.Yeses(), Waiting: c.vote.Waiting(),
	}
}

// phaseConfirm is the phase of a read in which the leader asks a majority.
const phaseConfirm = "confirm"

// The phases of an election.
const (
	phasePreVote = "pre-vote"
	phaseVote    = "vote"
)

func roleOf(s raft.StateType) string {
	switch s {
	case raft.StateLeader:
		return roleLeader
	case raft.StateCandidate:
		return roleCandidate
	case raft.StatePreCandidate:
		return rolePreCandidate
	}
	return roleFollower
}

func (m *Machine) note(b cluster.Body) { m.out.Notes = append(m.out.Notes, b) }

// recordVotes records from a message what the engine does not export: when a message of
// the leader came last, and how each node voted.
func (m *Machine) recordVotes(p *pb.Message) {
	st := m.engine.BasicStatus()
	switch p.GetType() {
	case pb.MsgApp, pb.MsgHeartbeat, pb.MsgSnap:
		if p.GetTerm() >= st.GetTerm() {
			m.view.waits = m.now
		}
	case pb.MsgHeartbeatResp:
		if p.GetTerm() == st.GetTerm() {
			m.confirms(p)
		}
	case pb.MsgPreVoteResp, pb.MsgVoteResp:
		b := &m.view.ballots
		from := cluster.NodeID(p.GetFrom())
		wanted := b.phase == phasePreVote && p.GetType() == pb.MsgPreVoteResp || b.phase == phaseVote && p.GetType() == pb.MsgVoteResp
		if !wanted || !p.GetReject() && p.GetTerm() != b.term {
			return
		}
		if p.GetReject() && b.vote.No(from) || !p.GetReject() && b.vote.Yes(from) {
			m.note(m.ballotNote())
		}
	}
}

// noteChanges makes notes of what has changed: role and term, the ballots of a candidate,
// the progress of the leader's proposals.
func (m *Machine) noteChanges() {
	st := m.engine.BasicStatus()
	role, term := roleOf(st.RaftState), st.GetTerm()
	changed := role != m.view.role || term != m.view.term
	if changed {
		m.view.role, m.view.term = role, term
		m.view.confirming = nil
		m.note(&cluster.RoleChanged{Role: role, Term: term})
	}
	if m.view.asked {
		m.view.waits = m.now
	}
	if changed || m.view.asked {
		m.view.asked = false
		m.beginBallots(st.RaftState, term)
	}
	m.showProposals()
	m.showLog()
}

// beginBallots starts the count of a candidate that has just voted for itself.
func (m *Machine) beginBallots(state raft.StateType, term uint64) {
	b := ballots{}
	switch state {
	case raft.StatePreCandidate:
		b = ballots{phase: phasePreVote, term: term + 1}
	case raft.StateCandidate:
		b = ballots{phase: phaseVote, term: term}
	}
	if b.phase != "" {
		b.vote = quorum.NewVote(m.nodes, m.need)
		b.vote.Yes(m.id)
	}
	m.view.ballots = b
	if b.phase != "" {
		m.note(m.ballotNote())
	}
}

func (m *Machine) ballotNote() *cluster.Progressed {
	b := &m.view.ballots
	return &cluster.Progressed{
		Phase: b.phase, Term: b.term, Need: b.vote.Need(),
		Yes: b.vote.Yeses(), No: b.vote.Noes(), Waiting: b.vote.Waiting(), Timer: timerElection,
	}
}

// showProposals makes a note for each uncommitted write in the leader's log: which nodes
// have it.
func (m *Machine) showProposals() {
	if len(m.logged) == 0 || !m.leads() {
		return
	}
	match := make(map[cluster.NodeID]uint64, len(m.nodes))
	for _, n := range m.matches() {
		match[n.Node] = n.Index
	}
	for _, op := range slices.Sorted(maps.Keys(m.logged)) {
		p := m.logged[op]
		var yes, waiting []cluster.NodeID
		for _, n := range m.nodes {
			if match[n] >= p.index {
				yes = append(yes, n)
			} else {
				waiting = append(waiting, n)
			}
		}
		if p.shown == len(yes) {
			continue
		}
		p.shown = len(yes)
		m.note(&cluster.Progressed{Op: op, Phase: typeAppend, Need: m.need, Yes: yes, Waiting: waiting})
	}
}

// progress makes a note that the operation waits for the answer of the leader.
func (op *operation) progress(phase string, leader cluster.NodeID) *cluster.Progressed {
	return &cluster.Progressed{
		Op: op.req.Op, Key: op.req.Key, OpKind: op.req.Kind, Phase: phase,
		Need: 1, Waiting: []cluster.NodeID{leader}, Timer: op.timer.ID(),
	}
}

func keyNote(h *held) *cluster.KeyChanged {
	return &cluster.KeyChanged{Key: h.key, Value: cluster.ValueOf(h.val), Version: versionOf(h.index)}
}

func logNote(l cluster.ReplicatedLog) *cluster.LogChanged { return &cluster.LogChanged{Log: &l} }

func screenNote(text string) *cluster.ScreenLine { return &cluster.ScreenLine{Text: text} }

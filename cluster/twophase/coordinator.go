package twophase

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"capplayground/cluster"
	"capplayground/cluster/quorum"
)

// round is a transaction that this node coordinates.
type round struct {
	tx cluster.OpID

	// While the votes come in.
	part    *part
	request cluster.Request
	vote    quorum.Vote
	highest uint64 // version in the votes
	due     cluster.Time
	timer   string

	// From the decision on, which is to commit: an aborted round is over.
	decided bool
	decision
	acks  quorum.Vote
	pause time.Duration // before commit is sent again
}

// decision is the coordinator's log record of a commit that not everybody has
// acknowledged.
type decision struct {
	What    string `json:"w"` // for labels: the key and its value, cut
	Version uint64 `json:"n"`
}

// write begins a transaction over all nodes.
func (m *Machine) write(r cluster.Request) {
	if err := m.mayBegin(r); err != nil {
		m.refuse(r, err)
		return
	}
	p := &part{tx: r.Op, Key: r.Key, Val: r.Val, Coordinator: m.cfg.ID}
	m.lock(p)
	for _, n := range m.others {
		m.send(n, typePrepare, p.tx, what(p.Key, p.Val), prepareBody{p.Key, p.Val}).Deadline = r.Deadline
	}
	patience := max(m.patience(r, voteTimeout), cluster.MinTimer)
	t := &round{
		tx: p.tx, part: p, request: r, vote: quorum.NewVote(m.cfg.Nodes, len(m.cfg.Nodes)),
		due: m.now.Add(patience), timer: m.set(timerVotes, p.tx, patience),
	}
	m.rounds[t.tx] = t
	m.count(t, m.cfg.ID, m.values[p.Key].Version)
}

// mayBegin says why a write cannot begin here, if so. An operation's name is
// good for one transaction: what became of the first is what became of it.
func (m *Machine) mayBegin(r cluster.Request) error {
	if r.Op == "" {
		return errNameless
	}
	if o, ok := m.finished.get(r.Op); ok {
		if o.committed() {
			return fmt.Errorf("%w: operation %s was asked for before", cluster.ErrUnknown, r.Op.Short())
		}
		return fmt.Errorf("%w: operation %s was asked for before, and aborted", cluster.ErrRefused, r.Op.Short())
	}
	if m.parts[r.Op] != nil || m.rounds[r.Op] != nil {
		return fmt.Errorf("%w: operation %s is under way", cluster.ErrUnknown, r.Op.Short())
	}
	if m.late(r.Deadline) {
		return fmt.Errorf("%w: the request came too late", cluster.ErrUnavailable)
	}
	if lock := m.locks[r.Key]; lock != nil {
		return fmt.Errorf("%w: %s", cluster.ErrRefused, lockedBy(r.Key, lock.tx))
	}
	return nil
}

// yes counts a vote for it. A vote that finds no such round is for one that
// was aborted, unless it was committed and the vote came again: presumed abort
// (Mohan et al. 1986, section 3).
func (m *Machine) yes(msg cluster.Message) {
	var body yesBody
	if !decode(msg, &body) || body.Version >= maxVersion {
		return
	}
	if t := m.rounds[msg.Op]; t != nil {
		if !t.decided {
			m.count(t, msg.From, body.Version)
		}
		return
	}
	o, ended := m.finished.get(msg.Op)
	if !ended && m.parts[msg.Op] == nil {
		m.finish(msg.Op, aborted)
	}
	if m.parts[msg.Op] == nil && !o.committed() && !m.rolledBack[msg.Op] {
		m.send(msg.From, typeRollback, msg.Op, "", nil)
	}
}

// count takes a yes into account, and decides when it was the last. After the
// time for votes it is too late, even if the timer has yet to say so.
func (m *Machine) count(t *round, from cluster.NodeID, version uint64) {
	if m.now >= t.due {
		m.votesDue(t.tx)
		return
	}
	if !t.vote.Yes(from) {
		return
	}
	t.highest = max(t.highest, version)
	m.progress(t, "votes", &t.vote, t.timer)
	if t.vote.Result() == quorum.Won {
		m.decide(t)
	}
}

// no ends a round: one vote against it is enough.
func (m *Machine) no(msg cluster.Message) {
	var body noBody
	t := m.rounds[msg.Op]
	if t == nil || t.decided || !decode(msg, &body) || !t.vote.No(msg.From) {
		return
	}
	m.progress(t, "votes", &t.vote, t.timer)
	m.rolledBack[t.tx] = true
	m.giveUp(t, fmt.Errorf("%w: %v: %s", cluster.ErrRefused, msg.From, plain(body.Reason)))
}

// votesDue ends a round in which somebody kept silent.
func (m *Machine) votesDue(tx cluster.OpID) bool {
	delete(m.rolledBack, tx)
	t := m.rounds[tx]
	if t == nil || t.decided {
		return false
	}
	var silent []string
	for _, n := range t.vote.Waiting() {
		silent = append(silent, n.String())
	}
	m.giveUp(t, fmt.Errorf("%w: no vote from %s in time", cluster.ErrUnavailable, strings.Join(silent, ", ")))
	return true
}

// giveUp aborts: nothing of it is on this node's disk, and nothing that this
// node said can make anybody apply it.
func (m *Machine) giveUp(t *round, err error) {
	delete(m.rounds, t.tx)
	m.end(t.part, aborted)
	for _, n := range m.others {
		if !slices.Contains(t.vote.Noes(), n) {
			m.send(n, typeRollback, t.tx, what(t.part.Key, t.part.Val), nil)
		}
	}
	m.refuse(t.request, err)
}

// decide commits: the decision and the value go to disk before anything below
// leaves this node.
func (m *Machine) decide(t *round) {
	t.decided = true
	m.committing++
	t.decision = decision{What: what(t.part.Key, t.part.Val), Version: t.highest + 1}
	m.log(prefixDecision+string(t.tx), t.decision)
	m.apply(t.part, outcome{version: t.Version})
	m.reply(cluster.Reply{Op: t.tx, Key: t.part.Key, Val: t.part.Val, Version: versionText(t.Version)})
	m.collectAcks(t)
}

// collectAcks sends commit to everybody, and waits for them.
func (m *Machine) collectAcks(t *round) {
	t.acks = quorum.NewVote(m.cfg.Nodes, len(m.cfg.Nodes))
	t.acks.Yes(m.cfg.ID)
	t.pause = resendFirst
	m.sendCommits(t)
	m.acknowledged(t)
}

func (m *Machine) sendCommits(t *round) {
	for _, n := range t.acks.Waiting() {
		m.send(n, typeCommit, t.tx, t.What, commitBody{t.Version})
	}
	t.timer = m.set(timerAcks, t.tx, t.pause)
}

// ack counts a participant whose disk has the commit.
func (m *Machine) ack(msg cluster.Message) {
	t := m.rounds[msg.Op]
	if t != nil && t.decided && t.acks.Yes(msg.From) {
		m.acknowledged(t)
	}
}

// acknowledged ends the round when nobody is left who might ask. The record of
// the decision may as well go later: if it comes back it is only sent again.
func (m *Machine) acknowledged(t *round) {
	m.progress(t, "acks", &t.acks, t.timer)
	if t.acks.Result() == quorum.Won {
		delete(m.rounds, t.tx)
		m.committing--
		m.unforced = append(m.unforced, cluster.Record{Key: prefixDecision + string(t.tx)})
	}
}

// acksDue sends commit again to those who have not acknowledged it.
func (m *Machine) acksDue(tx cluster.OpID) bool {
	t := m.rounds[tx]
	if t == nil || !t.decided {
		return false
	}
	t.pause = min(2*t.pause, resendMost)
	m.sendCommits(t)
	m.progress(t, "acks", &t.acks, t.timer)
	return true
}

func (m *Machine) progress(t *round, phase string, v *quorum.Vote, timer string) {
	m.out.Notes = append(m.out.Notes, cluster.Event{
		Kind: cluster.KindProgress, Op: t.tx, Phase: phase, Need: v.Need(),
		Yes: v.Yeses(), No: v.Noes(), Waiting: v.Waiting(), Timer: timer,
	})
}

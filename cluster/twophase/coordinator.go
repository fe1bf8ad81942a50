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

	// While votes come in:
	part    *part
	request cluster.Request
	vote    quorum.Vote
	highest uint64 // the version of the key, from the votes
	due     cluster.Time
	timer   cluster.Timer

	// After the decision to commit (a round that is aborted is forgotten):
	decided bool
	decision
	acks  quorum.Vote
	pause time.Duration // the pause before commit is sent again
}

// decision is the coordinator's log record of a commit that not all nodes have
// acknowledged.
type decision struct {
	What    string `json:"w"` // the key and its value, cut, for labels
	Version uint64 `json:"n"`
}

// write begins a transaction over all nodes, or answers why it cannot begin.
func (m *Machine) write(r cluster.Request) {
	if r.Op == "" {
		m.refuse(r, errNoName)
		return
	}
	if m.repeated(r) {
		return
	}
	lock := m.locks[r.Key]
	switch {
	case m.late(r.Deadline):
		m.refuseForGood(r, fmt.Errorf("%w: the request came too late", cluster.ErrUnavailable))
	case lock == nil:
		m.begin(r)
	case lock.Coordinator == byHand || lock.Coordinator == m.cfg.ID:
		m.refuseForGood(r, fmt.Errorf("%w: %s", cluster.ErrRefused, lockedBy(r.Key, lock.tx)))
	default:
		m.waitForFate(r, lock)
	}
}

// refuseForGood refuses a write that never began here. The client may have sent the write
// to another node before, where it may be under way. So this node records that it will
// not vote for it. Then the answer is true for all tries.
func (m *Machine) refuseForGood(r cluster.Request, err error) {
	m.finish(r.Op, aborted)
	m.refuse(r, err)
}

// begin locks the key here and asks all other nodes for their votes.
func (m *Machine) begin(r cluster.Request) {
	p := &part{tx: r.Op, Key: r.Key, Val: r.Val, Coordinator: m.cfg.ID}
	m.parts[p.tx] = p
	m.lock(p)
	body := prepareBody{Key: p.Key, Val: p.Val}
	held := m.values[p.Key]
	if held.last.Tx != "" {
		body.Last = &held.last
	}
	label, encoded := m.keyAndValue(p.Key, p.Val), cluster.Encode(&body)
	m.out.Messages = slices.Grow(m.out.Messages, len(m.others))
	for _, n := range m.others {
		m.send(n, typePrepare, p.tx, label, encoded).Deadline = r.Deadline
	}
	patience := max(m.patience(r, voteTimeout), cluster.MinTimer)
	t := &round{
		tx: p.tx, part: p, request: r, vote: quorum.NewVote(m.cfg.Nodes, len(m.cfg.Nodes)),
		due: m.now.Add(patience), timer: m.setTimer(timerVotes, p.tx, patience),
	}
	m.rounds[t.tx] = t
	m.countYes(t, m.cfg.ID, held.Version)
}

// repeated answers a write whose operation id this node knows, and reports whether it
// does. An operation has one transaction, so a later try gets the outcome of the first.
func (m *Machine) repeated(r cluster.Request) bool {
	if o, ok := m.finished.get(r.Op); ok {
		m.answerAgain(r, o)
		return true
	}
	p := m.parts[r.Op]
	switch {
	case p == nil:
		return false
	case p.Key != r.Key || p.Val != r.Val:
		m.refuse(r, errAnother(r.Op))
	default:
		m.waitForSame(r, p)
	}
	return true
}

// yes counts a yes vote. If there is no such round, the transaction was aborted, or it
// was committed and the vote came twice: presumed abort (Mohan et al. 1986, section 3).
func (m *Machine) yes(msg cluster.Message) {
	var body yesBody
	if !cluster.Decode(msg.Body, &body) || body.Version >= maxVersion {
		return
	}
	if t := m.rounds[msg.Op]; t != nil {
		if !t.decided && body.Sum == t.part.sum() {
			m.countYes(t, msg.From, body.Version)
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

// countYes counts a yes vote. With the last vote it decides. A vote after the time for
// votes is too late, even if the timer has not fired yet.
func (m *Machine) countYes(t *round, from cluster.NodeID, version uint64) {
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

// no ends a round: one no vote is enough.
func (m *Machine) no(msg cluster.Message) {
	var body refusalBody
	t := m.rounds[msg.Op]
	if t == nil || t.decided || !cluster.Decode(msg.Body, &body) || !t.vote.No(msg.From) {
		return
	}
	m.progress(t, "votes", &t.vote, t.timer)
	m.rolledBack[t.tx] = true
	m.giveUp(t, fmt.Errorf("%w: %v: %s", cluster.ErrRefused, msg.From, plain(body.Reason)))
}

// votesDue ends a round in which a node has not voted in time.
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

// giveUp aborts a round. This node's disk has nothing about it, and no message of this
// node can make a node apply it.
func (m *Machine) giveUp(t *round, err error) {
	delete(m.rounds, t.tx)
	m.abort(t.part)
	noes, label := t.vote.Noes(), m.keyAndValue(t.part.Key, t.part.Val)
	m.out.Messages = slices.Grow(m.out.Messages, len(m.others))
	for _, n := range m.others {
		if !slices.Contains(noes, n) {
			m.send(n, typeRollback, t.tx, label, nil)
		}
	}
	m.refuse(t.request, err)
}

// decide decides to commit. The decision and the value are durable before any later
// effect leaves this node.
func (m *Machine) decide(t *round) {
	t.decided = true
	m.committing++
	t.decision = decision{What: keyAndValue(t.part.Key, t.part.Val), Version: t.highest + 1}
	m.log(prefixDecision+string(t.tx), &t.decision)
	m.apply(t.part, t.Version)
	m.reply(cluster.Reply{Op: t.tx, Key: t.part.Key, Val: t.part.Val, Version: versionText(t.Version)})
	m.collectAcks(t)
}

// collectAcks sends commit to all nodes, and waits for their acknowledgements.
func (m *Machine) collectAcks(t *round) {
	t.acks = quorum.NewVote(m.cfg.Nodes, len(m.cfg.Nodes))
	t.acks.Yes(m.cfg.ID)
	t.pause = resendFirst
	m.sendCommits(t)
	m.settleAcks(t)
}

func (m *Machine) sendCommits(t *round) {
	waiting, encoded := t.acks.Waiting(), cluster.Encode(&commitBody{t.Version})
	m.out.Messages = slices.Grow(m.out.Messages, len(waiting))
	for _, n := range waiting {
		m.send(n, typeCommit, t.tx, t.What, encoded)
	}
	t.timer = m.setTimer(timerAcks, t.tx, t.pause)
}

// ack counts a participant that has the commit on its disk.
func (m *Machine) ack(msg cluster.Message) {
	t := m.rounds[msg.Op]
	if t != nil && t.decided && t.acks.Yes(msg.From) {
		m.settleAcks(t)
	}
}

// settleAcks ends the round when all nodes have acknowledged, so that no node will ask.
// The record of the decision may be removed later: if it is still there after a restart,
// the commit is only sent again.
func (m *Machine) settleAcks(t *round) {
	m.progress(t, "acks", &t.acks, t.timer)
	if t.acks.Result() == quorum.Won {
		delete(m.rounds, t.tx)
		m.committing--
		m.unforced = append(m.unforced, cluster.Record{Key: prefixDecision + string(t.tx)})
	}
}

// acksDue sends commit again to the nodes that have not acknowledged it.
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

func (m *Machine) progress(t *round, phase string, v *quorum.Vote, timer cluster.Timer) {
	if m.unwatched || m.summed {
		return
	}
	m.out.Notes = append(m.out.Notes, &cluster.Progressed{
		Op: t.tx, Phase: phase, Need: v.Need(), Yes: v.Yeses(),
		No: v.Noes(), Waiting: v.Waiting(), Timer: timer.ID(),
	})
}

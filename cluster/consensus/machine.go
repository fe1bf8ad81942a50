//go:build !noraft

package consensus

import (
	"slices"

	"capplayground/cluster"
	"capplayground/cluster/quorum"

	"go.etcd.io/raft/v3"
	pb "go.etcd.io/raft/v3/raftpb"
)

// Machine is one node: its part of the replicated log, and the state that the committed
// entries make, a value for each key.
type Machine struct {
	id    cluster.NodeID
	nodes []cluster.NodeID // all, ascending
	need  int              // how many are a majority
	limit Limits
	// readOption says how the engine confirms a read. With ReadOnlySafe a majority
	// confirms it. The other option trusts the clock of the leader.
	readOption raft.ReadOnlyOption

	engine  *raft.RawNode
	log     *raft.MemoryStorage // the content of the records, in memory; the two are always equal
	state   state               // the result of the applied entries
	unsaved changes             // of the entries that were applied since the state was saved
	saved   savedState
	// logSize is the size of the entries in the log that are in the saved state, in bytes.
	logSize     int
	leftover    span     // entries of an earlier log that are still on the disk
	doneRecords []uint64 // of finished operations: the last index of each, ascending

	transfers []*transfer // of a leader: the snapshots on their way, one for each follower at most
	incoming  *incoming   // the snapshot whose parts this node gets; nil: none

	boot uint64 // how many times this database was started, this time included
	n    uint64 // read requests given to the engine since the start

	open    []*operation             // of the clients that called this node, in the order of their calls
	reads   map[string]*operation    // without an answer, by context id
	toServe []*operation             // confirmed reads whose index is not applied yet
	logged  map[cluster.OpID]*logged // operations in the log whose entries are not applied yet

	given leaderTerm // the leader to which the open operations were given last
	view  view       // the state that the notes have shown last

	// Valid during one Step.
	now  cluster.Time
	wall int64
	op   cluster.OpID // the id of the input; messages that answer the input carry it
	out  *cluster.Output
}

// Limits bound what a node keeps and does at once.
type Limits struct {
	// Entries is the number of applied entries at which the state on the disk is brought
	// forward. Default 1000.
	Entries int
	// Bytes is the size of applied entries at which it is brought forward. Default 8 MiB.
	Bytes int
	// Trailing is how many of the entries in the state on the disk stay in the log as well;
	// or entries of as many bytes as the state has, if that is more. So a follower that is
	// behind rarely needs a snapshot. Default 100.
	Trailing int
	// Part is the size of a part of a snapshot: the last key in it exceeds the limit.
	// Default 64 KiB.
	Part int
}

// DefaultLimits are the limits of a machine that [New] returns.
func DefaultLimits() Limits {
	return Limits{Entries: 1000, Bytes: 8 << 20, Trailing: 100, Part: 64 << 10}
}

// tightLimits are so small that a short run reaches them.
func tightLimits() Limits { return Limits{Entries: 6, Bytes: 1 << 20, Trailing: 2, Part: 60} }

// New returns a machine that has not started yet.
func New(cfg cluster.Config) cluster.Machine {
	if cfg.Tight {
		return NewLimited(cfg, tightLimits())
	}
	return NewLimited(cfg, DefaultLimits())
}

// NewLimited is New with other limits.
func NewLimited(cfg cluster.Config, limit Limits) cluster.Machine {
	return Bugs.Plant(newMachine(cfg, limit), cfg.Bug)
}

func newMachine(cfg cluster.Config, limit Limits) *Machine {
	return &Machine{
		id:     cfg.ID,
		nodes:  slices.Sorted(slices.Values(cfg.Nodes)),
		need:   quorum.Majority(len(cfg.Nodes)),
		limit:  limit,
		state:  newState(),
		reads:  make(map[string]*operation),
		logged: make(map[cluster.OpID]*logged),
	}
}

// Step takes one input, and then does all that the engine asks for. A malformed message,
// and a message from a node that is no member, are ignored.
func (m *Machine) Step(in cluster.Input) cluster.Output {
	var out cluster.Output
	m.now, m.wall, m.op, m.out = in.Now, in.Wall, "", &out
	switch in.Kind {
	case cluster.InputStart:
		m.start(in.Records)
	case cluster.InputRequest:
		m.op = in.Request.Op
		m.request(in.Request)
	case cluster.InputMessage:
		m.op = in.Message.Op
		m.message(in.Message)
	case cluster.InputTimer:
		m.timer(in.Timer)
	case cluster.InputLost:
		m.lost(in.Message)
	}
	if m.engine != nil {
		m.settle()
		m.serveReads()
		m.dropTransfers()
		m.save()
		m.forget()
		m.removeLeftover()
		m.noteChanges()
	}
	m.out = nil
	return out
}

// start recovers the state from the records, counts this start in a record, and starts
// the engine.
func (m *Machine) start(records []cluster.Record) {
	m.recover(records)
	m.boot++
	m.record(recordBoot, number(m.boot))
	m.engine = m.newEngine()
	m.view.waits = m.now
	if len(records) == 0 {
		m.shortenFirstElection()
	}
	m.setTick()
	m.setElection()
	for _, h := range m.state.order {
		m.note(keyNote(h))
	}
}

// settle handles the engine's output and gives the open operations to a new leader, until
// nothing is left to do.
func (m *Machine) settle() {
	m.drainEngine()
	for m.giveAll() {
		m.drainEngine()
	}
}

// drainEngine carries out the engine's output in the order that package raft asks for:
// records, messages, committed entries, read states.
func (m *Machine) drainEngine() {
	for first := true; m.engine.HasReady(); first = false {
		rd := m.engine.Ready()
		m.keep(rd)
		m.send(rd, first)
		if len(rd.CommittedEntries) > 0 {
			m.showProposals() // the majority that committed the entries, before they are applied
		}
		for _, e := range rd.CommittedEntries {
			m.apply(e)
		}
		for _, r := range rd.ReadStates {
			m.confirmed(r)
		}
		m.engine.Advance(rd)
	}
}

// DrawsRandom marks a machine whose engine draws its election times from
// crypto/rand.Reader. Package dice replaces that source by one that can be repeated.
func (m *Machine) DrawsRandom() {}

// timer handles a timer that fired.
func (m *Machine) timer(t cluster.Timer) {
	switch {
	case t.Name == timerTick && t.Quiet:
		m.engine.Tick()
		m.giveAgain()
		m.sendPartsAgain()
		m.setTick()
	case t.Name == timerElection && t.Op == "":
		m.out.Stale = !m.campaign(t)
		m.setElection()
	default:
		m.out.Stale = !m.expire(t)
	}
}

// leads says whether this node is the leader of its term.
func (m *Machine) leads() bool { return m.engine.BasicStatus().RaftState == raft.StateLeader }

// leader returns the leader that this node knows, or 0.
func (m *Machine) leader() cluster.NodeID {
	return cluster.NodeID(m.engine.BasicStatus().Lead)
}

// confState returns the membership: all nodes vote, and this never changes.
func (m *Machine) confState() *pb.ConfState {
	cs := &pb.ConfState{}
	for _, n := range m.nodes {
		cs.Voters = append(cs.Voters, uint64(n))
	}
	return cs
}

// Snapshot returns the present state of the node.
func (m *Machine) Snapshot() cluster.Snapshot {
	s := cluster.Snapshot{Keys: make([]cluster.KeyState, 0, len(m.state.keys))}
	if m.engine != nil {
		l := m.shownLog()
		l.Cells = slices.Clone(l.Cells)
		s.Log = &l
		st := m.engine.BasicStatus()
		s.Role, s.Term = roleOf(st.RaftState), st.GetTerm()
	}
	for _, key := range m.state.sortedKeys() {
		h := m.state.keys[key]
		s.Keys = append(s.Keys, cluster.KeyState{Key: key, Val: h.val, Version: versionOf(h.index)})
	}
	return s
}

// Status is what the checks of a simulation read from a node.
type Status struct {
	Term     uint64
	Leads    bool
	Applied  uint64 // index of the last applied entry
	Snapshot uint64 // the log may lack entries up to this index
}

// Status returns the status of the node.
func (m *Machine) Status() Status {
	st := m.engine.BasicStatus()
	return Status{Term: st.GetTerm(), Leads: m.leads(), Applied: m.state.applied, Snapshot: m.firstIndex() - 1}
}

// HandlesLoss marks a machine that gets an input for each lost message.
func (m *Machine) HandlesLoss() {}

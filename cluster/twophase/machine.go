package twophase

import (
	"cmp"
	"maps"
	"slices"
	"strconv"
	"time"

	"capplayground/cluster"
)

// The waiting times of this protocol, in virtual time.
const (
	voteTimeout = time.Second             // for the votes
	askAfter    = 1500 * time.Millisecond // for the outcome; then the coordinator is asked
	askAgain    = 500 * time.Millisecond  // for an answer; then all nodes are asked
	askInDoubt  = 2 * time.Second         // between questions, while no node knows the outcome
	resendFirst = time.Second             // for acknowledgements; then commit is sent again
	resendMost  = 4 * time.Second         // the longest pause; it doubles each time
	// margin is the time between the answer to a request and the moment when its caller
	// gives up.
	margin = 100 * time.Millisecond
)

// The timers.
const (
	timerVotes = "votes" // coordinator: a node has not voted
	timerAcks  = "acks"  // coordinator: a node has not acknowledged the commit
	timerAsk   = "ask"   // participant: the outcome is not known yet
	timerRead  = "read"  // a read still waits for a lock

	timerCoordinator = "coordinator" // a write still waits for a coordinator's answer
	timerRepeat      = "repeat"      // a write still waits for the same operation to end
)

// Machine is one node's side of two-phase commit: the coordinator of its clients' writes,
// and a participant of all transactions.
type Machine struct {
	cfg    cluster.Config
	others []cluster.NodeID

	values   map[string]value
	parts    map[cluster.OpID]*part       // transactions that have not ended, and for which this node voted or which it began
	locks    map[string]*part             // by key: the transactions in parts, and those proposed by hand
	rounds   map[cluster.OpID]*round      // that this node coordinates: they wait for votes or for acknowledgements
	finished finished                     // how all other transactions ended
	reads    map[string][]cluster.Request // reads that wait for a lock, by key
	blocked  []blocked                    // writes that wait for the end of a transaction, the oldest first
	repeats  map[cluster.OpID][]cluster.Request

	// Transactions that were proposed by hand at this node, by the names that the user
	// chose.
	proposed    map[cluster.OpID]*part
	endedByHand map[cluster.OpID]outcome

	// rolledBack holds the rounds that were aborted before the time for votes was over. A
	// node that votes meanwhile will get the rollback, which is under way.
	rolledBack map[cluster.OpID]bool

	// unforced holds records that need not be durable at once. They are written together
	// with the next records that must be durable. If they are lost, some messages are
	// sent again.
	unforced   []cluster.Record
	inDoubt    int  // how many of parts are in doubt
	committing int  // how many of rounds are decided
	noted      role // the state in the last role note

	// Valid during one Step.
	now               cluster.Time
	out               cluster.Output
	unwatched, summed bool // see cluster.Input
}

// value is the value of a key at a node.
type value struct {
	Val     string `json:"v"`
	Version uint64 `json:"n"` // 0: none
	ByHand  bool   `json:"h,omitempty"`

	last lastBody // the transaction on the key that ended last, since this start
}

// New returns a machine that has not started.
func New(cfg cluster.Config) cluster.Machine { return Bugs.Plant(newMachine(cfg), cfg.Bug) }

func newMachine(cfg cluster.Config) *Machine {
	m := &Machine{
		cfg:    cfg,
		values: map[string]value{},
		parts:  map[cluster.OpID]*part{},
		locks:  map[string]*part{},
		rounds: map[cluster.OpID]*round{},
		reads:  map[string][]cluster.Request{},

		repeats:     map[cluster.OpID][]cluster.Request{},
		proposed:    map[cluster.OpID]*part{},
		endedByHand: map[cluster.OpID]outcome{},

		rolledBack: map[cluster.OpID]bool{},
	}
	for _, n := range cfg.Nodes {
		if n != cfg.ID {
			m.others = append(m.others, n)
		}
	}
	return m
}

// Step takes one input and returns its Output.
func (m *Machine) Step(in cluster.Input) cluster.Output {
	m.now, m.out = in.Now, cluster.Output{}
	m.unwatched, m.summed = in.Unwatched, in.Summed
	switch in.Kind {
	case cluster.InputStart:
		m.recover(in.Records)
	case cluster.InputRequest:
		m.request(in.Request)
	case cluster.InputMessage:
		m.message(in.Message)
	case cluster.InputTimer:
		m.out.Stale = !m.timer(in.Timer)
	}
	m.noteRole()
	if len(m.out.Records) > 0 {
		m.out.Records = append(m.unforced, m.out.Records...)
		m.unforced = nil
	}
	out := m.out
	m.out = cluster.Output{}
	return out
}

func (m *Machine) request(r cluster.Request) {
	switch r.Kind {
	case cluster.OpWrite:
		m.write(r)
	case cluster.OpRead:
		m.read(r)
	case cluster.OpPropose:
		m.propose(r)
	case cluster.OpCommit:
		m.endByHand(r, true)
	case cluster.OpRollback:
		m.endByHand(r, false)
	default:
		m.refuse(r, cluster.ErrWrongMode)
	}
}

func (m *Machine) message(msg cluster.Message) {
	if msg.Op == "" || !slices.Contains(m.others, msg.From) {
		return
	}
	switch msg.Type {
	case typePrepare:
		m.prepare(msg)
	case typeYes:
		m.yes(msg)
	case typeNo:
		m.no(msg)
	case typeCommit:
		m.commit(msg)
	case typeRollback:
		m.rollback(msg)
	case typeAck:
		m.ack(msg)
	case typeAsk:
		m.asked(msg)
	case typeUndecided:
		m.undecided(msg)
	}
}

// timer handles a timer, and reports whether the timer still had an effect.
func (m *Machine) timer(t cluster.Timer) bool {
	switch t.Name {
	case timerVotes:
		return m.votesDue(t.Op)
	case timerAcks:
		return m.acksDue(t.Op)
	case timerAsk:
		return m.askDue(t.Op)
	case timerRead:
		return m.readDue(t.Op)
	case timerCoordinator:
		return m.coordinatorDue(t.Op)
	case timerRepeat:
		return m.repeatDue(t.Op)
	}
	return false
}

// Snapshot returns the present state: values, locks and undecided transactions.
func (m *Machine) Snapshot() cluster.Snapshot {
	role := m.role()
	s := cluster.Snapshot{Role: role.name, Badges: role.badges(), Keys: []cluster.KeyState{}}
	for _, k := range m.keys() {
		e := m.keyEvent(k)
		s.Keys = append(s.Keys, cluster.KeyState{Key: k, Val: m.values[k].Val, Version: e.Version, LockedBy: e.LockedBy, ByHand: e.ByHand})
	}
	for _, p := range m.undecidedParts() {
		s.Undecided = append(s.Undecided, cluster.Undecided{Tx: p.tx, Key: p.Key, Val: p.Val, Coordinator: p.Coordinator, InDoubt: p.inDoubt})
	}
	return s
}

// undecidedParts returns the transactions that have not ended, ascending by name. If a
// transaction by hand has the same name as one of a coordinator, it comes second.
func (m *Machine) undecidedParts() []*part {
	all := slices.Concat(slices.Collect(maps.Values(m.parts)), slices.Collect(maps.Values(m.proposed)))
	slices.SortFunc(all, func(a, b *part) int {
		return cmp.Or(cmp.Compare(a.tx, b.tx), cmp.Compare(b.Coordinator, a.Coordinator))
	})
	return all
}

// keys returns the keys that have a value or a lock, ascending.
func (m *Machine) keys() []string {
	var keys []string
	for k, v := range m.values {
		if v.Version > 0 || m.locks[k] != nil {
			keys = append(keys, k)
		}
	}
	for k := range m.locks {
		if _, both := m.values[k]; !both {
			keys = append(keys, k)
		}
	}
	slices.Sort(keys)
	return keys
}

// The roles that the page shows.
const (
	roleCoordinator = "coordinator" // of a transaction that has not ended
	roleParticipant = "participant" // a key is locked for a transaction
)

// role is the present role of the node, and the numbers beside it.
type role struct {
	name                           string
	undecided, inDoubt, committing int
}

func (m *Machine) role() role {
	r := role{undecided: len(m.parts) + len(m.proposed), inDoubt: m.inDoubt, committing: m.committing}
	switch {
	case len(m.rounds) > 0:
		r.name = roleCoordinator
	case r.undecided > 0:
		r.name = roleParticipant
	}
	return r
}

func (r role) badges() map[string]int {
	badges := map[string]int{}
	for name, n := range map[string]int{"undecided": r.undecided, "in doubt": r.inDoubt, "committing": r.committing} {
		if n > 0 {
			badges[name] = n
		}
	}
	return badges
}

func (m *Machine) noteRole() {
	if r := m.role(); r != m.noted && !m.unwatched {
		m.noted = r
		m.out.Notes = append(m.out.Notes, &cluster.RoleChanged{Role: r.name, Badges: r.badges()})
	}
}

func (m *Machine) keyEvent(key string) *cluster.KeyChanged {
	v := m.values[key]
	e := &cluster.KeyChanged{Key: key, Value: cluster.ValueOf(v.Val), Version: versionText(v.Version), ByHand: v.ByHand}
	if p := m.locks[key]; p != nil {
		e.LockedBy = p.tx
	}
	return e
}

func (m *Machine) noteKey(key string) {
	if !m.unwatched {
		m.out.Notes = append(m.out.Notes, m.keyEvent(key))
	}
}

// versionText returns a version in the form of answers and pages.
func versionText(v uint64) string {
	if v == 0 {
		return ""
	}
	return strconv.FormatUint(v, 10)
}

func (m *Machine) reply(r cluster.Reply) { m.out.Replies = append(m.out.Replies, r) }

func (m *Machine) refuse(r cluster.Request, err error) {
	m.reply(cluster.Reply{Op: r.Op, Key: r.Key, Err: err})
}

func (m *Machine) setTimer(name string, op cluster.OpID, after time.Duration) cluster.Timer {
	t := cluster.Timer{Name: name, Op: op, Due: m.now.Add(max(after, cluster.MinTimer))}
	m.out.Timers = append(m.out.Timers, t)
	return t
}

// patience returns how long a request may wait: at most limit, and a little less than its
// caller waits.
func (m *Machine) patience(r cluster.Request, limit time.Duration) time.Duration {
	if r.Deadline == 0 {
		return limit
	}
	return min(limit, r.Deadline.Sub(m.now)-margin)
}

// late reports whether the caller has given up.
func (m *Machine) late(deadline cluster.Time) bool { return deadline != 0 && m.now >= deadline }

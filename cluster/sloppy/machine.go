package sloppy

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"time"

	"capplayground/cluster"
	"capplayground/cluster/idempotency"
	"capplayground/cluster/quorum"
)

// Waiting times, in virtual time.
const (
	answerWait     = 300 * time.Millisecond // for "taken", "stored", "value"
	suspectFor     = 5 * time.Second        // after this time a silent node is asked again
	minForwardTime = 900 * time.Millisecond // with less time left, the called node coordinates itself
	handoverWait   = time.Second            // between two tries
	syncPause      = 10 * time.Second       // between the turns of two peers
	silentPause    = time.Second            // between two digests to a silent peer
	startedFor     = 2 * time.Second        // how long the digests of a node say that it has started
)

// The names of the timers.
const (
	timerTaken    = "taken"
	timerDeadline = "deadline"
	timerStored   = "stored"
	timerValues   = "values"
	timerHandover = "handover"
	timerSync     = "anti-entropy"
)

// Machine is one node's side of the protocol.
type Machine struct {
	id    cluster.NodeID
	nodes []cluster.NodeID
	sizes cluster.Quorum

	actor Actor             // is in all dots that this start gives out
	seqs  map[string]uint64 // Seq of the last dot that was given out, per key

	keys      map[string]holding
	hints     map[cluster.NodeID]*hints
	suspected map[cluster.NodeID]suspicion
	index     index // of keys

	started  cluster.Time // when the node started
	arrivals arrivals     // of versions since the start

	calls map[cluster.OpID]*call // operations of this node's own clients
	taken idempotency.Table      // writes that this node has coordinated, with their versions
	works map[cluster.OpID]*work // operations that this node coordinates
	ended []*work                // the works, oldest first; forgotten after their deadline

	handoverDue cluster.Time // due time of the timer; 0: no timer is set
	sync        exchanges

	// These fields are valid during one Step.
	now               cluster.Time
	wall              int64
	out               cluster.Output
	unwatched, summed bool // see cluster.Input
}

// New returns the machine of a node that has not started yet.
func New(cfg cluster.Config) cluster.Machine { return Bugs.Plant(newMachine(cfg), cfg.Bug) }

func newMachine(cfg cluster.Config) *Machine {
	m := &Machine{
		id: cfg.ID, nodes: slices.Clone(cfg.Nodes), sizes: cluster.DefaultQuorum(),
		actor:     Actor{Node: cfg.ID, Database: databaseName(cfg.Database)},
		seqs:      map[string]uint64{},
		keys:      map[string]holding{},
		hints:     map[cluster.NodeID]*hints{},
		suspected: map[cluster.NodeID]suspicion{},
		calls:     map[cluster.OpID]*call{},
		works:     map[cluster.OpID]*work{},
		index:     index{others: map[int][]string{}},
	}
	m.sync.waiting = map[cluster.NodeID]bool{}
	m.sizes.N = min(m.sizes.N, len(m.nodes))
	m.sizes.R, m.sizes.W = min(m.sizes.R, m.sizes.N), min(m.sizes.W, m.sizes.N)
	m.resize(cfg.Quorum)
	return m
}

// Step takes one input and returns the effects that the caller must carry out.
func (m *Machine) Step(in cluster.Input) cluster.Output {
	m.now, m.wall, m.out = max(m.now, in.Now), in.Wall, cluster.Output{}
	m.unwatched, m.summed = in.Unwatched, in.Summed
	m.forget()
	m.arrivals.forget(m.now.Add(-cluster.OpTimeout))
	switch in.Kind {
	case cluster.InputStart:
		m.start(in.Records)
	case cluster.InputRequest:
		m.request(in.Request)
	case cluster.InputMessage:
		m.message(in.Message)
	case cluster.InputTimer:
		m.out.Stale = !m.timer(in.Timer)
	case cluster.InputQuorum:
		m.resize(in.Quorum)
	}
	return m.out
}

// resize sets the sizes for operations that start later. It ignores impossible sizes.
func (m *Machine) resize(q cluster.Quorum) {
	if m.isPossible(q) {
		m.sizes = q
		m.reindex()
	}
}

func (m *Machine) isPossible(q cluster.Quorum) bool {
	return 1 <= q.N && q.N <= len(m.nodes) && 1 <= q.R && q.R <= q.N && 1 <= q.W && q.W <= q.N
}

func (m *Machine) request(r cluster.Request) {
	switch r.Kind {
	case cluster.OpRead, cluster.OpWrite:
		m.call(r)
	case cluster.OpPlant:
		m.plant(r)
	case cluster.OpHolds:
		m.answerHolds(r)
	default:
		m.out.Replies = append(m.out.Replies, cluster.Reply{Op: r.Op, Key: r.Key, Err: fmt.Errorf("%w: %s", cluster.ErrWrongMode, r.Kind)})
	}
}

// handlers decode the body of a message and act on it. A message whose body cannot be
// decoded is ignored.
var handlers = map[string]func(*Machine, cluster.Message){
	typeForward:  coded((*Machine).onForward),
	typeTaken:    func(m *Machine, msg cluster.Message) { m.onTaken(msg) },
	typeResult:   coded((*Machine).onResult),
	typeStore:    coded((*Machine).onStore),
	typeStored:   func(m *Machine, msg cluster.Message) { m.onStored(msg) },
	typeRead:     coded((*Machine).onRead),
	typeValue:    func(m *Machine, msg cluster.Message) { m.onValue(msg) },
	typeRepair:   coded((*Machine).onRepair),
	typeHandover: coded((*Machine).onHandover),
	typeHanded:   decoded((*Machine).onHanded),
	typeDigest:   decoded((*Machine).onDigest),
	typeSame:     decoded((*Machine).onSame),
	typeHashes:   decoded((*Machine).onHashes),
	typeSync:     decoded((*Machine).onSync),
}

// coded is for a body in the compact form.
func coded[T any, P interface {
	*T
	cluster.Coded
}](f func(*Machine, cluster.Message, T)) func(*Machine, cluster.Message) {
	return func(m *Machine, msg cluster.Message) {
		var b T
		if cluster.Decode(msg.Body, P(&b)) {
			f(m, msg, b)
		}
	}
}

// decoded is for a body in JSON.
func decoded[T any](f func(*Machine, cluster.Message, T)) func(*Machine, cluster.Message) {
	return func(m *Machine, msg cluster.Message) {
		var b T
		if cluster.ReadJSON(msg.Body, &b) {
			f(m, msg, b)
		}
	}
}

func (m *Machine) message(msg cluster.Message) {
	if msg.From == m.id || !slices.Contains(m.nodes, msg.From) {
		return
	}
	handle, ok := handlers[msg.Type]
	if !ok {
		return
	}
	m.recordSign(msg.From)
	handle(m, msg)
}

// timer handles a timer, and reports whether the timer still had an effect.
func (m *Machine) timer(t cluster.Timer) bool {
	switch t.Name {
	case timerTaken:
		return m.takenTimer(t)
	case timerDeadline:
		return m.deadlineTimer(t)
	case timerStored:
		return m.storedTimer(t)
	case timerValues:
		return m.valuesTimer(t)
	case timerHandover:
		return m.handoverTimer(t)
	case timerSync:
		return m.syncTimer(t)
	}
	return false
}

// suspicion is about a node that did not answer. It ends with the next message from it.
type suspicion struct {
	since cluster.Time
	until cluster.Time // until then other nodes are asked instead
}

// suspect suspects a node for suspectFor.
func (m *Machine) suspect(n cluster.NodeID) {
	s, was := m.suspected[n]
	if !was {
		s.since = m.now
	}
	s.until = m.now.Add(suspectFor)
	m.suspected[n] = s
}

func (m *Machine) suspects(n cluster.NodeID) bool { return m.now < m.suspected[n].until }

// silent reports whether a node did not answer and has sent nothing since. Unlike a
// suspicion, this has no time limit.
func (m *Machine) silent(n cluster.NodeID) bool {
	_, suspected := m.suspected[n]
	return suspected
}

// recordSign records that a message came from a node. It ends the suspicion, and begins
// to hand over the hints for the node. If the node was silent for silentPause or longer,
// the two nodes compare their keys at once.
func (m *Machine) recordSign(n cluster.NodeID) {
	delete(m.sync.waiting, n)
	s, silent := m.suspected[n]
	if !silent {
		return
	}
	delete(m.suspected, n)
	m.handOver(n)
	if m.now.Sub(s.since) >= silentPause {
		m.openExchange(n)
		m.beginQuickRound()
	}
}

// walk returns the preference list of a key.
func (m *Machine) walk(key string) []cluster.NodeID { return quorum.Walk(key, m.nodes) }

// homes returns the first N nodes of the walk, for the present N.
func (m *Machine) homes(key string) []cluster.NodeID { return m.walk(key)[:m.sizes.N] }

func (m *Machine) isHome(n cluster.NodeID, key string) bool {
	return slices.Contains(m.homes(key), n)
}

func (m *Machine) send(msg cluster.Message) {
	msg.From = m.id
	m.out.Messages = append(m.out.Messages, msg)
}

// sendAhead is send for a message that need not wait for the records of this Step.
func (m *Machine) sendAhead(msg cluster.Message) {
	msg.From = m.id
	m.out.Ahead = append(m.out.Ahead, msg)
}

func (m *Machine) setTimer(name string, op cluster.OpID, after time.Duration) cluster.Time {
	due := m.now.Add(max(after, cluster.MinTimer))
	m.out.Timers = append(m.out.Timers, cluster.Timer{Name: name, Op: op, Due: due})
	return due
}

func timerID(name string, op cluster.OpID) string { return cluster.Timer{Name: name, Op: op}.ID() }

// Snapshot returns the present state of the node.
func (m *Machine) Snapshot() cluster.Snapshot {
	q := m.sizes
	s := cluster.Snapshot{Role: role, Keys: []cluster.KeyState{}, Badges: m.badges(), Quorum: &q}
	for _, key := range slices.Sorted(maps.Keys(m.keys)) {
		h := m.keys[key]
		first := h.first()
		s.Keys = append(s.Keys, cluster.KeyState{
			Key: key, Val: first.Val, Version: h.set.version(), Siblings: h.set.siblings(),
			Homes: m.homes(key), ByHand: h.planted != nil,
		})
	}
	for _, home := range m.hinted() {
		for key, set := range m.hints[home].sets {
			s.Hints = append(s.Hints, cluster.Hint{Key: key, For: home, Val: holding{set: set}.first().Val, Version: set.version()})
		}
	}
	slices.SortFunc(s.Hints, func(a, b cluster.Hint) int { return cmp.Or(cmp.Compare(a.Key, b.Key), cmp.Compare(a.For, b.For)) })
	return s
}

package majority

import (
	"slices"
	"strconv"
	"strings"

	"capplayground/cluster"
	"capplayground/cluster/idempotency"
	"capplayground/cluster/quorum"
)

// The roles that a node shows.
const (
	roleReplica     = "replica"
	roleCoordinator = "coordinator" // while an operation that this node coordinates is open
)

// Machine is one node's side of the protocol: a replica of every key, and the
// coordinator of the operations whose clients called it.
type Machine struct {
	id    cluster.NodeID
	nodes []cluster.NodeID // all nodes, ascending
	need  int              // the size of a majority

	keys  map[string]tagged // what the replica holds: durable before a message about it leaves
	taken idempotency.Table // the writes that this replica has taken, by operation id
	ops   map[cluster.OpID]*operation
	boot  uint64 // how often this database was started, this time included
	n     uint64 // query phases begun in this boot

	// Valid during one Step, see cluster.Input.
	unwatched, summed bool
}

// New returns a machine that has not started.
func New(cfg cluster.Config) cluster.Machine { return Bugs.Plant(newMachine(cfg), cfg.Bug) }

func newMachine(cfg cluster.Config) *Machine {
	return &Machine{
		id:    cfg.ID,
		nodes: slices.Sorted(slices.Values(cfg.Nodes)),
		need:  quorum.Majority(len(cfg.Nodes)),
		keys:  make(map[string]tagged),
		ops:   make(map[cluster.OpID]*operation),
	}
}

// Step takes one input and returns its Output. It ignores a malformed message, and a
// message from a node that is not in the cluster.
func (m *Machine) Step(in cluster.Input) cluster.Output {
	var out cluster.Output
	m.unwatched, m.summed = in.Unwatched, in.Summed
	switch in.Kind {
	case cluster.InputStart:
		m.start(in.Records, &out)
	case cluster.InputRequest:
		m.request(in.Now, in.Request, &out)
	case cluster.InputMessage:
		m.message(in.Now, in.Message, &out)
	case cluster.InputTimer:
		out.Stale = !m.expire(in.Timer, &out)
	}
	return out
}

// start restores the state from the disk, and counts this boot there.
func (m *Machine) start(records []cluster.Record, out *cluster.Output) {
	for _, r := range records {
		if m.taken.Recover(r) {
			continue
		}
		if r.Key == recordBoot {
			if boot, err := strconv.ParseUint(string(r.Val), 10, 64); err == nil {
				m.boot = boot
			}
			continue
		}
		key, found := strings.CutPrefix(r.Key, recordKey)
		if !found {
			continue
		}
		var held tagged
		if !cluster.Decode(r.Val, &held) || !held.Tag.valid() {
			continue
		}
		m.keys[key] = held
	}
	m.boot++
	out.Records = append(out.Records, cluster.Record{Key: recordBoot, Val: strconv.AppendUint(nil, m.boot, 10)})
	out.Notes = append(out.Notes, &cluster.RoleChanged{Role: roleReplica})
	for _, key := range m.sortedKeys() {
		out.Notes = append(out.Notes, keyNote(key, m.keys[key]))
	}
}

// message passes a message to the method for its type.
func (m *Machine) message(now cluster.Time, msg cluster.Message, out *cluster.Output) {
	if msg.From == m.id || !slices.Contains(m.nodes, msg.From) {
		return
	}
	switch msg.Type {
	case typeQuery:
		m.onQuery(msg, out)
	case typeStore, typeWriteBack:
		m.onStore(msg, out)
	case typeAnswer:
		m.onAnswer(now, msg, out)
	case typeStored:
		m.onStored(msg, out)
	}
}

// Snapshot returns the values that this replica holds.
func (m *Machine) Snapshot() cluster.Snapshot {
	s := cluster.Snapshot{Role: m.role(), Keys: make([]cluster.KeyState, 0, len(m.keys))}
	for _, key := range m.sortedKeys() {
		held := m.keys[key]
		s.Keys = append(s.Keys, cluster.KeyState{Key: key, Val: held.Val, Version: held.Tag.String()})
	}
	return s
}

func (m *Machine) role() string {
	if len(m.ops) > 0 {
		return roleCoordinator
	}
	return roleReplica
}

func (m *Machine) sortedKeys() []string {
	keys := make([]string, 0, len(m.keys))
	for key := range m.keys {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	return keys
}

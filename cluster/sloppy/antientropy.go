package sloppy

import (
	"fmt"
	"slices"
	"strconv"

	"capplayground/cluster"
)

// The limits of one anti-entropy message.
const (
	hashesMax = 1000      // keys with their hashes; the last part may exceed it
	setsMax   = 32        // sets
	bytesMax  = 256 << 10 // bytes of values; the last set may exceed it
)

// exchanges plans anti-entropy: it holds the peer of the next exchange, and its time.
//
// Normally the peers have their turns one after the other, every syncPause. A
// quick round has almost no pause between two turns. It begins after this node
// started, after a digest says that its sender has started, and when a message
// arrives from a peer that was silent. In these cases any two nodes may differ,
// since a coordinator may have stopped between two stores. A peer is silent when
// it did not answer an operation or a digest. Silent peers get a digest every
// second, so that the exchange begins as soon as they are back.
type exchanges struct {
	due     cluster.Time            // due time of the timer; 0: no timer is set
	turnDue cluster.Time            // when the next peer has its turn
	turn    int                     // number of turns so far; it selects the peer
	quick   int                     // turns that are left of the quick round
	waiting map[cluster.NodeID]bool // peers that got a digest, and sent nothing since
}

// beginQuickRound gives each peer a turn soon.
func (m *Machine) beginQuickRound() {
	m.sync.quick = len(m.nodes) - 1
	m.sync.turnDue = m.now.Add(cluster.MinTimer)
	m.armSync()
}

// armSync sets the timer of the next exchange.
func (m *Machine) armSync() {
	if len(m.nodes) < 2 {
		return
	}
	due := m.sync.turnDue
	if len(m.suspected)+len(m.sync.waiting) > 0 {
		due = min(due, m.now.Add(silentPause))
	}
	m.sync.due = m.setTimer(timerSync, "", due.Sub(m.now))
}

// syncTimer opens an exchange with the next peer, if its turn is due, and with all
// silent peers.
func (m *Machine) syncTimer(t cluster.Timer) bool {
	if t.Due != m.sync.due {
		return false
	}
	for _, peer := range m.nodes {
		if m.sync.waiting[peer] {
			m.suspect(peer)
		}
	}
	if m.now >= m.sync.turnDue {
		m.sync.turn++
		m.sync.quick = max(0, m.sync.quick-1)
		m.sync.turnDue = m.now.Add(syncPause)
		if m.sync.quick > 0 {
			m.sync.turnDue = m.now.Add(cluster.MinTimer)
		}
		if peer := m.peerInTurn(); !m.silent(peer) {
			m.openExchange(peer)
		}
	}
	for _, peer := range m.nodes {
		if m.silent(peer) {
			m.openExchange(peer)
		}
	}
	m.armSync()
	return true
}

// peerInTurn is the peer whose turn it is.
func (m *Machine) peerInTurn() cluster.NodeID {
	here := slices.Index(m.nodes, m.id)
	return m.nodes[(here+1+m.sync.turn%(len(m.nodes)-1))%len(m.nodes)]
}

// openExchange sends a peer the digest of the first parts.
func (m *Machine) openExchange(peer cluster.NodeID) {
	m.sync.waiting[peer] = true
	m.sendDigest(peer, 0)
}

// sendDigest sends a peer the digest of the parts from that number on. It leaves off
// before a part in which the other keys become too many. So no step of a node takes
// long, however many keys there are.
func (m *Machine) sendDigest(peer cluster.NodeID, from int) {
	d := digest{From: from, Before: from, Sums: map[int]uint64{}, Others: map[string]string{}, Started: m.now < m.started.Add(startedFor)}
	for ; d.Before < parts && len(d.Others) < hashesMax; d.Before++ {
		if sum := m.index.sums[peer][d.Before]; sum != 0 {
			d.Sums[d.Before] = sum
		}
		for _, key := range m.index.others[d.Before] {
			if h := m.keys[key]; !h.set.empty() && m.isHome(peer, key) {
				d.Others[key] = h.sum
			}
		}
	}
	m.send(cluster.Message{To: peer, Type: typeDigest, Class: cluster.ClassBackground, Label: d.label(), Body: cluster.MustJSON(d)})
}

// label is a short hash of the sums. Equal digests have equal labels.
func (d digest) label() string {
	var all uint64
	for _, sum := range d.Sums {
		all ^= sum
	}
	return cluster.Cut(strconv.FormatUint(all, 36), 4)
}

// onDigest exchanges the other keys, and sends the hashes of the keys in the parts that
// differ.
func (m *Machine) onDigest(msg cluster.Message, d digest) {
	if d.From < 0 || d.Before > parts {
		return
	}
	if d.Started && m.sync.quick == 0 {
		m.beginQuickRound()
	}
	var given, wanted []string
	for key, hash := range d.Others {
		if here := m.keys[key]; m.isHome(m.id, key) && here.sum != hash {
			wanted = append(wanted, key)
			if !here.set.empty() {
				given = append(given, key)
			}
		}
	}
	m.sendSync(msg.From, given, wanted)
	var theirs [parts]uint64
	for part, sum := range d.Sums {
		if part >= 0 && part < parts {
			theirs[part] = sum
		}
	}
	h := hashes{Keys: map[string]string{}, Next: d.From}
	for ; h.Next < d.Before && len(h.Keys) < hashesMax; h.Next++ {
		if m.index.sums[msg.From][h.Next] == theirs[h.Next] {
			continue
		}
		h.Parts = append(h.Parts, h.Next)
		for _, key := range m.shared(h.Next, msg.From) {
			h.Keys[key] = m.keys[key].sum
		}
	}
	if len(h.Parts) == 0 {
		m.send(cluster.Message{To: msg.From, Type: typeSame, Class: cluster.ClassBackground, Label: d.label(), Body: cluster.MustJSON(same{h.Next})})
		return
	}
	m.send(cluster.Message{To: msg.From, Type: typeHashes, Class: cluster.ClassBackground, Label: fmt.Sprintf("%d keys", len(h.Keys)), Body: cluster.MustJSON(h)})
}

func (m *Machine) onSame(msg cluster.Message, s same) { m.continueExchange(msg.From, s.Next) }

// continueExchange sends a peer the digest of the parts that are left.
func (m *Machine) continueExchange(peer cluster.NodeID, next int) {
	if next > 0 && next < parts {
		m.sendDigest(peer, next)
	}
}

// onHashes sends this node's sets that differ, and asks for those of the peer. Then it
// continues the exchange.
func (m *Machine) onHashes(msg cluster.Message, h hashes) {
	var given, wanted []string
	for _, part := range h.Parts {
		if part < 0 || part >= parts {
			continue
		}
		for _, key := range m.shared(part, msg.From) {
			if h.Keys[key] != m.keys[key].sum {
				given = append(given, key)
			}
		}
	}
	for key, hash := range h.Keys {
		if hash != m.keys[key].sum {
			wanted = append(wanted, key)
		}
	}
	m.sendSync(msg.From, given, wanted)
	m.continueExchange(msg.From, h.Next)
}

// onSync merges the received sets, and sends the sets that the peer asks for.
func (m *Machine) onSync(msg cluster.Message, s syncing) {
	for _, k := range s.Sets {
		m.keep(k.Key, k.Set)
	}
	var given []string
	for _, key := range s.Want {
		if !m.keys[key].set.empty() {
			given = append(given, key)
		}
	}
	m.sendSync(msg.From, given, nil)
}

// sendSync sends sets, and asks for others, in as many messages as needed. It sorts the
// keys.
func (m *Machine) sendSync(to cluster.NodeID, given, wanted []string) {
	slices.Sort(given)
	slices.Sort(wanted)
	for len(given)+len(wanted) > 0 {
		var s syncing
		size := 0
		for len(given) > 0 && len(s.Sets) < setsMax && size < bytesMax {
			set := m.keys[given[0]].set
			s.Sets = append(s.Sets, keyed{given[0], set})
			for _, w := range set.Live {
				size += len(w.Val)
			}
			given = given[1:]
		}
		n := min(hashesMax, len(wanted))
		s.Want, wanted = wanted[:n], wanted[n:]
		m.send(cluster.Message{To: to, Type: typeSync, Class: cluster.ClassRepair, Label: m.syncLabel(s), Body: cluster.MustJSON(s)})
	}
}

func (m *Machine) syncLabel(s syncing) string {
	if len(s.Sets) == 1 {
		return m.labelSet("", s.Sets[0].Key, value{Set: s.Sets[0].Set})
	}
	if len(s.Sets) == 0 && len(s.Want) == 1 {
		return m.label("", s.Want[0], "") + "?"
	}
	return fmt.Sprintf("%d keys", max(len(s.Sets), len(s.Want)))
}

package sloppy

import (
	"fmt"
	"hash/fnv"
	"slices"
	"strconv"

	"capplayground/cluster"
)

// The limits of one anti-entropy message.
const (
	hashesMax = 1000      // keys with their hashes
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

func (m *Machine) openExchange(peer cluster.NodeID) {
	m.sync.waiting[peer] = true
	d := m.digest(peer)
	d.Started = m.now < m.started.Add(startedFor)
	m.send(cluster.Message{To: peer, Type: typeDigest, Class: cluster.ClassBackground, Label: cluster.Cut(d.Root, 4), Body: cluster.MustJSON(d)})
}

// digest returns the digest that opens an exchange with a peer. It is computed
// again only after a key has changed, so that an idle cluster with many keys uses
// little CPU.
func (m *Machine) digest(peer cluster.NodeID) digest {
	if d, ok := m.digests[peer]; ok {
		return d
	}
	d := digest{Root: m.root(peer), Others: map[string]string{}}
	for key, h := range m.keys {
		if !h.set.empty() && m.isHome(peer, key) && !m.isHome(m.id, key) {
			d.Others[key] = h.sum
		}
	}
	m.digests[peer] = d
	return d
}

// shared returns the keys of which this node holds a set, and of which both this
// node and the peer are homes. They are in ascending order.
func (m *Machine) shared(peer cluster.NodeID) []string {
	var keys []string
	for key, h := range m.keys {
		if homes := m.homes(key); !h.set.empty() && slices.Contains(homes, peer) && slices.Contains(homes, m.id) {
			keys = append(keys, key)
		}
	}
	slices.Sort(keys)
	return keys
}

// root is one hash over all shared keys and their sets.
func (m *Machine) root(peer cluster.NodeID) string {
	h := fnv.New64a()
	for _, key := range m.shared(peer) {
		_, _ = h.Write([]byte(key))
		_, _ = h.Write([]byte{0})
		_, _ = h.Write([]byte(m.keys[key].sum))
		_, _ = h.Write([]byte{0})
	}
	return strconv.FormatUint(h.Sum64(), 36)
}

// onDigest exchanges the other keys, and sends all hashes if the roots differ.
func (m *Machine) onDigest(msg cluster.Message, d digest) {
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
	slices.Sort(given)
	slices.Sort(wanted)
	m.sendSync(msg.From, given, wanted)
	if m.digest(msg.From).Root == d.Root {
		m.send(cluster.Message{To: msg.From, Type: typeSame, Class: cluster.ClassBackground, Label: cluster.Cut(d.Root, 4)})
		return
	}
	m.sendHashes(msg.From)
}

// sendHashes sends a peer the hash of every shared key. The ranges of the messages
// must leave no gap, since the peer sends the keys of a range that have no hash here.
func (m *Machine) sendHashes(peer cluster.NodeID) {
	keys := m.shared(peer)
	var from *string
	for {
		n := min(hashesMax, len(keys))
		h := hashes{From: from, Keys: map[string]string{}}
		for _, key := range keys[:n] {
			h.Keys[key] = m.keys[key].sum
		}
		if n < len(keys) {
			h.Before = &keys[n]
		}
		m.send(cluster.Message{To: peer, Type: typeHashes, Class: cluster.ClassBackground, Label: fmt.Sprintf("%d keys", n), Body: cluster.MustJSON(h)})
		if h.Before == nil {
			return
		}
		from, keys = h.Before, keys[n:]
	}
}

// onHashes sends this node's sets that differ, and asks for those of the peer.
func (m *Machine) onHashes(msg cluster.Message, h hashes) {
	var given, wanted []string
	for _, key := range m.shared(msg.From) {
		if h.From != nil && key < *h.From || h.Before != nil && key >= *h.Before {
			continue
		}
		if h.Keys[key] != m.keys[key].sum {
			given = append(given, key)
		}
	}
	for key, hash := range h.Keys {
		if hash != m.keys[key].sum {
			wanted = append(wanted, key)
		}
	}
	slices.Sort(wanted)
	m.sendSync(msg.From, given, wanted)
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

// sendSync sends sets, and asks for others, in as many messages as needed.
func (m *Machine) sendSync(to cluster.NodeID, given, wanted []string) {
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

package driver

import "capplayground/cluster"

// SetPace sets the pace. At rate 0 every message waits until it is delivered by
// hand, and every timer until it is fired by hand.
func (d *Driver) SetPace(p cluster.Pace) {
	d.pace = p
	d.inbox.SetStep(p.Rate <= 0)
}

// SetLinks replaces the settings of the links from and to this node. Messages
// that were on a link when it was cut are lost.
func (d *Driver) SetLinks(links []cluster.Link, at Moment) {
	d.faults.setLinks(d.cfg.ID, links)
	old := d.inbound
	d.inbound = make(map[cluster.NodeID]cluster.Link)
	for _, l := range links {
		if l.To == d.cfg.ID {
			d.inbound[l.From] = l
		}
	}
	for from := cluster.NodeID(1); from <= cluster.MaxNodes; from++ {
		if old[from].Floor == d.inbound[from].Floor {
			continue
		}
		for _, m := range d.inbox.SetFloor(from, d.inbound[from].Floor) {
			d.lose(m, cluster.WhyCut, at)
		}
	}
}

// SetRules replaces the rules: those for the messages that this node sends, and
// those that act at a point of the protocol. A rule that stays keeps its counts. If the
// driver is stopped at the point of a rule that is gone, the driver continues.
func (d *Driver) SetRules(rules []cluster.Rule) {
	d.faults.setRules(rules)
	d.points.set(rules)
}

// SetQuorum gives the machine the quorum for operations that start later. It does nothing
// if the quorum has not changed. The machine must have started.
func (d *Driver) SetQuorum(q cluster.Quorum, at Moment) {
	if q != d.quorum {
		d.quorum = q
		d.step(cluster.Input{Kind: cluster.InputQuorum, Quorum: q}, nil, at)
	}
}

// RecordFreeze records that this node was frozen between these virtual times. Messages that
// were due then are late because of that. At a point, the patience begins anew, because
// the node could not receive an answer of the playground while it was frozen.
func (d *Driver) RecordFreeze(from, to cluster.Time) {
	d.stood.from, d.stood.to = from, to
	d.points.since = 0
}

package driver

import (
	"time"

	"capplayground/cluster"
)

// slowQueue is how long a message may wait after its due, in real time, before a
// queue counts as the reason why it is late.
const slowQueue = 50 * time.Millisecond

// late is why a message is taken in so late, "" for one that is not late: what it
// waited for longest.
func (d *Driver) late(m *cluster.Message, now cluster.Time) string {
	due := max(m.Due, m.Sent)
	flew := due - m.Sent
	waited, moves := d.pace.Wall(due, now)
	switch {
	case d.stood.from < due && due <= d.stood.to:
		return cluster.LateFrozen
	case m.Held:
		return cluster.LateLink
	case moves && waited > slowQueue && now-due > flew:
		return cluster.LateQueue
	case flew > 0 && d.linkDelays(m.From, flew):
		return cluster.LateLink
	case flew > 0 || d.pace.Rate <= 0:
		return cluster.LatePace
	}
	return ""
}

// linkDelays says whether a message that flew so long did so because of the
// settings of its link when it left. The pace alone always adds the same.
func (d *Driver) linkDelays(from cluster.NodeID, flew cluster.Time) bool {
	const slow = cluster.Time(cluster.SlowLatency * 1000)
	return flew != slow || d.pace.Latency == 0 && d.inbound[from].DelayMS == cluster.SlowLatency
}

package driver

import (
	"time"

	"capplayground/cluster"
)

// slowQueue is how long a message may wait after it is due, in real time. After a longer
// wait a queue can be the reason why the message is late.
const slowQueue = 50 * time.Millisecond

// late returns why the machine gets a message late, "" if it is not late. If there are
// several reasons, late returns the one that took longest.
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

// linkDelays reports whether the settings of the link, when the message left, explain its
// flight time. The pace alone always adds cluster.SlowLatency, so any other flight time
// comes from the link.
func (d *Driver) linkDelays(from cluster.NodeID, flew cluster.Time) bool {
	const slow = cluster.Time(cluster.SlowLatency * 1000)
	return flew != slow || d.pace.Latency == 0 && d.inbound[from].DelayMS == cluster.SlowLatency
}

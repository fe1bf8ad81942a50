package simulated

import (
	"time"

	"capplayground/cluster"
)

// How long a message is under way between two processes of one machine, in wall time.
// Delays that a user sets are added: the driver of the receiver waits for them.
const (
	leastWay = 60 * time.Microsecond
	mostWay  = 240 * time.Microsecond
)

// send sends a message. The messages of a link arrive in their order.
func (c *Cluster) send(m cluster.Message) {
	at := &c.arrives[m.From][m.To]
	*at = max(*at+1, c.wall+c.span(leastWay, mostWay).Microseconds())
	sender, receiver := c.node(m.From), c.node(m.To)
	sent, there := sender.boot, receiver.up
	boot := receiver.boot
	c.schedule.add(*at, func() {
		switch {
		case receiver.up && receiver.boot == boot:
			receiver.receive(m)
		case !there && sender.up && sender.boot == sent:
			sender.learnLoss(m, cluster.WhyRefused)
		default:
			c.lose(m)
		}
	})
}

// lose records that a message was lost because its receiver died. Neither node
// learns it.
func (c *Cluster) lose(m cluster.Message) {
	if m.Flow {
		return // it appears only in sums
	}
	c.publish(cluster.Event{T: c.wall, V: c.now, Body: &cluster.Lost{Transit: cluster.TransitOf(m), Why: cluster.WhyDown}})
}

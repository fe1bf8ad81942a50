package hub

import (
	"slices"

	"capplayground/cluster"
)

// lane is one direction of a link and one class of message. A flow event counts
// the messages of one lane. An event that is about no message has noLane.
type lane int16

const noLane lane = -1

// classes are the classes that a message may have. The last one stands for every
// class that is not listed.
var classes = []cluster.Class{
	cluster.ClassRequest, cluster.ClassYes, cluster.ClassNo, cluster.ClassDecide,
	cluster.ClassRepair, cluster.ClassBackground, "",
}

const (
	side  = cluster.MaxNodes + 1 // numbers that a node may have, 0 included
	lanes = side * side * 7      // 7 classes
)

func laneOf(e *cluster.Event) lane {
	if m := e.Message(); m != nil {
		return laneBetween(m.From, m.To, m.Class)
	}
	if f, ok := e.Body.(*cluster.Flow); ok {
		return laneBetween(f.From, f.To, f.Class)
	}
	return noLane
}

func laneBetween(from, to cluster.NodeID, class cluster.Class) lane {
	if from < 0 || from >= side || to < 0 || to >= side {
		return noLane
	}
	at := slices.Index(classes, class)
	if at < 0 {
		at = len(classes) - 1
	}
	return lane((at*side+int(from))*side + int(to))
}

func (l lane) class() cluster.Class { return classes[int(l)/(side*side)] }
func (l lane) from() cluster.NodeID { return cluster.NodeID(int(l) / side % side) }
func (l lane) to() cluster.NodeID   { return cluster.NodeID(int(l) % side) }

// count is how many messages of a lane were sent, delivered and lost in this epoch.
type count struct{ sent, delivered, lost uint64 }

// totals counts all messages of an epoch, also those that no viewer was shown.
type totals struct {
	epoch int
	lane  [lanes]count
}

// count takes one event in. A mode change begins a new epoch. A flow event of the
// source holds the counts of its whole lane in this epoch, because Totals.Take
// has changed it.
func (t *totals) count(e *cluster.Event) {
	if mode, ok := e.Body.(*cluster.ModeChanged); ok {
		*t = totals{epoch: mode.Epoch}
		return
	}
	l := laneOf(e)
	if l == noLane {
		return
	}
	c := &t.lane[l]
	switch b := e.Body.(type) {
	case *cluster.Sent:
		c.sent++
	case *cluster.Delivered:
		c.delivered++
	case *cluster.Lost:
		c.lost++
	case *cluster.Flow:
		c.sent, c.delivered, c.lost = max(c.sent, b.Sent), max(c.delivered, b.Delivered), max(c.lost, b.Lost)
	}
}

// flow returns the flow event with the counts of lane l. It covers the events
// with seq from up to to, both included.
func (t *totals) flow(l lane, from, to uint64, at int64) cluster.Event {
	c := t.lane[l]
	return cluster.Event{T: at, Body: &cluster.Flow{
		From: l.from(), To: l.to(), Class: l.class(), Sent: c.sent, Delivered: c.delivered, Lost: c.lost,
		SeqFrom: from, SeqTo: to, Epoch: t.epoch,
	}}
}

// Totals changes the flow events of nodes into flow events for viewers. A busy
// node reports some messages one by one and the others by sums. Each process
// counts from 0, and each end of a link counts its own events. A viewer needs
// the counts of the lane in this epoch. A Source passes every event through
// Take, in the order of Seq, before it keeps or publishes it.
type Totals struct {
	totals
	reported map[nodeLane]count // the newest sums of each node
}

// nodeLane is a node and a lane whose events the node sums.
type nodeLane struct {
	node cluster.NodeID
	lane lane
}

// Take counts e. In a flow event it replaces the node's sums by the counts of the
// lane: all that was sent, delivered and lost in this epoch, reported by any node.
func (t *Totals) Take(e *cluster.Event) {
	switch b := e.Body.(type) {
	case *cluster.ModeChanged:
		clear(t.reported)
	case *cluster.StatusChanged:
		if b.Status == cluster.StatusStarting || b.Status == cluster.StatusKilled {
			for from := range t.reported {
				if from.node == e.Node {
					delete(t.reported, from) // a new process counts from 0
				}
			}
		}
	case *cluster.Flow:
		t.add(e, b)
		return
	}
	t.count(e)
}

// add adds to the lane what the node's sums grew by since its last report.
func (t *Totals) add(e *cluster.Event, report *cluster.Flow) {
	l := laneOf(e)
	if l == noLane {
		return
	}
	if t.reported == nil {
		t.reported = map[nodeLane]count{}
	}
	from := nodeLane{e.Node, l}
	now, was := count{report.Sent, report.Delivered, report.Lost}, t.reported[from]
	t.reported[from] = now
	c := &t.lane[l]
	c.sent += now.sent - min(now.sent, was.sent)
	c.delivered += now.delivered - min(now.delivered, was.delivered)
	c.lost += now.lost - min(now.lost, was.lost)
	whole := *report
	whole.Sent, whole.Delivered, whole.Lost, whole.Epoch = c.sent, c.delivered, c.lost, t.epoch
	e.Body = &whole
}

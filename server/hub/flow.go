package hub

import (
	"slices"

	"capplayground/cluster"
)

// lane is one direction of a link and one class of message: what a flow event
// is about. noLane is that of an event which is no sent, delivered or lost.
type lane int16

const noLane lane = -1

// classes are the classes that a message may have; the last stands for any
// that a future protocol may bring.
var classes = []cluster.Class{
	cluster.ClassRequest, cluster.ClassYes, cluster.ClassNo, cluster.ClassDecide,
	cluster.ClassRepair, cluster.ClassBackground, "",
}

const (
	side  = cluster.MaxNodes + 1
	lanes = side * side * 7
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

// count is how the messages of a lane fared in this epoch.
type count struct{ sent, delivered, lost uint64 }

// totals counts every message of an epoch, whether viewers saw it or not.
type totals struct {
	epoch int
	lane  [lanes]count
}

// count takes one event in. A mode change begins a new epoch. A flow event
// of the source speaks for the messages that its node did not tell of one by
// one: its counts are the lane's own, all that were ever sent included.
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

// flow is the event that says where lane l stands, for the events from and to,
// both included.
func (t *totals) flow(l lane, from, to uint64, at int64) cluster.Event {
	c := t.lane[l]
	return cluster.Event{T: at, Body: &cluster.Flow{
		From: l.from(), To: l.to(), Class: l.class(), Sent: c.sent, Delivered: c.delivered, Lost: c.lost,
		SeqFrom: from, SeqTo: to, Epoch: t.epoch,
	}}
}

// Totals puts the flow events of nodes right for those who only see the whole.
// A busy node tells of some messages one by one and of the rest by sums, each
// process and each end of a link on its own; a viewer wants to know where the
// lane stands in this epoch. A Source passes every event through Take, in the
// order of Seq, before it keeps or publishes it.
type Totals struct {
	totals
	told map[teller]count
}

// teller is a node that sums, and of what.
type teller struct {
	node cluster.NodeID
	lane lane
}

// Take counts e in, and makes the sums in a node's flow event those of its
// lane: all that was sent, delivered and lost in this epoch, by anybody's word.
func (t *Totals) Take(e *cluster.Event) {
	switch b := e.Body.(type) {
	case *cluster.ModeChanged:
		clear(t.told)
	case *cluster.StatusChanged:
		if b.Status == cluster.StatusStarting || b.Status == cluster.StatusKilled {
			for from := range t.told {
				if from.node == e.Node {
					delete(t.told, from) // a new process counts from nothing
				}
			}
		}
	case *cluster.Flow:
		t.add(e, b)
		return
	}
	t.count(e)
}

// add takes in what a node's sums grew by since it told of them last.
func (t *Totals) add(e *cluster.Event, told *cluster.Flow) {
	l := laneOf(e)
	if l == noLane {
		return
	}
	if t.told == nil {
		t.told = map[teller]count{}
	}
	from := teller{e.Node, l}
	now, was := count{told.Sent, told.Delivered, told.Lost}, t.told[from]
	t.told[from] = now
	c := &t.lane[l]
	c.sent += now.sent - min(now.sent, was.sent)
	c.delivered += now.delivered - min(now.delivered, was.delivered)
	c.lost += now.lost - min(now.lost, was.lost)
	whole := *told
	whole.Sent, whole.Delivered, whole.Lost, whole.Epoch = c.sent, c.delivered, c.lost, t.epoch
	e.Body = &whole
}

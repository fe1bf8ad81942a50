package sim

import "capplayground/cluster"

// recordEvents passes on the events of a node.
func (w *world) recordEvents(events []cluster.Event) {
	for _, e := range events {
		switch b := e.Body.(type) {
		case *cluster.Invoked:
			w.invoked[b.Op] = b.ClientCall
		case *cluster.Returned:
			delete(w.invoked, b.Op)
		}
		w.cfg.Events(e)
	}
}

// record adds an event as a playground does.
func (w *world) record(e cluster.Event) {
	if w.cfg.Events == nil {
		return
	}
	e.T, e.V = int64(w.now), w.now
	w.cfg.Events(e)
}

// recordStatus tells that a node runs, is frozen or was killed.
func (w *world) recordStatus(n *process, status cluster.Status) {
	w.record(cluster.Event{Node: n.id, Body: &cluster.StatusChanged{Status: status}})
}

// recordLost tells of a message that was lost in flight.
func (w *world) recordLost(m cluster.Message, why string) {
	if w.cfg.Events == nil {
		return
	}
	w.record(cluster.Event{Body: &cluster.Lost{Transit: cluster.TransitOf(m), Why: why}})
}

// recordDeath ends what a process that was killed leaves open: the messages in
// its inbox, and its operations, whose outcome their clients never learn.
func (w *world) recordDeath(n *process) {
	if w.cfg.Events == nil {
		return
	}
	for _, m := range n.driver.Messages() {
		w.recordLost(m, cluster.WhyDown)
	}
	for _, id := range n.driver.OpenOps() {
		call, told := w.invoked[id]
		if !told {
			continue
		}
		delete(w.invoked, id)
		call.Deadline, call.Value = 0, cluster.Value{}
		w.record(cluster.Event{Node: n.id, Body: &cluster.Returned{
			ClientCall: call, Status: cluster.HTTPStatus(504), Text: "the node was killed",
		}})
	}
	w.recordStatus(n, cluster.StatusKilled)
}

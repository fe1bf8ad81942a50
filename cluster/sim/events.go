package sim

import "capplayground/cluster"

// recordEvents passes on the events of a node.
func (w *world) recordEvents(events []cluster.Event) {
	for _, e := range events {
		if e.Kind == cluster.KindInvoke {
			w.invoked[e.Op] = e
		}
		if e.Kind == cluster.KindReturn {
			delete(w.invoked, e.Op)
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
	w.record(cluster.Event{Kind: cluster.KindStatus, Node: n.id, Status: status})
}

// recordLost tells of a message that was lost in flight.
func (w *world) recordLost(m cluster.Message, why string) {
	if w.cfg.Events == nil {
		return
	}
	e := cluster.Transit(cluster.KindLost, m)
	e.Why = why
	w.record(e)
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
		begun, told := w.invoked[id]
		if !told {
			continue
		}
		delete(w.invoked, id)
		w.record(cluster.Event{
			Kind: cluster.KindReturn, Node: n.id, Op: id, Client: begun.Client, OpKind: begun.OpKind, Key: begun.Key,
			Status: cluster.HTTPStatus(504), Text: "the node was killed",
		})
	}
	w.recordStatus(n, cluster.StatusKilled)
}

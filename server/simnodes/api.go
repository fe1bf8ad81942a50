package simnodes

import (
	"context"
	"fmt"

	"github.com/google/uuid"

	"capplayground/cluster"
	"capplayground/cluster/driver"
	"capplayground/cluster/nodeapi"
	"capplayground/cluster/simulated"
)

// api is one node as its REST API needs it. It implements nodeapi.Node.
type api struct {
	n  *Nodes
	id cluster.NodeID
}

var _ nodeapi.Node = (*api)(nil)

// Do brings a request to the node's machine, and waits for its reply or the end of ctx.
func (a *api) Do(ctx context.Context, req cluster.Request, client string) (cluster.Reply, error) {
	if req.Op == "" {
		req.Op = cluster.OpID(uuid.NewString())
	}
	w, reply, err := a.n.request(a.id, req, client)
	if err != nil {
		return cluster.Reply{Op: req.Op}, err
	}
	select {
	case r := <-reply:
		return r, nil
	case <-ctx.Done():
		a.n.leave(w)
		return cluster.Reply{Op: req.Op}, ctx.Err()
	}
}

// State returns the node's own view of itself.
func (a *api) State(ctx context.Context) (cluster.NodeState, error) {
	snapshot, err := a.n.snapshot(ctx, a.id)
	if err != nil {
		return cluster.NodeState{}, err
	}
	a.n.mu.Lock()
	defer a.n.mu.Unlock()
	epoch := a.n.cluster.Epoch()
	now, pace := a.n.cluster.Now()
	_, incarnation := a.n.cluster.Status(a.id)
	return cluster.NodeState{
		ID: a.id, Mode: epoch.Mode, Epoch: epoch.N, Incarnation: incarnation, Pace: pace, Now: now, Linked: true, Snapshot: snapshot,
	}, nil
}

// Dump prints the node's database on its screen and returns it.
func (a *api) Dump(ctx context.Context) (cluster.Snapshot, error) {
	s, err := a.n.snapshot(ctx, a.id)
	if err == nil {
		err = a.n.do(simulated.Action{Do: simulated.DoPrint, Node: a.id, Text: driver.DumpText(a.id, s)})
	}
	return s, err
}

// Clean prints blank lines on the node's screen.
func (a *api) Clean() {
	_ = a.n.do(simulated.Action{Do: simulated.DoPrint, Node: a.id, Text: driver.Blank}) // a killed node has no screen
}

// Ready reports whether the node serves. A frozen one takes requests, and answers none.
func (a *api) Ready() bool {
	a.n.mu.Lock()
	defer a.n.mu.Unlock()
	status, _ := a.n.cluster.Status(a.id)
	return status != cluster.StatusKilled
}

// request gives a request to a node. The reply comes on the channel. leave must follow
// where it is not awaited.
func (n *Nodes) request(id cluster.NodeID, req cluster.Request, client string) (waiter, chan cluster.Reply, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.turns++
	w, reply := waiter{id, req.Op, n.turns}, make(chan cluster.Reply, 1)
	n.waiting[w] = reply // before the action, because the node may reply at once
	err := n.doLocked(simulated.Action{Do: simulated.DoRequest, Node: id, Request: &req, Client: client})
	if err != nil {
		delete(n.waiting, w)
		err = fmt.Errorf("%w: %w", cluster.ErrStopping, err)
	}
	return w, reply, err
}

// leave lets a client wait no longer. If its node is frozen and no other client waits
// for the operation, the node never begins it.
func (n *Nodes) leave(w waiter) {
	n.mu.Lock()
	defer n.mu.Unlock()
	delete(n.waiting, w)
	for other := range n.waiting {
		if other.node == w.node && other.op == w.op {
			return
		}
	}
	_ = n.doLocked(simulated.Action{Do: simulated.DoLeave, Node: w.node, Op: w.op}) // a killed node has forgotten it
}

// replied hands a reply to all clients that wait for its operation. The cluster calls it
// while the lock is held.
func (n *Nodes) replied(id cluster.NodeID, r cluster.Reply) {
	for w, reply := range n.waiting {
		if w.node == id && w.op == r.Op {
			reply <- r
			delete(n.waiting, w)
		}
	}
}

// snapshot returns what a node holds. It waits while the node is frozen.
func (n *Nodes) snapshot(ctx context.Context, id cluster.NodeID) (cluster.Snapshot, error) {
	for {
		n.mu.Lock()
		status, _ := n.cluster.Status(id)
		snapshot, err := n.cluster.Snapshot(id)
		changed := n.changed
		n.mu.Unlock()
		if status != cluster.StatusFrozen {
			return snapshot, err
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return cluster.Snapshot{}, ctx.Err()
		}
	}
}

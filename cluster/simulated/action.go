package simulated

import (
	"fmt"

	"capplayground/cluster"
	"capplayground/cluster/link"
)

// What an Action does. Except for DoEpoch, DoSettings and DoPublish it is done to one node.
const (
	DoEpoch     = "epoch"    // kills all nodes and empties all disks; the nodes then start in another mode, with the Settings
	DoSettings  = "settings" // new settings of all nodes
	DoStart     = "start"
	DoKill      = "kill"
	DoWipe      = "wipe" // empties the disk of a node that does not run
	DoFreeze    = "freeze"
	DoThaw      = "thaw"
	DoRequest   = "request"
	DoLeave     = "leave" // the client of a request does not wait any more
	DoDeliver   = link.DoDeliver
	DoDrop      = link.DoDrop
	DoDuplicate = link.DoDuplicate
	DoFire      = link.DoFire
	DoPrint     = "print"
	DoPublish   = "publish" // events that no node makes, such as those of a client whose node is killed
)

// Action is one action on the cluster from outside. A field other than At, Do and Node is
// used only with the Do whose name it has.
type Action struct {
	At   int64          `json:"at"` // wall time, in microseconds since Config.Began
	Do   string         `json:"do"`
	Node cluster.NodeID `json:"node,omitempty"`

	Epoch    *cluster.Epoch   `json:"epoch,omitempty"`
	Settings []link.Settings  `json:"settings,omitempty"` // of node 1, 2, …
	Request  *cluster.Request `json:"request,omitempty"`
	Client   string           `json:"client,omitempty"` // of a request: the name of the program
	Op       cluster.OpID     `json:"op,omitempty"`     // whose client leaves
	Msg      string           `json:"msg,omitempty"`    // to deliver, drop or duplicate
	Timer    string           `json:"timer,omitempty"`  // to fire
	Text     string           `json:"text,omitempty"`   // to print
	Events   []cluster.Event  `json:"events,omitempty"` // to publish
}

// Do first carries out all that is due until the time of the action, and then the action.
// The times of actions never decrease: an earlier time counts as the time of the action
// before. If the status of the node does not allow the action, the error wraps
// cluster.ErrNotNow. If there is no such node, it wraps cluster.ErrNoSuchNode. Other
// errors are those of the driver. If the action returns an error, it has changed nothing.
func (c *Cluster) Do(a Action) error {
	c.Advance(c.cfg.Began + a.At)
	switch a.Do {
	case DoEpoch:
		c.beginEpoch(*a.Epoch, a.Settings)
		return nil
	case DoSettings:
		c.set(a.Settings)
		return nil
	case DoPublish:
		c.publish(a.Events...)
		return nil
	}
	if a.Node < 1 || int(a.Node) > len(c.nodes) {
		return fmt.Errorf("%w: %d", cluster.ErrNoSuchNode, a.Node)
	}
	n := c.node(a.Node)
	if err := n.needs(a.Do); err != nil {
		return err
	}
	return n.act(a)
}

// act carries out an action on this node.
func (n *node) act(a Action) error {
	switch a.Do {
	case DoStart:
		return n.start()
	case DoKill:
		n.kill()
	case DoWipe:
		n.wipe()
	case DoFreeze:
		n.freeze()
	case DoThaw:
		n.thaw()
	case DoRequest:
		n.request(request{*a.Request, a.Client})
	case DoLeave:
		n.leave(a.Op)
	case DoPrint:
		n.driver.Print(a.Text, n.c.moment())
		n.carryOut()
	default:
		return n.command(a)
	}
	return nil
}

// needs returns ErrNotNow if the status of this node does not allow the action.
func (n *node) needs(do string) error {
	switch {
	case do == DoStart || do == DoKill:
	case do == DoWipe && n.up:
		return fmt.Errorf("%w: node %d runs", cluster.ErrNotNow, n.id)
	case do == DoWipe:
	case !n.up:
		return fmt.Errorf("%w: node %d is killed", cluster.ErrNotNow, n.id)
	case n.frozen && (do == DoDeliver || do == DoDrop || do == DoDuplicate || do == DoFire):
		return fmt.Errorf("%w: node %d is frozen", cluster.ErrNotNow, n.id)
	}
	return nil
}

// command acts on a message in the inbox, or on a timer.
func (n *node) command(a Action) (err error) {
	switch a.Do {
	case DoDeliver:
		err = n.driver.Deliver(a.Msg)
	case DoDrop:
		err = n.driver.Drop(a.Msg, n.c.moment())
	case DoDuplicate:
		err = n.driver.Duplicate(a.Msg, n.c.moment())
	case DoFire:
		err = n.driver.Fire(a.Timer, n.c.moment())
	default:
		return fmt.Errorf("%w: %q", cluster.ErrBadFault, a.Do)
	}
	n.carryOut()
	return err
}

package link

import "capplayground/cluster"

// Up is one line from a node to the playground; exactly one field is set.
type Up struct {
	Hello  *Hello          `json:"hello,omitempty"` // first, on every connection
	Events []cluster.Event `json:"events,omitempty"`
	Pong   *Pong           `json:"pong,omitempty"`
	Done   *Done           `json:"done,omitempty"`
	Ready  *Ready          `json:"ready,omitempty"` // it listens, has recovered, and serves
}

// Hello says who speaks.
type Hello struct {
	Node        cluster.NodeID `json:"node"`
	PID         int            `json:"pid"`
	Incarnation string         `json:"incarnation"` // of this process
	Database    string         `json:"database"`    // of its database
	Mode        cluster.Mode   `json:"mode"`
	Epoch       int            `json:"epoch"`
	Addr        string         `json:"addr"` // host:port of its REST API
}

// Ready says that the node serves.
type Ready struct{}

// Pong answers a Ping. A node whose loop stands still does not send it.
type Pong struct {
	Seq uint64 `json:"seq"`
}

// Done answers a Command.
type Done struct {
	ID  uint64 `json:"id"`
	Err string `json:"err,omitempty"` // "" when it was done
}

// Down is one line from the playground to a node; exactly one field is set.
type Down struct {
	Settings *Settings `json:"settings,omitempty"` // whole, never a difference: the latest counts
	Ping     *Ping     `json:"ping,omitempty"`
	Command  *Command  `json:"command,omitempty"`
}

// Settings is all that the playground decides for a node.
type Settings struct {
	Pace   cluster.Pace   `json:"pace"`
	Links  []cluster.Link `json:"links,omitempty"` // those from or to this node that ever changed
	Rules  []cluster.Rule `json:"rules,omitempty"`
	Quorum cluster.Quorum `json:"quorum"`
}

// Ping asks whether the node's loop turns. The answer comes after every Up
// that the loop caused before.
type Ping struct {
	Seq uint64 `json:"seq"`
}

// Command asks a node to do something to a message that waits in its inbox,
// to a timer, or to itself. It is answered by a Done of the same ID.
type Command struct {
	ID    uint64 `json:"id"`
	Do    string `json:"do"`
	Msg   string `json:"msg,omitempty"`   // deliver, drop, duplicate
	Timer string `json:"timer,omitempty"` // fire: cluster.Timer.ID
}

// The commands.
const (
	DoDeliver   = "deliver"
	DoDrop      = "drop"
	DoDuplicate = "duplicate"
	DoFire      = "fire"
	DoPause     = "pause"  // freeze by itself, where there is no SIGSTOP
	DoResume    = "resume" // and thaw
)

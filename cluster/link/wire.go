package link

import "capplayground/cluster"

// Up is one line from a node to the playground; exactly one field is set.
type Up struct {
	Hello  *Hello          `json:"hello,omitempty"` // first, on every connection
	Events []cluster.Event `json:"events,omitempty"`
	Pong   *Pong           `json:"pong,omitempty"`
	Done   *Done           `json:"done,omitempty"`
	Ready  *Ready          `json:"ready,omitempty"` // it listens, has recovered, and serves
	Sync   *Sync           `json:"sync,omitempty"`
	Stream *Stream         `json:"stream,omitempty"`
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
	// Pace is where its virtual time stands; nil for one that has not begun.
	Pace *cluster.Pace `json:"pace,omitempty"`
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
	Sync     *Sync     `json:"sync,omitempty"` // answers the node's, after the newest Settings
	// Refused says why a node that was started by hand has no place here. It
	// is the only line then.
	Refused string `json:"refused,omitempty"`
}

// Sync is asked by a node that finds that it stood still, and answered at once
// by the playground with the same Seq, after the newest Settings: until then
// (or half a second) the node takes in no message and fires no timer.
type Sync struct {
	Seq uint64 `json:"seq"`
}

// Stream tells that a stream of messages between two nodes ended. Both ends
// tell. What its sender wrote (up to Last) and its receiver never took in
// (after its own Last) is lost, unless it was told to have ended otherwise:
// cluster.WhyTimeout where the receiver lives, cluster.WhyDown where it died.
// What the sender has not written yet goes by the next stream, or is told to
// be lost by the sender. Messages of one sender to one receiver are written in
// the order of their sent events.
type Stream struct {
	ID    string         `json:"id"` // the same at both ends
	From  cluster.NodeID `json:"from"`
	To    cluster.NodeID `json:"to"`
	First string         `json:"first,omitempty"` // the first message written, or taken in; "" for none
	Last  string         `json:"last,omitempty"`  // the last one
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
	DoTell      = "tell"   // tell all that it holds, to a playground that has not heard it
)

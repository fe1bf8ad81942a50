package link

import (
	"errors"
	"fmt"
	"strings"

	"capplayground/cluster"
)

// Up is one line from a node to the playground; exactly one field is set.
type Up struct {
	Hello  *Hello          `json:"hello,omitempty"` // first, on every connection
	Events []cluster.Event `json:"events,omitempty"`
	Pong   *Pong           `json:"pong,omitempty"`
	Done   *Done           `json:"done,omitempty"`
	Ready  *Ready          `json:"ready,omitempty"` // it listens, has recovered, and serves
	Sync   *Sync           `json:"sync,omitempty"`
	Stream *Stream         `json:"stream,omitempty"`
	// UnderWay answers DoUnderWay, before its Done.
	UnderWay *UnderWay `json:"under_way,omitempty"`
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
	Why string `json:"why,omitempty"` // names Err's sentinel; "" for an error without one
}

// sentinels are the errors that a Done tells apart, by their names on the wire.
var sentinels = []struct {
	why string
	err error
}{
	{"message", cluster.ErrNoSuchMessage},
	{"timer", cluster.ErrNoSuchTimer},
	{"now", cluster.ErrNotNow},
}

// Answer is the Done of a command that ended in err.
func Answer(id uint64, err error) Done {
	d := Done{ID: id}
	if err == nil {
		return d
	}
	d.Err = err.Error()
	for _, s := range sentinels {
		if errors.Is(err, s.err) {
			d.Why = s.why
		}
	}
	return d
}

// Error is the error in which the command ended, nil when it was done. It wraps
// cluster.ErrNoSuchMessage or ErrNoSuchTimer where that is the reason, else
// cluster.ErrNotNow.
func (d Done) Error() error {
	if d.Err == "" {
		return nil
	}
	for _, s := range sentinels {
		if d.Why == s.why {
			text := strings.TrimPrefix(strings.TrimPrefix(d.Err, s.err.Error()), ": ")
			return fmt.Errorf("%w: %s", s.err, text)
		}
	}
	return fmt.Errorf("%w: %s", cluster.ErrNotNow, d.Err)
}

// UnderWay lists all that has begun at a node and not ended, for a playground
// that has missed events of it. A message to this node that the playground takes
// for under way has ended if it is not among Messages and Received says that it,
// or a later one of its sender, has come: a sender's messages come in the order of
// their ids (node, incarnation, count).
type UnderWay struct {
	ID       uint64                    `json:"id"`                 // of the command
	Messages []string                  `json:"messages,omitempty"` // ids of those that wait in its inbox
	Received map[cluster.NodeID]string `json:"received,omitempty"` // the newest message of each peer, by its id
	Ops      []cluster.OpID            `json:"ops,omitempty"`      // open operations
	Timers   []string                  `json:"timers,omitempty"`   // cluster.Timer.ID of those that are set
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
	DoFreeze    = "freeze"    // stand still by itself, where there is no SIGSTOP
	DoThaw      = "thaw"      // and go on
	DoTell      = "tell"      // make the events of all that it holds once more, for a playground that has not heard them
	DoUnderWay  = "under-way" // list what has begun and not ended: Up.UnderWay
)

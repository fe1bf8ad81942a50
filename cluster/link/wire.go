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

// Hello introduces the node.
type Hello struct {
	Node        cluster.NodeID `json:"node"`
	PID         int            `json:"pid"`
	Incarnation string         `json:"incarnation"` // of this process
	Database    string         `json:"database"`    // of its database
	Mode        cluster.Mode   `json:"mode"`
	Epoch       int            `json:"epoch"`
	Addr        string         `json:"addr"`               // host:port of its REST API
	Killable    bool           `json:"killable,omitempty"` // it obeys DoKill
	// Pace is the node's virtual time; nil if that has not begun.
	Pace *cluster.Pace `json:"pace,omitempty"`
}

// Ready is sent when the node serves requests.
type Ready struct{}

// Pong answers a Ping. A node whose loop does not turn does not send it.
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

// UnderWay lists everything that has begun at a node and not ended, for a
// playground that has missed events of the node. Suppose the playground takes a
// message to this node for under way. The message has ended if it is not in
// Messages, and Received names it or a later message of its sender: a sender's
// messages come in the order of their ids (node, incarnation, count).
type UnderWay struct {
	ID       uint64                    `json:"id"`                 // of the command
	Messages []string                  `json:"messages,omitempty"` // ids of those that wait in its inbox
	Received map[cluster.NodeID]string `json:"received,omitempty"` // the newest message of each peer, by its id
	Ops      []cluster.OpID            `json:"ops,omitempty"`      // open operations
	Timers   []string                  `json:"timers,omitempty"`   // cluster.Timer.ID of those that are set
}

// Down is one line from the playground to a node; exactly one field is set.
type Down struct {
	Settings *Settings `json:"settings,omitempty"` // always complete: the latest replaces all earlier ones
	Ping     *Ping     `json:"ping,omitempty"`
	Command  *Command  `json:"command,omitempty"`
	Sync     *Sync     `json:"sync,omitempty"` // answers the node's, after the newest Settings
	// Refused says why a node that was started by hand has no place here. It
	// is the only line then.
	Refused string `json:"refused,omitempty"`
}

// Sync is sent by a node that finds that it was not running for a while. The
// playground answers at once with the same Seq, after the newest Settings. Until
// the answer comes, or for half a second, the node takes in no message and fires
// no timer.
type Sync struct {
	Seq uint64 `json:"seq"`
}

// Stream reports that a stream of messages between two nodes ended. Both ends
// report. A message that the sender wrote (up to its Last) and the receiver did
// not take in (after its own Last) is lost, unless another end of it was
// reported: cluster.WhyTimeout if the receiver lives, cluster.WhyDown if it died.
// A message that the sender has not written yet goes by the next stream, or the
// sender reports it as lost. The messages of one sender to one receiver are
// written in the order of their sent events.
type Stream struct {
	ID    string         `json:"id"` // the same at both ends
	From  cluster.NodeID `json:"from"`
	To    cluster.NodeID `json:"to"`
	First string         `json:"first,omitempty"` // the first message written, or taken in; "" for none
	Last  string         `json:"last,omitempty"`  // the last one
}

// Settings holds everything that the playground decides for a node.
type Settings struct {
	Pace   cluster.Pace   `json:"pace"`
	Links  []cluster.Link `json:"links,omitempty"` // those from or to this node that ever changed
	Rules  []cluster.Rule `json:"rules,omitempty"`
	Quorum cluster.Quorum `json:"quorum"`
}

// Ping asks whether the node's loop turns. The Pong comes after every Up that the
// loop queued before it.
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
	DoFreeze    = "freeze"    // stop the loop, for systems without SIGSTOP
	DoThaw      = "thaw"      // let the loop go on
	DoTell      = "tell"      // send the events of everything that it holds again, for a playground that has missed them
	DoKill      = "kill"      // end the process at once, as kill -9 does; it is not answered
	DoUnderWay  = "under-way" // list what has begun and not ended: Up.UnderWay
)

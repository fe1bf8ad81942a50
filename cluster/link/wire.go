package link

import (
	"errors"
	"fmt"
	"strings"

	"capplayground/cluster"
)

// Up is one line from a node to the playground. Exactly one field is set.
type Up struct {
	Hello  *Hello          `json:"hello,omitempty"` // first, on every connection
	Events []cluster.Event `json:"events,omitempty"`
	Pong   *Pong           `json:"pong,omitempty"`
	Done   *Done           `json:"done,omitempty"`
	Ready  *Ready          `json:"ready,omitempty"` // the node listens, has recovered, and serves requests
	Sync   *Sync           `json:"sync,omitempty"`
	Stream *Stream         `json:"stream,omitempty"`
	// UnderWay answers DoUnderWay, before its Done.
	UnderWay *UnderWay `json:"under_way,omitempty"`
}

// Hello is the first line of a node. It describes the node.
type Hello struct {
	Node        cluster.NodeID `json:"node"`
	PID         int            `json:"pid"`
	Incarnation string         `json:"incarnation"` // of this process
	Database    string         `json:"database"`    // of its database
	Mode        cluster.Mode   `json:"mode"`
	Epoch       int            `json:"epoch"`
	Addr        string         `json:"addr"`               // host:port of its REST API
	Killable    bool           `json:"killable,omitempty"` // the node carries out DoKill
	// Pace is the node's virtual time; nil if virtual time has not begun.
	Pace *cluster.Pace `json:"pace,omitempty"`
}

// Ready is sent when the node serves requests.
type Ready struct{}

// Pong answers a Ping. A node whose loop does not run does not send it.
type Pong struct {
	Seq uint64 `json:"seq"`
}

// Done answers a Command.
type Done struct {
	ID  uint64 `json:"id"`
	Err string `json:"err,omitempty"` // "" if the command succeeded
	Why string `json:"why,omitempty"` // names Err's sentinel; "" for an error without one
}

// sentinels are the errors that a Done can name, with their names on the link.
var sentinels = []struct {
	why string
	err error
}{
	{"message", cluster.ErrNoSuchMessage},
	{"timer", cluster.ErrNoSuchTimer},
	{"now", cluster.ErrNotNow},
}

// Answer returns the Done of a command that ended in err.
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

// Error returns the error in which the command ended, nil if it succeeded. The error
// wraps cluster.ErrNoSuchMessage or cluster.ErrNoSuchTimer if that is the reason, else
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

// UnderWay lists everything that has begun at a node and has not ended. It is for a
// playground that has missed events of the node. The playground may still show a message
// to this node as under way. The message has ended if it is not in Messages, and Received
// has its id or the id of a later message of its sender. The messages of a sender come in
// the order of their ids (node, incarnation, count).
type UnderWay struct {
	ID       uint64                    `json:"id"`                 // of the command
	Messages []string                  `json:"messages,omitempty"` // ids of those that wait in its inbox
	Received map[cluster.NodeID]string `json:"received,omitempty"` // the newest message of each peer, by its id
	Ops      []cluster.OpID            `json:"ops,omitempty"`      // open operations
	Timers   []string                  `json:"timers,omitempty"`   // cluster.Timer.ID of those that are set
}

// Down is one line from the playground to a node. Exactly one field is set.
type Down struct {
	Settings *Settings `json:"settings,omitempty"` // always complete: the newest replaces all earlier ones
	Ping     *Ping     `json:"ping,omitempty"`
	Command  *Command  `json:"command,omitempty"`
	Sync     *Sync     `json:"sync,omitempty"` // answers the node's Sync, after the newest Settings
	// Refused is the reason why the playground does not accept a node that was started by
	// hand. Then it is the only line.
	Refused string `json:"refused,omitempty"`
}

// Sync is sent by a node that was not running for a while and finds this out. The
// playground answers at once with the same Seq, after the newest Settings. Until the
// answer comes, or for half a second, the node takes no message and fires no timer.
type Sync struct {
	Seq uint64 `json:"seq"`
}

// Stream reports that a stream of messages between two nodes has ended. Both ends report.
// A message that the sender wrote (up to its Last) and that the receiver did not take
// (after its own Last) is lost, unless another event has reported its end. The reason is
// cluster.WhyTimeout if the receiver runs, cluster.WhyDown if it died. A message that the
// sender has not written yet goes by the next stream, or the sender reports it as lost.
// The messages of one sender to one receiver are written in the order of their sent
// events.
type Stream struct {
	ID    string         `json:"id"` // the same at both ends
	From  cluster.NodeID `json:"from"`
	To    cluster.NodeID `json:"to"`
	First string         `json:"first,omitempty"` // the first message written, or taken; "": none
	Last  string         `json:"last,omitempty"`  // the last such message
}

// Settings holds everything that the playground sets for a node.
type Settings struct {
	Pace   cluster.Pace   `json:"pace"`
	Links  []cluster.Link `json:"links,omitempty"` // the links from or to this node whose settings have ever changed
	Rules  []cluster.Rule `json:"rules,omitempty"`
	Quorum cluster.Quorum `json:"quorum"`
}

// Ping asks whether the node's loop runs. The Pong comes after every Up that the loop
// queued before it.
type Ping struct {
	Seq uint64 `json:"seq"`
}

// Command asks a node to act on a message that waits in its inbox, on a timer, or on the
// node itself. The node answers with a Done of the same ID.
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
	DoThaw      = "thaw"      // let the loop continue
	DoTell      = "tell"      // send the events of the node's present state again, for a playground that has missed events
	DoKill      = "kill"      // end the process at once, as kill -9 does; it is not answered
	DoUnderWay  = "under-way" // list everything that has begun and has not ended: Up.UnderWay
)

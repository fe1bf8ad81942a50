package node

import (
	"context"
	"net/http"

	"capplayground/cluster"
)

// Node drives one machine. Its methods are safe for concurrent use.
type Node struct {
	cfg Config
}

// Info is what a node says of itself beside its machine's Snapshot.
type Info struct {
	ID          cluster.NodeID `json:"id"`
	Mode        cluster.Mode   `json:"mode"`
	Epoch       int            `json:"epoch"`
	Incarnation string         `json:"incarnation"`
	Database    string         `json:"database"`
	Pace        cluster.Pace   `json:"pace"`
	Now         cluster.Time   `json:"now"` // virtual time
	Linked      bool           `json:"linked"`
}

// New returns a node that has not started; ErrConfig says what is missing.
func New(cfg Config) (*Node, error) {
	if err := cfg.validate(); err != nil {
		return nil, err
	}
	return &Node{cfg: cfg}, nil
}

// Run recovers from the disk, serves until ctx ends, and returns nil; or an
// error that wraps what the disk said, or link.ErrClosed when a playground
// that launched this node is gone: the process is then to end at once, without
// a word to any client.
func (n *Node) Run(ctx context.Context) error {
	<-ctx.Done()
	return nil
}

// Ready says that the node has recovered and serves.
func (n *Node) Ready() bool { return false }

// Do brings a client's request to the machine and waits for its reply, or for
// the end of ctx. An absent Op becomes a fresh UUID, an absent Deadline the
// operation timeout from now. client says who asks ("curl", "page", "load").
// The error is ctx's, or cluster.ErrStopping where the request was never
// begun; failures of the operation itself are in Reply.Err. Reply.Op is set in
// any case: tell Returned, once, what the client was answered.
func (n *Node) Do(ctx context.Context, req cluster.Request, client string) (cluster.Reply, error) {
	return cluster.Reply{Op: req.Op}, cluster.ErrStopping
}

// Returned says that the operation's answer was written to the client with
// this HTTP status: the end of the client's operation, as the stage shows it.
func (n *Node) Returned(op cluster.OpID, status int) {}

// Snapshot is what the node holds now.
func (n *Node) Snapshot(ctx context.Context) (cluster.Snapshot, Info, error) {
	return cluster.Snapshot{}, Info{}, cluster.ErrStopping
}

// Print writes text on the node's screen, a line for each of its lines.
func (n *Node) Print(text string) {}

// Dump prints the node's database on its screen and returns it.
func (n *Node) Dump(ctx context.Context) (cluster.Snapshot, error) {
	return cluster.Snapshot{}, cluster.ErrStopping
}

// Clean pushes what is on the node's screen out of sight with blank lines.
func (n *Node) Clean() {}

// PeerHandler takes the other nodes' streams: to be mounted at peer.Path.
func (n *Node) PeerHandler() http.Handler { return http.NotFoundHandler() }

package simnodes

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"sync"

	"capplayground/cluster"
	"capplayground/server/stage"
	"capplayground/server/workload"
)

// Count is how many nodes an Edition has.
const Count = 5

// EditionConfig is the configuration of an Edition. Clock is required.
type EditionConfig struct {
	Mode    cluster.Mode
	Seed    uint64
	Boot    string // see stage.Config
	Version string
	Lane    bool               // one of several clusters side by side; see stage.Config
	Clock   func() int64       // in microseconds since the epoch
	Lacks   func(cluster.Mode) // see Config
	// Turn returns when the page has been heard again. Each operation of a load waits for it,
	// one after the other, so that a slow device slows the load and not the page. It may be nil.
	Turn func()
}

// Edition is a playground with simulated nodes: all of one cluster, and no server.
type Edition struct {
	*stage.Stage
	Nodes *Nodes
}

// Open makes an Edition. Its nodes do not run yet: Start starts them. Close must follow.
func Open(cfg EditionConfig) (*Edition, error) {
	e := &Edition{}
	clock := Increasing(cfg.Clock)
	var peers, urls []string
	for i := range Count { // the addresses of the real playground, so that its commands are right
		peers = append(peers, fmt.Sprintf("127.0.0.%d:%d", i+1, 3001+i))
		urls = append(urls, "http://"+peers[i])
	}
	var err error
	e.Stage, err = stage.New(stage.Config{
		Mode: cfg.Mode, URLs: urls, Boot: cfg.Boot, Page: "http://localhost:8080", Lane: cfg.Lane, Clock: clock, Log: io.Discard, Version: cfg.Version,
		Client: calls{e}, Load: func(int) (workload.Caller, func()) { return &inTurn{calls: calls{e}, turn: cfg.Turn}, func() {} },
		Nodes: func(hooks stage.Hooks) (stage.Nodes, error) {
			e.Nodes = New(Config{Seed: cfg.Seed, Peers: peers, Clock: clock, Lacks: cfg.Lacks}, hooks)
			return e.Nodes, nil
		},
		Phones: func() (any, error) {
			return nil, fmt.Errorf("%w: the simulated edition has no address for phones", cluster.ErrNotFound)
		},
	})
	if err != nil {
		return nil, err
	}
	return e, nil
}

// Serve starts the nodes, and feeds the viewers until ctx ends.
func (e *Edition) Serve(ctx context.Context) error {
	if err := e.Start(ctx); err != nil {
		return err
	}
	return e.Run(ctx)
}

// calls makes requests of the nodes of an Edition. It exists before the nodes do.
type calls struct{ edition *Edition }

func (c calls) Do(req *http.Request) (*http.Response, error) { return c.edition.Nodes.Do(req) }

// inTurn makes the requests of a load.
type inTurn struct {
	calls
	turn func()
	one  sync.Mutex
}

func (c *inTurn) Do(req *http.Request) (*http.Response, error) {
	if c.turn != nil {
		c.one.Lock()
		c.turn()
		c.one.Unlock()
	}
	return c.calls.Do(req)
}

package simnodes

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"sync"
	"sync/atomic"

	"capplayground/cluster"
	"capplayground/server/stage"
	"capplayground/server/workload"
)

// Count is how many nodes an Edition has.
const Count = 5

// EditionConfig is the configuration of an Edition. Clock is required.
type EditionConfig struct {
	// Run is repeated. Its mode and seed count. nil: the nodes begin anew.
	Run *Run
	// AtOnce: all actions of Run are carried out before Open returns, as if their time had
	// passed. Else each is carried out when its time comes.
	AtOnce bool

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
	cfg   EditionConfig
	shown atomic.Bool // viewers were shown the talk of the run
}

// Open makes an Edition. Its nodes do not run yet: Serve starts them. Close must follow.
// The error is that of Run.Check, or cluster.ErrNotNow for a run in a mode whose protocol
// is not part of this program.
func Open(cfg EditionConfig) (*Edition, error) {
	var began int64
	if cfg.Run != nil {
		if err := cfg.Run.Check(Count); err != nil {
			return nil, err
		}
		if err := protocol(cfg.Run.mode(), cfg.Lacks); err != nil {
			return nil, err
		}
		began, cfg.Seed, cfg.Mode = cfg.Run.Began, cfg.Run.Seed, cfg.Run.mode()
		cfg.Clock = since(cfg)
	}
	e := &Edition{cfg: cfg}
	clock := Increasing(cfg.Clock)
	var peers, urls []string
	for i := range Count { // the addresses of the real playground, so that its commands are right
		peers = append(peers, fmt.Sprintf("127.0.0.%d:%d", i+1, 3001+i))
		urls = append(urls, "http://"+peers[i])
	}
	var err error
	e.Stage, err = stage.New(stage.Config{
		Mode: cfg.Mode, URLs: urls, Boot: cfg.Boot, Page: "http://localhost:8080", Lane: cfg.Lane, Clock: clock, Log: io.Discard, Version: cfg.Version,
		Publish: func(events ...cluster.Event) { e.Nodes.Publish(events...) },
		Client:  calls{e}, Load: func(int) (workload.Caller, func()) { return &inTurn{calls: calls{e}, turn: cfg.Turn}, func() {} },
		Nodes: func(hooks stage.Hooks) (stage.Nodes, error) {
			e.Nodes = New(Config{Seed: cfg.Seed, Peers: peers, Clock: clock, Lacks: cfg.Lacks, Began: began}, hooks)
			return e.Nodes, nil
		},
		Phones: func() (any, error) {
			return nil, fmt.Errorf("%w: the simulated edition has no address for phones", cluster.ErrNotFound)
		},
	})
	if err != nil {
		return nil, err
	}
	if cfg.Run != nil {
		e.shown.Store(true)
		e.Nodes.Repeat(*cfg.Run)
	}
	return e, nil
}

// since returns a clock that shows the time of the run: that of its beginning now, or
// that of its last action.
func since(cfg EditionConfig) func() int64 {
	began, now := cfg.Run.Began, cfg.Clock()
	if cfg.AtOnce {
		began += cfg.Run.length()
	}
	return func() int64 { return began + cfg.Clock() - now }
}

// ServeHTTP answers the calls of the control API, and GET /api/run with the run so far.
// A call that may change something ends the repetition of a run: from there on the
// cluster belongs to the caller.
func (e *Edition) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method == http.MethodGet && r.URL.Path == "/api/run" {
		e.writeRun(w)
		return
	}
	if r.Method != http.MethodGet && e.shown.CompareAndSwap(true, false) {
		e.Nodes.EndRepetition()
		e.TellTalk()
	}
	e.API.ServeHTTP(w, r)
}

func (e *Edition) writeRun(w http.ResponseWriter) {
	run, ok := e.Nodes.Run()
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	if !ok {
		w.WriteHeader(http.StatusConflict)
		_, _ = io.WriteString(w, `{"error":"this run is too long for a link: save a recording","code":"not_now"}`+"\n")
		return
	}
	_ = json.NewEncoder(w).Encode(run) // the writer is in memory
}

// Serve starts the nodes, and feeds the viewers until ctx ends.
func (e *Edition) Serve(ctx context.Context) error {
	if e.cfg.Run == nil {
		if err := e.Start(ctx); err != nil {
			return err
		}
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

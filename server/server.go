package server

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"time"

	"github.com/go-chi/chi/v5"
	"golang.org/x/sync/errgroup"

	"capplayground/cluster"
	"capplayground/cluster/console"
	"capplayground/cluster/guard"
	"capplayground/cluster/link"
	"capplayground/cluster/modes"
	"capplayground/server/compare"
	"capplayground/server/scenario"
	"capplayground/server/stage"
	"capplayground/web"
)

// maxConnections bounds what is open at each of our addresses at a time.
const maxConnections = 4096

// endTimeout bounds how long viewers and calls are given at the end.
const endTimeout = 2 * time.Second

// logTimeout bounds how long the reader of the log is given at the end.
const logTimeout = time.Second

// Config is the configuration of a playground. Peers is required.
type Config struct {
	// Listen is host:port of the page; "" means 127.0.0.1:8080. An address that is not
	// loopback needs a Token.
	Listen string
	// Names are more names of the page, host or host:port as a browser uses them: the
	// name of a tunnel, of a container's port, or of this machine in a local network.
	Names []string
	// Peers holds host:port of each node's REST API, 3 to 9 of them.
	Peers []string
	// Mode is the mode of the first epoch; "" means the first mode of cluster/modes.
	Mode cluster.Mode
	// Lanes are clusters side by side, each in a mode that never changes. They replace
	// the cluster of Peers and Mode. Attach cannot be used with lanes. Record is written
	// for each lane (recordOf).
	Lanes []Lane
	// Data is the directory of the databases; "" means a new one that is removed at the
	// end.
	Data string
	// Durability is "disk" or "process"; "" is "disk".
	Durability string
	// Audience is host:port of the listener for phones (package audience), which
	// needs no token; "": there is none.
	Audience string
	// Scenarios are played by name beside those that are part of the program.
	Scenarios []*scenario.Scenario
	// Record is a file to which every event is written when it happens (package
	// recording). It must not exist. "": none.
	Record string
	// Version names the program in recordings.
	Version string
	// Token, if not "", must be in every call.
	Token string
	// Attach starts no node: all nodes are started by hand.
	Attach bool
	// Bug plants a known mistake in every node. Only tests set it.
	Bug string
	// NoSignals lets nodes freeze themselves on command, as on systems without
	// SIGSTOP. Only tests set it.
	NoSignals bool
	// Clock is the clock of the cluster, in microseconds since the epoch; nil means
	// cluster.Steady. Only tests set it.
	Clock func() int64
	// Program and Args run a node; "" and nil mean this program with the argument "node".
	Program string
	Args    []string
	// Log receives the log lines of the nodes and of the playground. The playground never
	// waits for it: while Log blocks, lines are dropped and counted. nil: the lines are
	// dropped.
	Log io.Writer
	// Ready is called once, when the page and all nodes serve. It must not block.
	Ready func()

	lane bool // the cluster is one of several lanes
}

// Lane is one of the clusters of Config.Lanes.
type Lane struct {
	Mode  cluster.Mode
	Peers []string // as in Config
}

// Errors of New. The error that wraps them says which value is wrong.
var (
	ErrConfig = errors.New("unusable configuration")
	ErrBusy   = errors.New("address in use")
)

func (c Config) validate() (Config, error) {
	if c.Listen == "" {
		c.Listen = "127.0.0.1:8080"
	}
	if c.Mode == "" {
		c.Mode = modes.Default()
	}
	if c.Clock == nil {
		c.Clock = cluster.Steady(0)
	}
	if c.Log == nil {
		c.Log = io.Discard
	}
	if c.Ready == nil {
		c.Ready = func() {}
	}
	if c.Token == "" && !guard.Loopback(c.Listen) {
		return c, open(c.Listen)
	}
	if err := c.validateLanes(); err != nil {
		return c, err
	}
	seen := map[string]bool{c.Listen: true}
	for _, cluster := range c.clusters() {
		if err := cluster.validateCluster(seen); err != nil {
			return c, err
		}
	}
	return c, nil
}

// validateCluster checks the mode and the nodes of one cluster. seen are the
// addresses that are taken.
func (c Config) validateCluster(seen map[string]bool) error {
	switch {
	case len(c.Peers) < 3 || len(c.Peers) > cluster.MaxNodes:
		return fmt.Errorf("%w: %d nodes (want 3 to %d)", ErrConfig, len(c.Peers), cluster.MaxNodes)
	case modes.Of(c.Mode).New == nil:
		return fmt.Errorf("%w: %w: %s", ErrConfig, cluster.ErrUnknownMode, c.Mode)
	}
	for _, p := range c.Peers {
		if _, port, err := net.SplitHostPort(p); err != nil || port == "" || port == "0" {
			return fmt.Errorf("%w: peer %q (want host:port)", ErrConfig, p)
		}
		if seen[p] {
			return fmt.Errorf("%w: %s twice", ErrConfig, p)
		}
		seen[p] = true
		if c.Token == "" && !guard.Loopback(p) {
			return open(p)
		}
	}
	return nil
}

// open returns the error for an address that needs a token.
func open(addr string) error {
	return fmt.Errorf("%w: %s is open to other machines, so it needs a token (--token or CAP_TOKEN)", ErrConfig, addr)
}

// Server is one playground.
type Server struct {
	cfg      Config
	listener *listener
	log      *console.Console
	data     *data
	play     *playground   // the only cluster, or the first lane
	plays    []*playground // all clusters
	web      *web.Web
	phones   *phones    // the listener for phones; nil: there is none
	routes   chi.Router // the handler of nodes that were started by hand; all other calls are for web
}

// New binds the address and creates the data directory, and starts nothing yet. The error
// wraps ErrConfig or ErrBusy, or is that of the system. Run or Close must follow.
func New(cfg Config) (*Server, error) {
	cfg, err := cfg.validate()
	if err != nil {
		return nil, err
	}
	if !cfg.Attach {
		if err := checkFree(cfg.peers()); err != nil {
			return nil, err
		}
	}
	ln, err := listen(cfg.Listen)
	if err != nil {
		return nil, err
	}
	s := &Server{cfg: cfg, listener: ln, log: console.New(cfg.Log)}
	s.cfg.Log = s.log
	if ln.foreign != "" {
		_, _ = fmt.Fprintf(s.log, "playground: another program has %s, which many programs take for localhost: open %s\n", ln.foreign, ln.url())
	}
	if err := s.open(); err != nil {
		s.Close()
		return nil, err
	}
	return s, nil
}

// open makes everything behind the address.
func (s *Server) open() (err error) {
	if s.data, err = openData(s.cfg.Data); err != nil {
		return err
	}
	for _, cfg := range s.cfg.clusters() {
		dir, err := s.data.of(cfg)
		if err != nil {
			return err
		}
		play, err := newPlayground(cfg, dir, newBoot(), s.phonePages)
		if err != nil {
			return err
		}
		s.plays = append(s.plays, play)
	}
	s.play = s.plays[0]
	if len(s.cfg.Lanes) > 0 {
		stage.Join(s.allStages()...)
	}
	if s.web, err = web.New(s.pages()); err != nil {
		return err
	}
	if s.cfg.Audience != "" {
		if s.phones, err = openPhones(s.cfg.Audience, s.play.Talk, s.web.PhonePages(), log.New(s.cfg.Log, "", 0)); err != nil {
			return err
		}
	}
	s.routes = chi.NewRouter()
	if len(s.cfg.Lanes) == 0 {
		s.routes.Handle(link.Path, guard.Strangers(guard.Config{Hosts: s.cfg.hosts(s.listener), Token: s.cfg.Token}, http.HandlerFunc(s.join)))
	}
	s.routes.NotFound(s.web.ServeHTTP)
	return nil
}

// pages returns the configuration of the pages.
func (s *Server) pages() web.Config {
	cfg := web.Config{Hosts: s.cfg.hosts(s.listener), Token: s.cfg.Token}
	if len(s.cfg.Lanes) == 0 {
		cfg.Stage = s.play.pages()
		cfg.Calls = callsOf(s.play.API.Calls(), s.listener.url(), s.cfg.Token)
		return cfg
	}
	cfg.Lanes, cfg.API, cfg.Compare = s.lanePages(), s.laneCalls(), s.ranPage
	cfg.Calls = callsOf(s.callsInLanes(), s.listener.url(), s.cfg.Token)
	return cfg
}

// ServeHTTP answers the requests to the playground's address.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) { s.routes.ServeHTTP(w, r) }

// join handles the link of a node that was started by hand until the node or the server
// ends. Before the link, the node may ask for its mode and peers. The context of the
// request ends when its connection becomes the link, so it is not used.
func (s *Server) join(w http.ResponseWriter, r *http.Request) {
	switch {
	case r.Method != http.MethodGet:
		w.Header().Set("Allow", http.MethodGet)
		guard.WriteError(w, cluster.Sentinel("a node joins by a WebSocket", cluster.ErrMethod))
		return
	case r.Header.Get("Upgrade") == "":
		guard.WriteJSON(w, http.StatusOK, s.play.launch.Place())
		return
	}
	conn, err := link.Accept(context.Background(), w, r)
	if err != nil {
		return // it has been answered
	}
	if err := s.play.launch.Attach(conn); err != nil {
		_, _ = fmt.Fprintf(s.cfg.Log, "a node from %s: %s\n", r.RemoteAddr, cluster.Visible(err.Error()))
	}
}

// Compare plays a script in every mode and returns the result. Meanwhile no other caller
// may use the playground.
func (s *Server) Compare(ctx context.Context, script compare.Script, progress func(compare.Progress)) (compare.Result, error) {
	return s.play.Compare.Play(ctx, script, progress)
}

// Scenarios returns the library that plays scenarios on this playground.
func (s *Server) Scenarios() *scenario.Library { return s.play.Talk }

// allStages returns the stages of all clusters.
func (s *Server) allStages() []*stage.Stage {
	all := make([]*stage.Stage, len(s.plays))
	for i, play := range s.plays {
		all[i] = play.Stage
	}
	return all
}

// RecordScenario records the next scenario that is played, in a file for each cluster;
// see stage.Stage.RecordScenario.
func (s *Server) RecordScenario(files ...string) (end func() error, err error) {
	var ends []func() error
	end = func() (err error) {
		for _, one := range ends {
			err = errors.Join(err, one())
		}
		return err
	}
	for i, file := range files {
		one, err := s.plays[i].RecordScenario(file)
		if err != nil {
			return nil, errors.Join(err, end())
		}
		ends = append(ends, one)
	}
	return end, nil
}

// Settle returns when no message is under way to a node that runs. If that takes long, it
// returns anyway.
func (s *Server) Settle(ctx context.Context) { stage.Settle(ctx, s.allStages()...) }

// URL returns the URL of the page.
func (s *Server) URL() string { return s.listener.url() }

// Run serves until ctx ends, then ends all nodes and returns nil. If it cannot go on, it
// ends the nodes and returns the error. No process and no connection is left when it
// returns.
func (s *Server) Run(ctx context.Context) error {
	defer s.Close()
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	var g errgroup.Group
	for _, play := range s.plays {
		g.Go(func() error {
			defer stop()
			return play.Run(ctx)
		})
	}
	servers := s.listener.serve(&g, stop, s, s.cfg.Log)
	if s.phones != nil {
		g.Go(func() error {
			defer stop()
			return s.phones.serve()
		})
	}
	g.Go(func() error {
		if err := s.start(ctx); err != nil {
			stop()
			if ctx.Err() == nil || !errors.Is(err, context.Canceled) {
				return err
			}
			return nil
		}
		s.cfg.Ready()
		return nil
	})
	<-ctx.Done()
	s.end(servers)
	return g.Wait()
}

// start starts the nodes of all clusters, and returns when all nodes serve.
func (s *Server) start(ctx context.Context) error {
	g, ctx := errgroup.WithContext(ctx)
	for _, play := range s.plays {
		g.Go(func() error { return play.Start(ctx) })
	}
	return g.Wait()
}

// end ends the calls first, then the viewers, then the nodes.
func (s *Server) end(servers []*http.Server) {
	ctx, cancel := context.WithTimeout(context.Background(), endTimeout)
	defer cancel()
	s.stopCalls()
	_ = s.web.Shutdown(ctx)
	if s.phones != nil {
		s.phones.end(ctx)
	}
	for _, server := range servers {
		if server.Shutdown(ctx) != nil {
			_ = server.Close()
		}
	}
}

// stopCalls ends everything that would wait for the nodes.
func (s *Server) stopCalls() {
	for _, play := range s.plays {
		play.StopCalls()
	}
}

// Close releases what New has bound and created. After Run it has no effect.
func (s *Server) Close() {
	s.listener.close()
	if s.phones != nil {
		s.phones.close()
	}
	var g errgroup.Group
	for _, play := range s.plays {
		g.Go(func() error {
			play.Close()
			return nil
		})
	}
	_ = g.Wait()
	if s.data != nil {
		s.data.close()
	}
	s.log.Close(logTimeout)
}

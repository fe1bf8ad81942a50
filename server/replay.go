package server

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"

	"github.com/go-chi/chi/v5"
	"golang.org/x/sync/errgroup"

	"capplayground/cluster"
	"capplayground/cluster/guard"
	"capplayground/server/collect"
	"capplayground/server/control"
	"capplayground/server/hub"
	"capplayground/server/recording"
	"capplayground/web"
)

// Replay serves the page of a recording. It starts no node. Calls that read are answered
// from the file, and calls that would act are refused with 409.
type Replay struct {
	cfg      Config
	listener *listener
	hub      *hub.Hub
	web      *web.Web
	collect  *collect.Collector
}

// errNothing is returned for a recording that has only a head.
var errNothing = errors.New("the recording ends before its first event")

// NewReplay takes the address. Of cfg it uses Listen, Names, Token, Log and Ready.
// Run must follow.
func NewReplay(cfg Config, rec *recording.Recording) (*Replay, error) {
	if rec.Hello == nil {
		return nil, fmt.Errorf("%w: %w", ErrConfig, errNothing)
	}
	if cfg.Listen == "" {
		cfg.Listen = "127.0.0.1:8080"
	}
	if cfg.Log == nil {
		cfg.Log = io.Discard
	}
	if cfg.Token == "" && !guard.Loopback(cfg.Listen) {
		return nil, fmt.Errorf("%w: %s is open to other machines, so it needs a token (--token or CAP_TOKEN)", ErrConfig, cfg.Listen)
	}
	ln, err := listen(cfg.Listen)
	if err != nil {
		return nil, err
	}
	r := &Replay{cfg: cfg, listener: ln, collect: collect.Restore(*rec.Hello, rec.Events)}
	p := newPlayback(rec, r.collect)
	api := control.New(control.Config{
		State: p, Faults: p, Workload: noLoad{},
		Nodes: noNodes{}, Cluster: noCluster{}, Messages: noMessages{}, Ops: noOps{}, Screens: noScreens{},
		Judge: p, Comparison: noComparison{}, Talk: playbackTalk{library: p.library},
		Phones: func() (any, error) {
			return nil, fmt.Errorf("%w: a recording has no listener for phones", cluster.ErrNotFound)
		},
	})
	if r.hub, err = hub.New(hub.Config{Source: r.collect}); err == nil {
		r.web, err = web.New(web.Config{Stage: web.Stage{Hub: r.hub, API: refuseActions(api), Calls: callsOf(api.Calls(), ln.url(), cfg.Token), Playback: true}, Hosts: cfg.hosts(ln), Token: cfg.Token})
	}
	if err != nil {
		r.close()
		return nil, err
	}
	return r, nil
}

// refuseActions refuses the calls that act.
func refuseActions(api *control.API) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		looks := r.Method == http.MethodGet || r.Method == http.MethodHead
		if !looks && api.Routes().Match(chi.NewRouteContext(), r.Method, r.URL.Path) {
			guard.WriteError(w, cluster.Sentinel("this is a recording: nothing runs that could be changed", cluster.ErrNotNow))
			return
		}
		api.ServeHTTP(w, r)
	})
}

// URL returns the URL of the page.
func (r *Replay) URL() string { return r.listener.url() }

// Run serves until ctx ends.
func (r *Replay) Run(ctx context.Context) error {
	defer r.close()
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	var g errgroup.Group
	g.Go(func() error {
		defer stop()
		if err := r.hub.Run(ctx); err != nil && ctx.Err() == nil {
			return fmt.Errorf("server: %w", err)
		}
		return nil
	})
	servers := r.listener.serve(&g, stop, r.web, r.cfg.Log)
	if r.cfg.Ready != nil {
		r.cfg.Ready()
	}
	<-ctx.Done()
	end, cancel := context.WithTimeout(context.Background(), endTimeout)
	defer cancel()
	_ = r.web.Shutdown(end)
	for _, server := range servers {
		if server.Shutdown(end) != nil {
			_ = server.Close()
		}
	}
	return g.Wait()
}

func (r *Replay) close() {
	r.listener.close()
	r.collect.Close()
}

package server

import (
	"context"
	"errors"
	"fmt"

	"github.com/a-h/templ"
	"github.com/google/uuid"

	"capplayground/server/compare"
	"capplayground/server/control"
	"capplayground/server/launch"
	"capplayground/templates"
	"capplayground/web"
)

// stage is one cluster with its control API. A playground has one stage, or one
// for each lane. Everything that stages have in common is in Server.
type stage struct {
	play *playground
	api  *control.API
}

// newStage makes a stage and starts no node yet. close must follow. phones is the
// answer to GET /api/audience.
func newStage(cfg Config, dir string, phones func() (any, error)) (*stage, error) {
	p, err := newPlayground(cfg, dir, uuid.NewString())
	switch {
	case errors.Is(err, launch.ErrInUse):
		return nil, fmt.Errorf("%w: %w", ErrBusy, err)
	case errors.Is(err, launch.ErrForeign), errors.Is(err, errRecord):
		return nil, fmt.Errorf("%w: %w", ErrConfig, err)
	case err != nil:
		return nil, err
	}
	return &stage{play: p, api: control.New(control.Config{
		State: state{p.collect, p}, Nodes: p.verbs, Faults: p.verbs, Cluster: p.verbs, Messages: p.verbs,
		Ops: p.client, Screens: p.client, Workload: traffic{p.verbs, p.load},
		Judge: p.judge, Comparison: p.compare, Talk: p.talk, Phones: phones,
	})}, nil
}

// pages returns what package web shows of the stage.
func (s *stage) pages() web.Stage {
	return web.Stage{Hub: s.play.hub, API: s.api, Compare: s.comparePage}
}

// callsOf lists the calls of an API for their page. Where calls need a token, the
// commands take it from the environment, as those of the stage do.
func callsOf(api *control.API, url, token string) []templates.Call {
	header := ""
	if token != "" {
		header = ` -H "Authorization: Bearer $CAP_TOKEN"`
	}
	var all []templates.Call
	for _, c := range api.Calls() {
		all = append(all, templates.Call{Method: c.Method, Path: c.Path, Summary: c.Summary, Curl: c.Curl(url) + header})
	}
	return all
}

// run feeds the viewers until ctx ends.
func (s *stage) run(ctx context.Context) error {
	if err := s.play.hub.Run(ctx); err != nil && ctx.Err() == nil {
		return fmt.Errorf("server: %w", err)
	}
	return nil
}

// comparePage is the page of the last comparison.
func (s *stage) comparePage(base string) templ.Component {
	var result compare.Result
	if last := s.play.compare.State().Result; last != nil {
		result = *last
	}
	return web.ComparePage(result, base)
}

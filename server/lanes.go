package server

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/a-h/templ"

	"capplayground/cluster"
	"capplayground/cluster/guard"
	"capplayground/server/compare"
	"capplayground/server/control"
	"capplayground/server/history"
	"capplayground/server/lanes"
	"capplayground/web"
	"capplayground/web/comparison"
)

// validateLanes checks what concerns all lanes.
func (c Config) validateLanes() error {
	var seen []cluster.Mode
	for _, l := range c.Lanes {
		if slices.Contains(seen, l.Mode) {
			return fmt.Errorf("%w: two lanes in mode %s", ErrConfig, l.Mode)
		}
		seen = append(seen, l.Mode)
	}
	if len(c.Lanes) > 0 && c.Attach {
		return fmt.Errorf("%w: nodes that are started by hand cannot join a lane", ErrConfig)
	}
	return nil
}

// clusters returns one configuration for each cluster: that of each lane, or c
// itself.
func (c Config) clusters() []Config {
	if len(c.Lanes) == 0 {
		return []Config{c}
	}
	all := make([]Config, len(c.Lanes))
	for i, l := range c.Lanes {
		all[i] = c
		all[i].Lanes, all[i].lane, all[i].Mode, all[i].Peers = nil, true, l.Mode, l.Peers
		all[i].Record = recordOf(c.Record, l.Mode)
	}
	return all
}

// recordOf returns the file of a lane's recording: run-MODE.jsonl.gz for run.jsonl.gz.
// The files of all lanes stand side by side.
func recordOf(file string, mode cluster.Mode) string {
	if file == "" {
		return ""
	}
	dir, name := filepath.Split(file)
	name, ext, found := strings.Cut(name, ".")
	if found {
		ext = "." + ext
	}
	return dir + name + "-" + string(mode) + ext
}

// peers returns the addresses of the nodes of all clusters.
func (c Config) peers() (all []string) {
	for _, one := range c.clusters() {
		all = append(all, one.Peers...)
	}
	return all
}

// lanePages returns what package web shows of the lanes.
func (s *Server) lanePages() []web.Lane {
	all := make([]web.Lane, len(s.plays))
	for i, play := range s.plays {
		cfg := play.cfg
		all[i] = web.Lane{
			Mode: string(cfg.Mode), Nodes: spanOf(cfg.Peers), Hub: play.Hub,
			Page: lanes.Page(cfg.Mode), Calls: lanes.Calls(cfg.Mode),
		}
	}
	return all
}

// spanOf returns where nodes listen in a few words: "127.0.1.1–5" where their hosts
// differ, else "127.0.0.1:3101–3105".
func spanOf(peers []string) string {
	first, last := peers[0], peers[len(peers)-1]
	host, port, _ := net.SplitHostPort(first)
	lastHost, lastPort, _ := net.SplitHostPort(last)
	if host != lastHost {
		return host + "–" + lastHost[common(host, lastHost):]
	}
	return host + ":" + port + "–" + lastPort
}

// common returns the length of the part in which two hosts do not differ, up to a
// dot.
func common(a, b string) (n int) {
	for i := range min(len(a), len(b)) {
		if a[i] != b[i] {
			return n
		}
		if a[i] == '.' {
			n = i + 1
		}
	}
	return n
}

// ranTimeout is how long the page of what ran waits for a verdict that is not certain yet.
const ranTimeout = 5 * time.Second

// ranPage is the page of what has happened so far in all lanes.
func (s *Server) ranPage(base string) templ.Component {
	ctx, cancel := context.WithTimeout(context.Background(), ranTimeout)
	defer cancel()
	type seen struct {
		listing history.Listing
		report  history.Report
	}
	all, began := make([]seen, len(s.plays)), int64(0)
	for i, play := range s.plays {
		all[i].listing, all[i].report = play.Seen(ctx)
		if ops := all[i].listing.Ops; len(ops) > 0 && (began == 0 || ops[0].Invoke < began) {
			began = ops[0].Invoke
		}
	}
	if began == 0 {
		return comparison.RanPage(compare.Result{}, base)
	}
	result := compare.Result{Began: time.UnixMicro(began)}
	for i, play := range s.plays {
		result.Lanes = append(result.Lanes, compare.Ran(play.cfg.Mode, began, all[i].listing, all[i].report))
	}
	return comparison.RanPage(result, base)
}

// laneCalls returns what answers the calls of the lanes.
func (s *Server) laneCalls() http.Handler {
	all := make([]lanes.Lane, len(s.plays))
	for i, play := range s.plays {
		all[i] = lanes.Lane{Mode: play.cfg.Mode, Nodes: play.URLs(), Calls: play.API}
	}
	api := lanes.New(lanes.Config{Lanes: all})
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/api" && (r.Method == http.MethodGet || r.Method == http.MethodHead) {
			guard.WriteJSON(w, http.StatusOK, map[string][]control.Call{"calls": s.callsInLanes()})
			return
		}
		api.ServeHTTP(w, r)
	})
}

// callsInLanes lists the calls of all lanes, and as calls of the first lane those that
// only one lane can answer.
func (s *Server) callsInLanes() []control.Call {
	list := []control.Call{{Method: http.MethodGet, Path: lanes.Path, Summary: "lists the lanes"}}
	for _, c := range s.plays[0].API.Calls() {
		rest, below := strings.CutPrefix(c.Path, "/api/")
		switch {
		case !below:
			c.Summary += ": of all lanes"
		case lanes.ReachOf(c.Method, rest) == lanes.None:
			c.Path = lanes.Calls(s.plays[0].cfg.Mode) + "/" + rest
			c.Summary += "; in one lane"
		default:
			c.Path = lanes.Path + "/" + rest
		}
		list = append(list, c)
	}
	return list
}

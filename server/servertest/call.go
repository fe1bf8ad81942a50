package servertest

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"syscall"
	"time"

	"capplayground/cluster"
	"capplayground/cluster/guard"
	"capplayground/cluster/modes"
	"capplayground/server/collect"
)

// Node is the URL of node i, from 1, without a slash at its end.
func (p *Playground) Node(i int) string { return "http://" + p.Place.Nodes[i-1] }

// Call makes one request and returns the answer's status and body. If no
// answer came, the status is 0 and the body says why.
func (p *Playground) Call(method, url, body string) (status int, answer string) {
	status, text, err := p.Request(context.Background(), method, url, body)
	if err != nil {
		return 0, err.Error()
	}
	return status, string(text)
}

// contentType is the type of the body that a call takes: text for a value, JSON for all
// others.
func contentType(path string) string {
	if strings.HasPrefix(path, "/database/") {
		return "text/plain; charset=utf-8"
	}
	return "application/json"
}

// Request makes one request. A body that is not "" has its content type. A GET, or a
// call of the playground, that came too late is made again. A write at a node is not:
// the node may have done it and died.
func (p *Playground) Request(ctx context.Context, method, url, body string) (status int, answer []byte, err error) {
	for end := time.Now().Add(Patience); ; {
		began := time.Now()
		status, answer, err = p.request(ctx, method, url, body)
		again := method == http.MethodGet || strings.HasPrefix(url, p.URL+"/")
		if !again || !TooLate(err, time.Since(began)) || time.Now().After(end) {
			return status, answer, err
		}
	}
}

// TooLate tells whether err, after the given time without an answer, can only come from
// a starved machine. A server that reads the header of a request too late closes the
// connection without a look at the request.
func TooLate(err error, took time.Duration) bool {
	return took >= guard.HeaderTimeout && (errors.Is(err, io.EOF) || errors.Is(err, syscall.ECONNRESET))
}

// request makes one request.
func (p *Playground) request(ctx context.Context, method, url, body string) (status int, answer []byte, err error) {
	req, err := http.NewRequestWithContext(ctx, method, url, strings.NewReader(body))
	if err != nil {
		return 0, nil, err
	}
	if body != "" {
		req.Header.Set("Content-Type", contentType(req.URL.Path))
	}
	resp, err := p.HTTP.Do(req)
	if err != nil {
		return 0, nil, err
	}
	defer func() { _ = resp.Body.Close() }()
	answer, err = io.ReadAll(resp.Body)
	return resp.StatusCode, answer, err
}

// Control calls the control API. Status 0 means that no answer came.
func (p *Playground) Control(method, path, body string) (status int, answer string) {
	return p.Call(method, p.URL+path, body)
}

// Get decodes the JSON that a URL answers with status 200.
func (p *Playground) Get(url string, into any) error {
	status, answer, err := p.Request(context.Background(), http.MethodGet, url, "")
	if err != nil {
		return err
	}
	if status != http.StatusOK {
		return fmt.Errorf("GET %s: status %d: %s", url, status, answer)
	}
	return json.Unmarshal(answer, into)
}

// Cluster is what GET /api/cluster answers.
type Cluster struct {
	collect.Cluster
	// Process has the vitals of the playground's own process.
	Process cluster.Vitals `json:"process"`
}

// ReadCluster is what GET /api/cluster answers.
func (p *Playground) ReadCluster() (c Cluster, err error) {
	err = p.Get(p.URL+"/api/cluster", &c)
	if err == nil && len(c.Nodes) != len(p.Place.Nodes) {
		err = fmt.Errorf("the cluster has %d nodes", len(c.Nodes))
	}
	return c, err
}

// ReadState is what GET /admin/state at node i answers.
func (p *Playground) ReadState(i int) (s cluster.Snapshot, err error) {
	err = p.Get(p.Node(i)+"/admin/state", &s)
	return s, err
}

// ReadInflight is what GET /api/inflight answers: the messages under way and
// the timers that are set.
func (p *Playground) ReadInflight() (messages, timers []cluster.Event, err error) {
	var answer struct{ Messages, Timers []cluster.Event }
	err = p.Get(p.URL+"/api/inflight", &answer)
	return answer.Messages, answer.Timers, err
}

// ReadEvents are all events that the playground retains, oldest first.
func (p *Playground) ReadEvents() (events []cluster.Event, err error) {
	status, recording, err := p.Request(context.Background(), http.MethodGet, p.URL+"/api/recording", "")
	if err != nil {
		return nil, err
	}
	if status != http.StatusOK {
		return nil, fmt.Errorf("GET /api/recording: status %d: %s", status, recording)
	}
	for line := range bytes.Lines(recording) {
		var e cluster.Event
		if err := json.Unmarshal(line, &e); err != nil {
			return nil, err
		}
		switch e.Kind() {
		case "head", cluster.KindHello, "marker": // these are no events
		default:
			events = append(events, e)
		}
	}
	return events, nil
}

// AllUp is nil if every node serves and answers.
func (p *Playground) AllUp() error {
	c, err := p.ReadCluster()
	if err != nil {
		return err
	}
	for _, n := range c.Nodes {
		if n.Status != cluster.StatusUp || n.Silent {
			return fmt.Errorf("node %d is %s, silent %v", n.ID, n.Status, n.Silent)
		}
	}
	return nil
}

// AtRest is nil if no transaction is undecided, no lock and no hint is held,
// and the nodes that the mode wants to hold a key all hold the same value,
// version and siblings of it.
func (p *Playground) AtRest(mode cluster.Mode) error {
	held := map[string]map[cluster.NodeID]string{}
	at := map[string][]cluster.NodeID{}
	for i := range p.Place.Nodes {
		s, err := p.ReadState(i + 1)
		if err != nil {
			return err
		}
		if len(s.Undecided) > 0 || len(s.Hints) > 0 {
			return fmt.Errorf("node %d: undecided %v, hints %v", i+1, s.Undecided, s.Hints)
		}
		for _, k := range s.Keys {
			if k.LockedBy != "" {
				return fmt.Errorf("node %d: %s is locked by %s", i+1, k.Key, k.LockedBy)
			}
			if held[k.Key] == nil {
				held[k.Key] = map[cluster.NodeID]string{}
			}
			held[k.Key][cluster.NodeID(i+1)] = fmt.Sprint(k.Val, k.Version, k.Siblings)
			if holders := p.holders(mode, k); len(holders) > 0 {
				at[k.Key] = holders
			}
		}
	}
	for key, nodes := range at {
		for _, node := range nodes[1:] {
			if held[key][node] != held[key][nodes[0]] {
				return fmt.Errorf("%s: node %d holds %q, node %d %q", key, nodes[0], held[key][nodes[0]], node, held[key][node])
			}
		}
	}
	return nil
}

// holders are the nodes that must hold a key at rest.
func (p *Playground) holders(mode cluster.Mode, k cluster.KeyState) (all []cluster.NodeID) {
	switch modes.Of(mode).Copies {
	case cluster.CopiesAll:
		for i := range p.Place.Nodes {
			all = append(all, cluster.NodeID(i+1))
		}
		return all
	case cluster.CopiesHomes:
		return k.Homes
	}
	return nil
}

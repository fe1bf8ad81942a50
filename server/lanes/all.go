package lanes

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/go-chi/chi/v5"

	"capplayground/cluster"
	"capplayground/cluster/guard"
)

// Result is the answer of one lane.
type Result struct {
	Mode   cluster.Mode `json:"mode"`
	Status int          `json:"status"`
	// MS is the time from the call to the answer, in milliseconds.
	MS   float64         `json:"ms"`
	Body json.RawMessage `json:"body"`
}

// Answer is the answer to a call of all lanes. If all lanes answer with the same status,
// the answer has this status. Otherwise it has status 207 (RFC 4918, section 13).
type Answer struct {
	// Error names each lane that answered with an error, and its error.
	Error string `json:"error,omitempty"`
	// Code is the code of the first of these errors.
	Code  string   `json:"code,omitempty"`
	Lanes []Result `json:"lanes"`
}

// all makes the call in every lane at the same moment, and answers when all lanes
// have answered.
func (a *API) all(w http.ResponseWriter, r *http.Request) {
	rest := strings.TrimPrefix(r.URL.Path, Path+"/")
	switch ReachOf(r.Method, rest) {
	case None:
		guard.WriteError(w, cluster.Sentinel(fmt.Sprintf("this call is for one lane: %s/%s, or another of %s", Calls(a.lanes[0].Mode), cluster.Cut(rest, 60), a.names()), cluster.ErrNoSuchCall))
		return
	case First:
		a.lanes[0].Calls.ServeHTTP(w, below(r, Path))
		return
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	if err != nil {
		as := cluster.ErrBadRequest
		if _, long := errors.AsType[*http.MaxBytesError](err); long {
			as = cluster.ErrTooLarge
		}
		guard.WriteError(w, cluster.Sentinel("the body cannot be read: "+err.Error(), as))
		return
	}
	replies := a.ask(r, body)
	answer := Answer{Lanes: make([]Result, len(replies))}
	status := replies[0].status
	var failed []string
	for i, reply := range replies {
		answer.Lanes[i] = reply.result(a.lanes[i].Mode)
		if reply.status != status {
			status = http.StatusMultiStatus
		}
		if text, code := reply.error(); text != "" {
			failed = append(failed, string(a.lanes[i].Mode)+": "+text)
			answer.Code = cmp.Or(answer.Code, code)
		}
	}
	answer.Error = strings.Join(failed, "; ")
	if allow := replies[0].header.Get("Allow"); allow != "" {
		w.Header().Set("Allow", allow)
	}
	guard.WriteJSON(w, status, answer)
}

// ask makes the call in every lane.
func (a *API) ask(r *http.Request, body []byte) []*reply {
	replies := make([]*reply, len(a.lanes))
	var ready, done sync.WaitGroup
	ready.Add(len(a.lanes))
	for i, lane := range a.lanes {
		reply := &reply{header: http.Header{}, status: http.StatusOK}
		replies[i] = reply
		done.Go(func() {
			call := below(r, Path)
			call.Body, call.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
			ready.Done()
			ready.Wait() // every lane is called at the same moment
			reply.take(lane.Calls, call)
		})
	}
	done.Wait()
	return replies
}

// below returns a copy of a request whose path has /api in place of prefix. The copy
// does not have the route context of the router above: the router of a lane would
// continue in it instead of matching the whole path.
func below(r *http.Request, prefix string) *http.Request {
	call := r.Clone(context.WithValue(r.Context(), chi.RouteCtxKey, nil))
	call.URL.Path = "/api" + strings.TrimPrefix(r.URL.Path, prefix)
	if r.URL.RawPath != "" {
		call.URL.RawPath = "/api" + strings.TrimPrefix(r.URL.RawPath, prefix)
	}
	return call
}

// reply is an http.ResponseWriter that keeps the answer of one lane.
type reply struct {
	header http.Header
	status int
	body   bytes.Buffer
	took   time.Duration
}

func (p *reply) Header() http.Header            { return p.header }
func (p *reply) WriteHeader(status int)         { p.status = status }
func (p *reply) Write(text []byte) (int, error) { return p.body.Write(text) }

// take makes the call in one lane. A handler that panics must not end the other
// lanes: net/http recovers only the goroutines that it has started.
func (p *reply) take(lane http.Handler, call *http.Request) {
	began := time.Now()
	defer func() {
		p.took = time.Since(began)
		if fault := recover(); fault != nil {
			p.body.Reset()
			guard.WriteError(p, fmt.Errorf("the call broke off: %v", fault))
		}
	}()
	lane.ServeHTTP(p, call)
}

// result returns the answer as a part of the answer of all lanes.
func (p *reply) result(mode cluster.Mode) Result {
	body := json.RawMessage(bytes.TrimSpace(p.body.Bytes()))
	if !json.Valid(body) {
		body, _ = json.Marshal(string(body)) // a text: this cannot fail
	}
	return Result{Mode: mode, Status: p.status, MS: float64(p.took.Microseconds()) / 1000, Body: body}
}

// error returns the text and the code of the lane's error; "" if the lane answered
// without an error.
func (p *reply) error() (text, code string) {
	if p.status < http.StatusBadRequest {
		return "", ""
	}
	var body struct {
		Error string `json:"error"`
		Code  string `json:"code"`
	}
	if json.Unmarshal(p.body.Bytes(), &body) != nil || body.Error == "" {
		return http.StatusText(p.status), ""
	}
	return body.Error, body.Code
}

// Package operation is the vocabulary of clients: an operation at a node, the call of
// the node's REST API that carries it out, and the node's answer. It makes no call.
package operation

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"capplayground/cluster"
	"capplayground/cluster/modes"
)

// Op is one operation of a client at a node.
type Op struct {
	Node    cluster.NodeID
	Kind    cluster.RequestKind
	Key     string
	Val     string
	Tx      cluster.OpID // propose, commit, rollback: the transaction's id
	TS      int64        // plant: microseconds since the epoch
	IfMatch string       // write: the version that it replaces; "" for none
	Client  string       // the client's name in events
}

// Answer is the answer of a node.
type Answer struct {
	Status int
	Header http.Header
	Body   []byte
}

// ErrOp is returned for an operation that no node has a call for.
var ErrOp = cluster.Sentinel("not an operation", cluster.ErrFields)

// Kinds returns the kinds of operations, those of all modes first.
func Kinds() []cluster.RequestKind {
	kinds := []cluster.RequestKind{cluster.OpRead, cluster.OpWrite}
	for _, call := range modes.Calls() {
		kinds = append(kinds, call.Kind)
	}
	return kinds
}

// Check returns ErrOp for an unknown kind, or for a transaction without an id.
// The node checks everything else.
func (o Op) Check() error {
	if !slices.Contains(Kinds(), o.Kind) {
		return fmt.Errorf("%w: kind %q (want one of %v)", ErrOp, o.Kind, Kinds())
	}
	if call, ok := callOf(o.Kind); ok && o.Tx == "" && strings.Contains(call.Path, "{id}") {
		return fmt.Errorf("%w: %s needs the id of its transaction", ErrOp, o.Kind)
	}
	return nil
}

// Request is a call of a node's REST API.
type Request struct {
	Method, Path string
	ContentType  string // "" where there is no body
	Body         string
	IfMatch      string
}

// Request returns the call that carries out the operation. Check must have returned
// nil.
func (o Op) Request() Request {
	switch o.Kind {
	case cluster.OpRead:
		return Request{Method: http.MethodGet, Path: "/database/" + Escape(o.Key)}
	case cluster.OpWrite:
		return Request{
			Method: http.MethodPut, Path: "/database/" + Escape(o.Key), IfMatch: o.IfMatch,
			ContentType: "text/plain; charset=utf-8", Body: o.Val,
		}
	}
	call, _ := callOf(o.Kind)
	r := Request{Method: call.Method, Path: strings.NewReplacer("{id}", Escape(string(o.Tx)), "{key}", Escape(o.Key)).Replace(call.Path)}
	if len(call.Body) > 0 {
		fields := map[string]any{"id": o.Tx, "key": o.Key, "val": o.Val, "ts": o.TS}
		for name := range fields {
			if !slices.Contains(call.Body, name) {
				delete(fields, name)
			}
		}
		body, _ := json.Marshal(fields) // strings and a number: this cannot fail
		r.ContentType, r.Body = "application/json", string(body)
	}
	return r
}

// Escape makes a key one segment of a path. A client removes the segments "." and ".."
// from a path if they are not escaped (RFC 3986, section 5.2.4).
func Escape(key string) string {
	if key == "." || key == ".." {
		return strings.ReplaceAll(key, ".", "%2E")
	}
	return url.PathEscape(key)
}

func callOf(kind cluster.RequestKind) (cluster.Call, bool) {
	for _, call := range modes.Calls() {
		if call.Kind == kind {
			return call, true
		}
	}
	return cluster.Call{}, false
}

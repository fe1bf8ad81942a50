package simnodes

import (
	"bytes"
	"context"
	"io"
	"net"
	"net/http"
	"slices"
	"syscall"
)

// Do makes a request of a node's REST API, as an HTTP client does. A killed node refuses
// the connection. If the node is killed before it answers, the connection ends. It
// implements client.Caller and workload.Caller.
func (n *Nodes) Do(req *http.Request) (*http.Response, error) {
	i := slices.Index(n.cfg.Peers, req.URL.Host)
	if i < 0 {
		return nil, refused(req)
	}
	n.mu.Lock()
	one, handler := n.processes[i], n.apis[i]
	n.mu.Unlock()
	if one == nil {
		return nil, refused(req)
	}
	req = req.WithContext(overNetwork{req.Context()})
	if req.Body == nil {
		req.Body = http.NoBody
	}
	answered := make(chan *http.Response, 1)
	go func() { answered <- Serve(handler, req) }()
	select {
	case response := <-answered:
		// A handler also answers when its client has gone or its node was killed. No
		// client gets such an answer.
		select {
		case <-one.gone:
			return nil, io.EOF
		default:
		}
		return response, req.Context().Err()
	case <-one.gone:
		return nil, io.EOF
	case <-req.Context().Done():
		return nil, req.Context().Err()
	}
}

// overNetwork is a client's context as a node has it: it ends when the client goes, and it
// has no values. With the values the node's router would take the request for one that the
// playground's router has begun to route.
type overNetwork struct{ context.Context }

func (overNetwork) Value(any) any { return nil }

func refused(req *http.Request) error {
	return &net.OpError{Op: "dial", Net: "tcp", Err: &net.AddrError{Err: syscall.ECONNREFUSED.Error(), Addr: req.URL.Host}}
}

// Serve has a handler answer a request, and returns the whole answer.
func Serve(handler http.Handler, req *http.Request) *http.Response {
	a := &answer{header: make(http.Header)}
	handler.ServeHTTP(a, req)
	a.WriteHeader(http.StatusOK)
	return &http.Response{
		StatusCode: a.status, Status: http.StatusText(a.status), Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: a.header, Body: io.NopCloser(&a.body), ContentLength: int64(a.body.Len()), Request: req,
	}
}

// answer keeps what a handler writes. It implements http.ResponseWriter.
type answer struct {
	header http.Header
	status int
	body   bytes.Buffer
}

func (a *answer) Header() http.Header { return a.header }

func (a *answer) WriteHeader(status int) {
	if a.status == 0 {
		a.status = status
	}
}

func (a *answer) Write(p []byte) (int, error) {
	a.WriteHeader(http.StatusOK)
	return a.body.Write(p)
}

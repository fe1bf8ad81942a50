// Package client calls the nodes' REST API as any client does. It carries out
// operations, and has a node print or clear its screen. It never repeats a failed call.
package client

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/google/uuid"

	"capplayground/cluster"
	"capplayground/server/operation"
)

// Patience is how long the client waits for an answer, in virtual time. A node that
// runs answers sooner.
const Patience = cluster.OpTimeout + time.Second

// screenTimeout is how long the client waits for a call about the screen, in real time.
const screenTimeout = 2 * time.Second

// maxAnswer bounds what is read of a node's answer, in bytes.
const maxAnswer = 4 << 20

// maxRunning bounds the operations in the background.
const maxRunning = 1000

// Stage takes the events of operations whose node did not send them.
type Stage interface {
	Publish(...cluster.Event)
	// Operation reports which events of an operation have come so far.
	Operation(cluster.NodeID, cluster.OpID) (invoked, returned bool)
	Status(cluster.NodeID) cluster.Status
}

// VirtualTime is the virtual time of the cluster.
type VirtualTime interface {
	Now() cluster.Time
	// Elapse returns nil when this much virtual time has passed, or ctx's error.
	Elapse(ctx context.Context, d time.Duration) error
}

// Caller makes one HTTP request. *http.Client is one. An interface with the method of
// http.RoundTripper would link Go's whole HTTP transport into the simulated edition.
type Caller interface {
	Do(*http.Request) (*http.Response, error)
}

// Connections returns a Caller that makes a connection for each request. A kept one
// could die between two requests, and it would be unknown whether the second was
// sent.
func Connections() *http.Client {
	return &http.Client{
		Transport:     &http.Transport{DisableKeepAlives: true, DisableCompression: true},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// Config is what a Client is made from. All but Token is required.
type Config struct {
	Caller Caller
	URLs   []string // of the nodes, in the order of their numbers
	Token  string   // sent with every call, where it is not ""
	Stage  Stage
	Time   VirtualTime
	Clock  func() int64 // microseconds since the epoch
}

// Client is safe for use by several goroutines.
type Client struct {
	cfg Config

	life       context.Context // ends with the client: operations in the background have no other
	stop       context.CancelFunc
	slots      chan struct{}
	background sync.WaitGroup
	mu         sync.Mutex // no operation begins in the background after Close
}

// New returns a client. Close must follow.
func New(cfg Config) *Client {
	life, stop := context.WithCancel(context.Background())
	return &Client{cfg: cfg, life: life, stop: stop, slots: make(chan struct{}, maxRunning)}
}

// Close ends the operations in the background, and waits for them.
func (c *Client) Close() {
	c.mu.Lock()
	c.stop()
	c.mu.Unlock()
	c.background.Wait()
}

// Check returns cluster.ErrNoSuchNode if the cluster has no such node.
func (c *Client) Check(id cluster.NodeID) error {
	if id < 1 || int(id) > len(c.cfg.URLs) {
		return fmt.Errorf("%w: %d", cluster.ErrNoSuchNode, id)
	}
	return nil
}

// Start carries out an operation in the background. It returns
// cluster.ErrUnavailable if too many are under way already.
func (c *Client) Start(op operation.Op) (cluster.OpID, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.life.Err() != nil {
		return "", cluster.ErrStopping
	}
	select {
	case c.slots <- struct{}{}:
	default:
		return "", fmt.Errorf("%w: %d operations wait for an answer already", cluster.ErrUnavailable, maxRunning)
	}
	id := cluster.OpID(uuid.NewString())
	c.background.Go(func() {
		defer func() { <-c.slots }()
		c.do(c.life, id, op)
	})
	return id, nil
}

// Do carries out an operation and returns the node's answer. If none comes, the
// answer says why: 503 if the request never reached the node, 504 if the outcome is
// unknown.
func (c *Client) Do(ctx context.Context, op operation.Op) (cluster.OpID, operation.Answer) {
	id := cluster.OpID(uuid.NewString())
	return id, c.do(ctx, id, op)
}

func (c *Client) do(ctx context.Context, id cluster.OpID, op operation.Op) operation.Answer {
	began := c.invoked(id, op)
	if c.cfg.Stage.Status(op.Node) != cluster.StatusUp {
		c.cfg.Stage.Publish(began) // the node cannot tell of it now; if it can later, this event counts
	}
	answer, err := c.call(ctx, id, op)
	if err == nil {
		return answer
	}
	kind, outcome := cluster.ErrUnknown, "unknown"
	if isRefused(err) {
		kind, outcome = cluster.ErrUnavailable, "aborted"
	}
	status, code := cluster.StatusOf(kind)
	text := ""
	if isBroken(err) {
		text = connectionBroke
	}
	c.complete(id, op, began, status, text)
	body, _ := json.Marshal(struct { // strings alone: this cannot fail
		Error   string       `json:"error"`
		Code    string       `json:"code"`
		Outcome string       `json:"outcome"`
		Op      cluster.OpID `json:"op"`
	}{fmt.Sprintf("node %d: %s", op.Node, withoutURL(err)), code, outcome, id})
	return operation.Answer{
		Status: status, Body: append(body, '\n'),
		Header: http.Header{"Content-Type": {"application/json; charset=utf-8"}},
	}
}

// Unanswered publishes the events of an operation of another client that its node did
// not answer. The client called at began. status is 503 or 504.
func (c *Client) Unanswered(id cluster.OpID, op operation.Op, began time.Time, status int) {
	e := c.invoked(id, op)
	e.T -= time.Since(began).Microseconds()
	c.complete(id, op, e, status, "")
}

// complete publishes the events of an operation that its node did not send.
// text says why the node gave no answer; "" if that is not known.
func (c *Client) complete(id cluster.OpID, op operation.Op, began cluster.Event, status int, text string) {
	invoked, returned := c.cfg.Stage.Operation(op.Node, id)
	if !invoked {
		c.cfg.Stage.Publish(began)
	}
	if !returned {
		c.cfg.Stage.Publish(c.event(op, &cluster.Returned{ClientCall: clientCall(id, op), Status: cluster.HTTPStatus(status), Text: text}))
	}
}

// invoked is the event of an operation's beginning.
func (c *Client) invoked(id cluster.OpID, op operation.Op) cluster.Event {
	call := clientCall(id, op)
	if op.Val != "" {
		call.Value = cluster.ValueOf(op.Val)
	}
	return c.event(op, &cluster.Invoked{ClientCall: call})
}

// event returns an event that the playground publishes for the called node.
func (c *Client) event(op operation.Op, body cluster.Body) cluster.Event {
	return cluster.Event{Node: op.Node, T: c.cfg.Clock(), V: c.cfg.Time.Now(), Body: body}
}

// clientCall returns the part that both events of an operation have.
func clientCall(id cluster.OpID, op operation.Op) cluster.ClientCall {
	return cluster.ClientCall{Op: id, Client: op.Client, OpKind: op.Kind, Key: op.Key}
}

// call makes the one request that an operation is.
func (c *Client) call(ctx context.Context, id cluster.OpID, op operation.Op) (operation.Answer, error) {
	ctx, giveUp := context.WithCancelCause(ctx)
	defer giveUp(nil)
	go func() {
		if c.cfg.Time.Elapse(ctx, Patience) == nil {
			giveUp(errNoAnswer)
		}
	}()
	r := op.Request()
	header := http.Header{"X-Cap-Op": {string(id)}, "X-Cap-Client": {op.Client}}
	if r.ContentType != "" {
		header.Set("Content-Type", r.ContentType)
	}
	if r.IfMatch != "" {
		header.Set("If-Match", r.IfMatch)
	}
	return c.ask(ctx, op.Node, r.Method, r.Path, header, strings.NewReader(r.Body))
}

// Dump has a node print its database on its screen, and returns the answer.
func (c *Client) Dump(ctx context.Context, id cluster.NodeID) (operation.Answer, error) {
	return c.screen(ctx, id, "/admin/dump")
}

// Clean has a node push blank lines on its screen.
func (c *Client) Clean(ctx context.Context, id cluster.NodeID) (operation.Answer, error) {
	return c.screen(ctx, id, "/admin/clean")
}

func (c *Client) screen(ctx context.Context, id cluster.NodeID, path string) (operation.Answer, error) {
	if err := c.Check(id); err != nil {
		return operation.Answer{}, err
	}
	if status := c.cfg.Stage.Status(id); status != cluster.StatusUp {
		return operation.Answer{}, fmt.Errorf("%w: node %d is %s", cluster.ErrNotNow, id, status)
	}
	ctx, cancel := context.WithTimeout(ctx, screenTimeout)
	defer cancel()
	answer, err := c.ask(ctx, id, http.MethodGet, path, http.Header{}, nil)
	if err != nil {
		return answer, fmt.Errorf("%w: node %d: %s", cluster.ErrUnavailable, id, withoutURL(err))
	}
	return answer, nil
}

// ask makes one request of a node.
func (c *Client) ask(ctx context.Context, id cluster.NodeID, method, path string, header http.Header, body io.Reader) (operation.Answer, error) {
	req, err := http.NewRequestWithContext(ctx, method, c.cfg.URLs[id-1]+path, body)
	if err != nil {
		return operation.Answer{}, err
	}
	req.Header = header
	if c.cfg.Token != "" {
		req.Header.Set("Authorization", "Bearer "+c.cfg.Token)
	}
	resp, err := c.cfg.Caller.Do(req)
	if err != nil {
		return operation.Answer{}, causeOf(ctx, err)
	}
	defer resp.Body.Close()
	var all bytes.Buffer
	if _, err := all.ReadFrom(io.LimitReader(resp.Body, maxAnswer)); err != nil {
		return operation.Answer{}, causeOf(ctx, err)
	}
	return operation.Answer{Status: resp.StatusCode, Header: resp.Header, Body: all.Bytes()}, nil
}

var errNoAnswer = errors.New("no answer for 3 seconds of virtual time")

// causeOf returns the reason why the client gave up, if it did; otherwise err.
func causeOf(ctx context.Context, err error) error {
	if why := context.Cause(ctx); why != nil {
		return why
	}
	return err
}

// isRefused reports whether the request never reached the node.
func isRefused(err error) bool {
	op, ok := errors.AsType[*net.OpError](err)
	return ok && op.Op == "dial"
}

// connectionBroke is the text of the return of a call whose node went away
// before it answered. The page reads it (static/js/model/fold.js).
const connectionBroke = "the connection to the node broke"

// isBroken reports whether the node took the request and then closed the
// connection without an answer, as the system does for a process that is killed.
func isBroken(err error) bool {
	return errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, syscall.ECONNRESET)
}

// withoutURL is the text of an error without the URL, which has the client's
// key in it.
func withoutURL(err error) string {
	if e, ok := errors.AsType[*url.Error](err); ok {
		err = e.Err
	}
	if isRefused(err) {
		return "connection refused"
	}
	return err.Error()
}

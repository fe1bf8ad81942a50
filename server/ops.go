package server

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
	"time"

	"github.com/google/uuid"

	"capplayground/cluster"
	"capplayground/server/control"
)

// opPatience is how long a node may leave a request unanswered, in virtual
// time: longer than it ever does while it runs.
const opPatience = cluster.OpTimeout + time.Second

// screenTimeout bounds what a node does to its screen, in real time.
const screenTimeout = 2 * time.Second

// maxAnswer bounds what is read of a node's answer, in bytes.
const maxAnswer = 4 << 20

// maxRunning bounds the operations in the background.
const maxRunning = 1000

// ops carries out operations by the nodes' REST API, as any client would.
type ops struct {
	play  *Playground
	urls  []string
	token string
	// http makes a connection for each request. A kept one could die between
	// two requests, and whether the second was then sent nobody could tell.
	http *http.Client

	ctx  context.Context // ends with the playground: those in the background have no other
	stop context.CancelFunc
	slot chan struct{}
	wg   sync.WaitGroup
	mu   sync.Mutex
}

func newOps(p *Playground, urls []string, token string) *ops {
	ctx, stop := context.WithCancel(context.Background())
	return &ops{
		play: p, urls: urls, token: token, ctx: ctx, stop: stop, slot: make(chan struct{}, maxRunning),
		http: &http.Client{
			Transport:     &http.Transport{DisableKeepAlives: true, DisableCompression: true},
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
	}
}

// close ends what runs in the background, and waits for it.
func (o *ops) close() {
	o.mu.Lock()
	o.stop()
	o.mu.Unlock()
	o.wg.Wait()
}

// Check implements control.Ops.
func (o *ops) Check(id cluster.NodeID) error {
	if id < 1 || int(id) > len(o.urls) {
		return fmt.Errorf("%w: %d", cluster.ErrNoSuchNode, id)
	}
	return nil
}

// Start implements control.Ops.
func (o *ops) Start(op control.Op) (cluster.OpID, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.ctx.Err() != nil {
		return "", cluster.ErrStopping
	}
	select {
	case o.slot <- struct{}{}:
	default:
		return "", fmt.Errorf("%w: %d operations wait for an answer already", cluster.ErrUnavailable, maxRunning)
	}
	id := cluster.OpID(uuid.NewString())
	o.wg.Go(func() {
		defer func() { <-o.slot }()
		o.do(o.ctx, id, op)
	})
	return id, nil
}

// Do implements control.Ops.
func (o *ops) Do(ctx context.Context, op control.Op) (cluster.OpID, control.Answer) {
	id := cluster.OpID(uuid.NewString())
	return id, o.do(ctx, id, op)
}

func (o *ops) do(ctx context.Context, id cluster.OpID, op control.Op) control.Answer {
	began := o.event(cluster.KindInvoke, id, op)
	if o.play.collect.Status(op.Node) != cluster.StatusUp {
		o.play.collect.Publish(began) // it cannot tell; if it can one day, this one counts
	}
	answer, err := o.call(ctx, id, op)
	if err == nil {
		return answer
	}
	status, outcome := http.StatusGatewayTimeout, "unknown"
	if refused(err) {
		status, outcome = http.StatusServiceUnavailable, "aborted"
	}
	o.tell(id, op, began, status)
	body, _ := json.Marshal(struct { // three strings: this cannot fail
		Error   string       `json:"error"`
		Outcome string       `json:"outcome"`
		Op      cluster.OpID `json:"op"`
	}{fmt.Sprintf("node %d: %s", op.Node, plain(err)), outcome, id})
	return control.Answer{
		Status: status, Body: append(body, '\n'),
		Header: http.Header{"Content-Type": {"application/json; charset=utf-8"}},
	}
}

// tell completes the operation on the stage where its node did not.
func (o *ops) tell(id cluster.OpID, op control.Op, began cluster.Event, status int) {
	invoked, returned := o.play.collect.Operation(id)
	if !invoked {
		o.play.collect.Publish(began)
	}
	if !returned {
		e := o.event(cluster.KindReturn, id, op)
		e.Status = cluster.HTTPStatus(status)
		o.play.collect.Publish(e)
	}
}

func (o *ops) event(kind cluster.EventKind, id cluster.OpID, op control.Op) cluster.Event {
	e := cluster.Event{
		Kind: kind, Node: op.Node, T: o.play.cfg.Clock(), V: o.play.faults.Now(),
		Op: id, Client: op.Client, OpKind: op.Kind, Key: op.Key,
	}
	if op.Kind == cluster.OpWrite && kind == cluster.KindInvoke {
		e.SetVal(op.Val)
	}
	return e
}

// call makes the one request that an operation is.
func (o *ops) call(ctx context.Context, id cluster.OpID, op control.Op) (control.Answer, error) {
	ctx, giveUp := context.WithCancelCause(ctx)
	defer giveUp(nil)
	go func() {
		if o.play.faults.Elapse(ctx, opPatience) == nil {
			giveUp(errNoAnswer)
		}
	}()
	header := http.Header{"X-Cap-Op": {string(id)}, "X-Cap-Client": {op.Client}}
	method, body := http.MethodGet, io.Reader(nil)
	if op.Kind == cluster.OpWrite {
		method, body = http.MethodPut, strings.NewReader(op.Val)
		header.Set("Content-Type", "text/plain; charset=utf-8")
	}
	return o.ask(ctx, op.Node, method, "/database/"+escape(op.Key), header, body)
}

// screen has a node do something to its screen.
func (o *ops) screen(ctx context.Context, id cluster.NodeID, path string) (control.Answer, error) {
	if err := o.Check(id); err != nil {
		return control.Answer{}, err
	}
	if status := o.play.collect.Status(id); status != cluster.StatusUp {
		return control.Answer{}, fmt.Errorf("%w: node %d is %s", cluster.ErrNotNow, id, status)
	}
	ctx, cancel := context.WithTimeout(ctx, screenTimeout)
	defer cancel()
	answer, err := o.ask(ctx, id, http.MethodGet, path, http.Header{}, nil)
	if err != nil {
		return answer, fmt.Errorf("%w: node %d: %s", cluster.ErrUnavailable, id, plain(err))
	}
	return answer, nil
}

// ask makes one request of a node.
func (o *ops) ask(ctx context.Context, id cluster.NodeID, method, path string, header http.Header, body io.Reader) (control.Answer, error) {
	req, err := http.NewRequestWithContext(ctx, method, o.urls[id-1]+path, body)
	if err != nil {
		return control.Answer{}, err
	}
	req.Header = header
	if o.token != "" {
		req.Header.Set("Authorization", "Bearer "+o.token)
	}
	resp, err := o.http.Do(req)
	if err != nil {
		return control.Answer{}, cause(ctx, err)
	}
	defer resp.Body.Close()
	var all bytes.Buffer
	if _, err := all.ReadFrom(io.LimitReader(resp.Body, maxAnswer)); err != nil {
		return control.Answer{}, cause(ctx, err)
	}
	return control.Answer{Status: resp.StatusCode, Header: resp.Header, Body: all.Bytes()}, nil
}

// escape makes one path segment of a key. "." and ".." would vanish on the
// way if they were written plainly.
func escape(key string) string {
	if key == "." || key == ".." {
		return strings.ReplaceAll(key, ".", "%2E")
	}
	return url.PathEscape(key)
}

var errNoAnswer = errors.New("no answer for 3 seconds of virtual time")

// cause is why we gave up, where it was we who did.
func cause(ctx context.Context, err error) error {
	if why := context.Cause(ctx); why != nil {
		return why
	}
	return err
}

// refused says that the request never reached the node.
func refused(err error) bool {
	op, ok := errors.AsType[*net.OpError](err)
	return ok && op.Op == "dial"
}

// plain says it without the URL, which names the client's secret key or value.
func plain(err error) string {
	if e, ok := errors.AsType[*url.Error](err); ok {
		err = e.Err
	}
	if refused(err) {
		return "connection refused"
	}
	return err.Error()
}

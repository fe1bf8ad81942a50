package main

import (
	"bufio"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"time"

	"capplayground/cluster/process"
)

// A bare node does for a client only what its need says: it answers one HTTP request,
// exchanges messages with other nodes in rounds, and makes records durable. It has no
// protocol, no keys, no events and no checks. Like a node it handles in one turn all that
// has arrived, with one synced write and one write to each peer. So it is the floor of a
// node that is written in Go.
type bareNode struct {
	id    int
	mode  string
	peers [nodes]net.Conn // nil at id
	log   *os.File
	tail  int64 // where the next record is written in log

	wake    chan struct{} // capacity 1
	mu      sync.Mutex
	arrived []bareMessage // not yet handled

	ops     map[uint64]*bareCall
	last    uint64
	out     [nodes][]byte // frames of this turn that need not wait for the disk
	after   [nodes][]byte // frames that leave after the records of this turn
	records int
	replies []*bareCall // calls that are answered in this turn
}

// bareMessage is a frame of a peer, or a client's call.
type bareMessage struct {
	from byte
	head bareHead
	call *bareCall
}

// bareHead is the beginning of a frame. The rest of the frame has no meaning.
type bareHead struct {
	kind  byte
	reads bool
	round byte
	op    uint64 // of the node that gets an answer to this frame, or whose answer this frame is
}

// The kinds of frames.
const (
	bareAsk = iota
	bareAnswer
	bareHandOver
	bareTaken
	bareResult
)

// bareCall is an operation at its coordinator, or at the node that a client called.
type bareCall struct {
	need    need
	round   int
	answers int           // of this round
	done    chan struct{} // nil: another node was called

	called   byte // that node, and its number of the operation
	calledOp uint64
}

const (
	bareFrame  = 96       // bytes of a frame: about as long as a node's
	bareRecord = 256      // bytes of a record: about as long as a node's two records of a write
	bareLog    = 32 << 20 // bytes of the log; writing starts again at its beginning
)

// runBareNode runs the bare node args[0] (from 0). args[1] has the addresses of all nodes,
// args[2] the directory of the log, args[3] the mode whose needs it has.
func runBareNode(ctx context.Context, args []string, stdout io.Writer) error {
	process.TuneNode() // as a node
	id, err := strconv.Atoi(args[0])
	if err != nil {
		return err
	}
	addrs := strings.Split(args[1], ",")
	n := &bareNode{id: id, mode: args[3], wake: make(chan struct{}, 1), ops: map[uint64]*bareCall{}}
	if n.log, err = openBareLog(filepath.Join(args[2], "bare"+args[0])); err != nil {
		return err
	}
	listener, err := net.Listen("tcp", addrs[id])
	if err != nil {
		return err
	}
	server := &http.Server{ReadHeaderTimeout: 5 * time.Second, Handler: http.HandlerFunc(n.serve)}
	context.AfterFunc(ctx, func() { server.Close() })
	go func() { _ = server.Serve(listener) }()
	for to, addr := range addrs {
		if to != id {
			if n.peers[to], err = dialBare(ctx, addr, id); err != nil {
				return err
			}
		}
	}
	fmt.Fprintln(stdout, addrs[id])
	return n.run(ctx)
}

// openBareLog makes a file whose writes are durable when they return. Its room is written
// before, as that of a node's log.
func openBareLog(path string) (*os.File, error) {
	file, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|durable, 0o600)
	if err == nil {
		_, err = file.WriteAt(make([]byte, bareLog), 0)
	}
	return file, err
}

// dialBare connects to a peer, which may not listen yet.
func dialBare(ctx context.Context, addr string, id int) (net.Conn, error) {
	for end := time.Now().Add(10 * time.Second); ; time.Sleep(10 * time.Millisecond) {
		conn, err := net.Dial("tcp", addr)
		if err == nil {
			_, err = fmt.Fprintf(conn, "GET /peer/%d HTTP/1.1\r\nHost: %s\r\n\r\n", id, addr)
			return conn, err
		}
		if ctx.Err() != nil || time.Now().After(end) {
			return nil, errors.Join(err, ctx.Err())
		}
	}
}

// serve serves a client's write, or the stream of a peer.
func (n *bareNode) serve(w http.ResponseWriter, r *http.Request) {
	if from, ok := strings.CutPrefix(r.URL.Path, "/peer/"); ok {
		id, _ := strconv.Atoi(from)
		if conn, buf, err := http.NewResponseController(w).Hijack(); err == nil {
			n.read(byte(id), conn, buf.Reader)
		}
		return
	}
	reads := r.Method == http.MethodGet
	call := &bareCall{need: n.need(reads), done: make(chan struct{})}
	n.put(bareMessage{call: call})
	<-call.done
	if !reads {
		w.WriteHeader(http.StatusCreated)
	}
	_, _ = io.WriteString(w, "{\"key\":\"k\",\"val\":\"v\",\"node\":1}\n")
}

// read takes the frames of a peer's stream until it ends.
func (n *bareNode) read(from byte, conn net.Conn, r *bufio.Reader) {
	defer conn.Close()
	frames := bufio.NewReaderSize(r, 64<<10)
	for {
		frame, err := frames.Peek(bareFrame)
		if err != nil {
			return
		}
		n.put(bareMessage{from: from, head: bareHead{frame[0], frame[1] == 1, frame[2], binary.LittleEndian.Uint64(frame[3:])}})
		_, _ = frames.Discard(bareFrame)
	}
}

func (n *bareNode) put(m bareMessage) {
	n.mu.Lock()
	n.arrived = append(n.arrived, m)
	n.mu.Unlock()
	select {
	case n.wake <- struct{}{}:
	default:
	}
}

// run runs one turn after another.
func (n *bareNode) run(ctx context.Context) error {
	var turn []bareMessage
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-n.wake:
			runtime.Gosched()
		}
		n.mu.Lock()
		turn, n.arrived = n.arrived, turn[:0]
		n.mu.Unlock()
		for _, m := range turn {
			n.step(m)
		}
		if err := n.letOut(); err != nil {
			return err
		}
		if len(n.ops) > 1 {
			yieldProcessor()
		}
	}
}

// need is what a read or a write must do.
func (n *bareNode) need(reads bool) need {
	if reads {
		return needOf(n.mode, "read")
	}
	return needOf(n.mode, "write")
}

// step handles one message or call.
func (n *bareNode) step(m bareMessage) {
	h := m.head
	if m.call != nil {
		h.op = n.add(m.call)
		h.reads = m.call.need.kind == "read"
		if to := (n.id + int(h.op)) % nodes; m.call.need.handedOver && to != n.id {
			h.kind = bareHandOver
			n.out[to] = appendBare(n.out[to], h)
			return
		}
		n.beginRound(h.op, m.call)
		return
	}
	switch h.kind {
	case bareAsk:
		h.kind = bareAnswer
		if n.need(h.reads).rounds[h.round].synced {
			n.records++
			n.after[m.from] = appendBare(n.after[m.from], h)
		} else {
			n.out[m.from] = appendBare(n.out[m.from], h)
		}
	case bareAnswer:
		call := n.ops[h.op]
		if call == nil || int(h.round) != call.round {
			return
		}
		if call.answers++; call.answers == call.need.rounds[call.round].answers {
			call.round++
			call.answers = 0
			n.beginRound(h.op, call)
		}
	case bareHandOver:
		h.kind = bareTaken
		n.out[m.from] = appendBare(n.out[m.from], h)
		call := &bareCall{need: n.need(h.reads), called: m.from, calledOp: h.op}
		n.beginRound(n.add(call), call)
	case bareResult:
		n.finish(h.op, n.ops[h.op])
	}
}

// add gives an operation its number.
func (n *bareNode) add(call *bareCall) uint64 {
	n.last++
	n.ops[n.last] = call
	return n.last
}

// beginRound sends the messages of the next round. It ends the operation if there is none,
// or if the operation does not wait for the answers.
func (n *bareNode) beginRound(op uint64, c *bareCall) {
	if c.round == len(c.need.rounds) {
		n.finish(op, c)
		return
	}
	r := c.need.rounds[c.round]
	frames := &n.out
	if r.own == before {
		frames = &n.after
	}
	if r.own != never {
		n.records++ // durable at the end of this turn, before the first answer
	}
	for i := range r.peers {
		to := (n.id + 1 + i) % nodes
		frames[to] = appendBare(frames[to], bareHead{bareAsk, c.need.kind == "read", byte(c.round), op})
	}
	if r.answers == 0 {
		n.finish(op, c)
	}
}

// finish sends the result, or answers the client, at the end of this turn.
func (n *bareNode) finish(op uint64, c *bareCall) {
	if c.done != nil {
		n.replies = append(n.replies, c)
	} else {
		n.after[c.called] = appendBare(n.after[c.called], bareHead{kind: bareResult, op: c.calledOp})
	}
	delete(n.ops, op)
}

func appendBare(b []byte, h bareHead) []byte {
	var frame [bareFrame]byte
	frame[0], frame[2] = h.kind, h.round
	if h.reads {
		frame[1] = 1
	}
	binary.LittleEndian.PutUint64(frame[3:], h.op)
	return append(b, frame[:]...)
}

// letOut lets out what this turn made: first the frames that may leave at once, then the
// records, then the acks and the answers.
func (n *bareNode) letOut() error {
	if err := n.write(&n.out); err != nil {
		return err
	}
	if n.records > 0 {
		records := make([]byte, n.records*bareRecord)
		if n.tail+int64(len(records)) > bareLog {
			n.tail = 0
		}
		if _, err := n.log.WriteAt(records, n.tail); err != nil {
			return err
		}
		n.tail += int64(len(records))
		n.records = 0
	}
	if err := n.write(&n.after); err != nil {
		return err
	}
	for _, w := range n.replies {
		close(w.done)
	}
	n.replies = n.replies[:0]
	return nil
}

func (n *bareNode) write(frames *[nodes][]byte) error {
	for to, b := range frames {
		if len(b) == 0 {
			continue
		}
		if _, err := n.peers[to].Write(b); err != nil {
			return err
		}
		frames[to] = b[:0]
	}
	return nil
}

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

	"capplayground/cluster/loopback"
	"capplayground/cluster/process"
)

// A bare node does for a write only what each CP write must do: it answers one HTTP
// request, exchanges 16 messages with the four other nodes in two rounds, and makes one
// record durable at each node. A read has the first round only. It has no protocol, no keys, no events and no checks. Like
// a node it handles in one turn all that has arrived, with one synced write and one write
// to each peer. So it is the floor of a node that is written in Go.
type bareNode struct {
	id    int
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
	from, kind byte
	op         uint64
	call       *bareCall
}

// The kinds of frames, in the order in which a write needs them.
const (
	bareQuery = iota
	bareAnswer
	bareStore
	bareAck
)

// bareCall is a write or a read that a client waits for.
type bareCall struct {
	reads         bool
	answers, acks int
	done          chan struct{}
}

const (
	bareFrame    = 96       // bytes of a frame: about as long as a node's
	bareRecord   = 256      // bytes of a record: about as long as a node's two records of a write
	bareLog      = 32 << 20 // bytes of the log; writing starts again at its beginning
	bareMajority = nodes/2 + 1
)

// runBareNode runs the bare node args[0] (from 0). args[1] has the addresses of all nodes,
// args[2] the directory of the log.
func runBareNode(ctx context.Context, args []string, stdout io.Writer) error {
	process.TuneNode() // as a node
	id, err := strconv.Atoi(args[0])
	if err != nil {
		return err
	}
	addrs := strings.Split(args[1], ",")
	n := &bareNode{id: id, wake: make(chan struct{}, 1), ops: map[uint64]*bareCall{}}
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
	call := &bareCall{reads: r.Method == http.MethodGet, done: make(chan struct{})}
	n.put(bareMessage{call: call})
	<-call.done
	if !call.reads {
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
		n.put(bareMessage{from: from, kind: frame[0], op: binary.LittleEndian.Uint64(frame[1:])})
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

// step handles one message or call.
func (n *bareNode) step(m bareMessage) {
	if m.call != nil {
		n.last++
		n.ops[n.last] = m.call
		n.toOthers(bareQuery, n.last)
		m.call.answers = 1 // its own
		return
	}
	call := n.ops[m.op]
	switch m.kind {
	case bareQuery:
		n.out[m.from] = appendBare(n.out[m.from], bareAnswer, m.op)
	case bareStore:
		n.records++
		n.after[m.from] = appendBare(n.after[m.from], bareAck, m.op)
	case bareAnswer:
		if call == nil {
			return
		}
		if call.answers++; call.answers == bareMajority && call.reads {
			n.finish(m.op, call)
		} else if call.answers == bareMajority {
			n.toOthers(bareStore, m.op)
			n.records++
			call.acks++ // its own record is durable before the next turn
		}
	case bareAck:
		if call == nil {
			return
		}
		if call.acks++; call.acks == bareMajority {
			n.finish(m.op, call)
		}
	}
}

// finish answers the call at the end of this turn.
func (n *bareNode) finish(op uint64, c *bareCall) {
	n.replies = append(n.replies, c)
	delete(n.ops, op)
}

func (n *bareNode) toOthers(kind byte, op uint64) {
	for to := range n.out {
		if to != n.id {
			n.out[to] = appendBare(n.out[to], kind, op)
		}
	}
}

func appendBare(b []byte, kind byte, op uint64) []byte {
	var frame [bareFrame]byte
	frame[0] = kind
	binary.LittleEndian.PutUint64(frame[1:], op)
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

// startBareNodes starts five bare nodes, and returns when all are connected.
func startBareNodes(ctx context.Context, dir string) (addrs []string, pids []int, stop func(), err error) {
	block, err := loopback.Reserve(nodes)
	if err != nil {
		return nil, nil, nil, err
	}
	var wg sync.WaitGroup
	errs := make([]error, nodes)
	stops := make([]func(), nodes)
	pids = make([]int, nodes)
	for i := range nodes {
		wg.Go(func() {
			_, pids[i], stops[i], errs[i] = again(ctx, "bare-node", strconv.Itoa(i), strings.Join(block.Addrs, ","), dir)
		})
	}
	wg.Wait()
	stop = func() {
		for _, f := range stops {
			if f != nil {
				f()
			}
		}
		_ = block.Close()
	}
	if err := errors.Join(errs...); err != nil {
		stop()
		return nil, nil, nil, err
	}
	return block.Addrs, pids, stop, nil
}

// measureBareNodes measures bare nodes as measureMode measures nodes.
func measureBareNodes(ctx context.Context, l *bench, floor floors) (all []figure, err error) {
	addrs, pids, stop, err := startBareNodes(ctx, l.dir)
	if err != nil {
		return nil, err
	}
	defer stop()
	for _, kind := range []string{"write", "read"} {
		for _, clients := range clientCounts {
			f, err := measured(pids, func() (figures, error) {
				return load(ctx, clients, l.span, wanted[kind], nodeRequest(addrs, kind, clients))
			})
			if err != nil {
				return nil, err
			}
			with := "floor: a " + kind + " of bare nodes, " + count(clients) + ": "
			if clients == 1 {
				all = append(all, figure{with + "p50 over the sum of its parts", float64(f.p50) / float64(floorOf("CP", kind, floor)), "times"})
			}
			all = append(all, figure{with + "p50", ms(f.p50), "ms"}, figure{with + "operations", f.perSecond, "/s"},
				figure{with + "processor time of the nodes", float64(f.cpu.Microseconds()), "µs"})
		}
	}
	return all, nil
}

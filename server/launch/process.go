package launch

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"capplayground/cluster"
	"capplayground/cluster/link"
	"capplayground/server/spacing"
)

// drainTimeout bounds how long the pipes of a process are read after the process
// ended. A child of the process could keep a pipe open.
const drainTimeout = 2 * time.Second

// process is one run of a node, from its start until it was reaped and its pipes
// were read to the end.
type process struct {
	slot *slot
	cmd  *exec.Cmd // nil for a node that was started by hand
	pid  int
	conn *link.Conn
	out  *outbox

	ready chan struct{} // closed when the node serves
	gone  chan struct{} // closed when the process is reaped and read to the end

	lastEvent atomic.Pointer[time.Time] // when its newest event came; nil: no event came

	// Only for a node that was started by hand:
	detached  chan struct{} // closed when the process loses its slot
	linkEnded atomic.Bool   // the link ended, and the process may still run
	killable  bool          // it obeys link.DoKill
	killed    atomic.Bool   // link.DoKill was sent: the end of its link is its end

	mu    sync.Mutex
	lines []string // its last lines on stderr
	asked []uint64 // the rounds of AskUnderWay that it has not answered, in their order
}

// startProcess starts the process of a slot.
func startProcess(s *slot, e cluster.Epoch, dir string) (*process, error) {
	cfg := &s.l.cfg
	args := append(append([]string{}, cfg.Args...), s.id.digit(),
		"--mode", string(e.Mode), "--peers", strings.Join(cfg.Peers, ","),
		"--data", dir, "--durability", cfg.Durability,
		"--epoch", strconv.Itoa(e.N), "--link", "stdio")
	if cfg.Bug != "" {
		args = append(args, "--bug", cfg.Bug)
	}
	program, err := s.l.program()
	if err != nil {
		return nil, err
	}
	cmd := exec.Command(program, args...)
	cmd.Args[0] = cfg.Program
	cmd.Env = append(os.Environ(), cfg.Env...)
	cmd.Env = append(cmd.Env, fmt.Sprintf("CAP_CLOCK_AHEAD=%v", cluster.Ahead(cfg.Clock)))
	if cfg.Token != "" {
		cmd.Env = append(cmd.Env, "CAP_TOKEN="+cfg.Token)
	}
	cmd.SysProcAttr = attributes()

	// The pipes of exec.Cmd cannot be used: they are closed when the process ends,
	// before its last lines were read.
	pipes, err := newPipes()
	if err != nil {
		return nil, err
	}
	cmd.Stdin, cmd.Stdout, cmd.Stderr = pipes.theirIn, pipes.theirOut, pipes.theirErr
	err = s.l.spawn.start(cmd)
	pipes.closeTheirs()
	if err != nil {
		pipes.closeOurs()
		return nil, err
	}
	conn := link.NewConn(pipes.out, pipes.in, nil)
	p := &process{
		slot: s, cmd: cmd, pid: cmd.Process.Pid, conn: conn, out: newOutbox(conn, s.latest),
		ready: make(chan struct{}), gone: make(chan struct{}),
	}
	s.fill(p)
	go p.run(pipes)
	return p, nil
}

// run reads from a process, writes to it and watches it until the process has
// ended and its pipes were read to the end. Then it empties the slot.
func (p *process) run(pipes *pipes) {
	var readers sync.WaitGroup
	readers.Go(func() { p.readMessages(pipes.out) })
	readers.Go(func() { p.read(pipes.err) })
	writer := make(chan struct{})
	go func() { defer close(writer); p.out.run() }()
	stopWatch := make(chan struct{})
	watcher := make(chan struct{})
	go func() { defer close(watcher); p.watch(stopWatch) }()

	_ = p.cmd.Wait() // the exit status does not matter: the process is gone
	close(stopWatch)
	drained := time.AfterFunc(drainTimeout, func() { pipes.closeOurs() })
	readers.Wait()
	drained.Stop()
	p.out.close()
	pipes.closeOurs()
	<-writer
	<-watcher
	p.slot.empty(p)
	close(p.gone)
}

// While a node is busy, its messages are read in beats. The readers of all nodes wake up at
// the same beat. A wake-up of the playground for each write of a node would delay the nodes.
const (
	beat      = 4 * time.Millisecond
	busyGap   = 5 * time.Millisecond   // a node gets busy when its messages are read more often than this,
	busyBurst = 100 * time.Millisecond // and are this far ahead of that after a rest
)

// awaitBeat returns at the first beat after now.
func awaitBeat(now time.Time) { time.Sleep(now.Truncate(beat).Add(beat).Sub(now)) }

// readMessages reads the node's messages until its link ends. They come through pipe, if it
// is not nil.
func (p *process) readMessages(pipe *lazyPipe) {
	reads := spacing.Spacing{Burst: busyBurst}
	for {
		up, err := p.conn.ReadUp()
		switch {
		case err == nil:
			p.handle(up)
		case errors.Is(err, link.ErrLine):
			p.slot.l.logLine(p.slot.id.NodeID, err.Error())
		default:
			return
		}
		if p.conn.Buffered() > 0 {
			continue
		}
		// The events of a busy node wait in the pipe for a moment, and are read together.
		now := time.Now()
		busy := reads.Wait(now, busyGap) > 0
		if pipe != nil {
			pipe.busy = pipe.busy || busy
			busy = pipe.busy
		}
		if busy {
			awaitBeat(now)
		}
	}
}

// handle handles one message of the node.
func (p *process) handle(up link.Up) {
	switch {
	case up.Hello != nil:
		p.slot.update(p, func(st *state) { st.incarnation = up.Hello.Incarnation })
		p.slot.remember(up.Hello.Database)
	case up.Ready != nil:
		select {
		case <-p.ready:
		default:
			p.slot.update(p, func(st *state) { st.ready = true })
			close(p.ready)
		}
	case len(up.Events) > 0:
		now := time.Now()
		p.lastEvent.Store(&now)
		p.slot.l.cfg.Publish(up.Events...)
	case up.Pong != nil:
		p.out.pong(up.Pong.Seq)
	case up.Done != nil:
		p.out.done(*up.Done)
	case up.Sync != nil:
		p.out.sync(*up.Sync)
	case up.Stream != nil:
		p.slot.l.cfg.StreamEnded(p.slot.id.NodeID, *up.Stream)
	case up.UnderWay != nil:
		if round, ok := p.answeredRound(); ok {
			p.slot.l.cfg.UnderWay(p.slot.id.NodeID, round, *up.UnderWay)
		}
	}
}

// maxAsked bounds the rounds that wait for an answer. A frozen node does not
// answer.
const maxAsked = 16

// askUnderWay asks the node for its link.UnderWay.
func (p *process) askUnderWay(round uint64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.asked) < maxAsked && p.sendCommand(link.DoUnderWay) {
		p.asked = append(p.asked, round)
	}
}

// answeredRound returns the round that the node's answer belongs to. It is the oldest
// round without an answer, because a node answers its commands in their order.
func (p *process) answeredRound() (round uint64, ok bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.asked) == 0 {
		return 0, false
	}
	round, p.asked = p.asked[0], p.asked[1:]
	return round, true
}

// lastEventTime returns when the node's newest event came. It returns the zero time if no
// event came.
func (p *process) lastEventTime() time.Time {
	if at := p.lastEvent.Load(); at != nil {
		return *at
	}
	return time.Time{}
}

// read logs the node's stderr and keeps its last lines.
func (p *process) read(r io.Reader) {
	const keep = 8
	lines := bufio.NewScanner(r)
	for lines.Scan() {
		p.slot.l.logLine(p.slot.id.NodeID, lines.Text())
		p.mu.Lock()
		p.lines = append(p.lines, lines.Text())
		if len(p.lines) > keep {
			p.lines = p.lines[1:]
		}
		p.mu.Unlock()
	}
	// The scanner stops at a line that is too long. The node must not block on the pipe.
	_, _ = io.Copy(io.Discard, r)
}

// lastLines returns the last lines on stderr, or the exit status if there are no
// lines.
func (p *process) lastLines() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.lines) == 0 {
		return p.cmd.ProcessState.String()
	}
	return strings.Join(p.lines, "; ")
}

// sendSettings sends the latest settings. It returns when they hold on the node, that is
// when the node's loop has answered a ping that was written after them. sendSettings does
// not wait for a node that is frozen, silent or without a link. Such a node asks for
// the latest settings before it does anything else.
func (p *process) sendSettings(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, renewTimeout)
	defer cancel()
	p.out.queueSettings()
	answered := p.out.ping()
	tick := time.NewTicker(lookEvery)
	defer tick.Stop()
	for {
		select {
		case <-answered:
			return
		case <-p.gone:
			return
		case <-ctx.Done():
			return
		case <-tick.C:
			if p.linkEnded.Load() || !p.slot.mayAnswer(p) {
				return
			}
		}
	}
}

// command sends c to the node and returns the error in the node's answer. It returns
// ErrNotNow if no answer comes.
func (p *process) command(ctx context.Context, c link.Command) error {
	ctx, cancel := context.WithTimeout(ctx, signalTimeout)
	defer cancel()
	answer, forget, err := p.out.command(c)
	if err != nil {
		return err
	}
	defer forget()
	select {
	case done := <-answer:
		return done.Error()
	case <-p.gone:
		return fmt.Errorf("%w: node %d was killed", cluster.ErrNotNow, p.slot.id.NodeID)
	case <-ctx.Done():
		return fmt.Errorf("%w: node %d does not answer", cluster.ErrNotNow, p.slot.id.NodeID)
	}
}

// pipes are the three pipes between the launcher and a node.
type pipes struct {
	in  *os.File  // the launcher writes
	out *lazyPipe // the launcher reads
	err *os.File  // the launcher reads

	theirIn, theirOut, theirErr *os.File
}

func newPipes() (*pipes, error) {
	p := new(pipes)
	var err error
	if p.theirIn, p.in, err = os.Pipe(); err == nil {
		if p.out, p.theirOut, err = newLazyPipe(); err == nil {
			p.err, p.theirErr, err = os.Pipe()
		}
	}
	if err != nil {
		p.closeTheirs()
		p.closeOurs()
		return nil, err
	}
	return p, nil
}

func (p *pipes) closeTheirs() { closeAll(p.theirIn, p.theirOut, p.theirErr) }
func (p *pipes) closeOurs() {
	closeAll(p.in, p.err)
	if p.out != nil {
		_ = p.out.Close()
	}
}

func closeAll(files ...*os.File) {
	for _, f := range files {
		if f != nil {
			_ = f.Close()
		}
	}
}

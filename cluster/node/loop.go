package node

import (
	"context"
	"fmt"
	"runtime"
	"strings"
	"time"

	"capplayground/cluster"
	"capplayground/cluster/link"
	"capplayground/cluster/pace"
	"capplayground/cluster/peer"
)

// maxTurn is how many messages and timers one turn steps at most, so that
// commands and clients get a hearing between.
const maxTurn = 256

// loop is a node's state, and owned by the one goroutine that runs it.
type loop struct {
	*Node
	machine cluster.Machine
	inbox   *pace.Inbox
	timers  pace.Timers
	faults  *peer.Faults
	flow    flow
	watch   watch
	inbound map[cluster.NodeID]cluster.Link // the links to this node

	recovered []cluster.Record // until the machine has started
	started   bool             // the machine has had its InputStart
	quorum    cluster.Quorum   // as last told to the machine
	settings  *link.Settings   // the newest; nil before the first
	paused    bool             // by command, where there is no SIGSTOP
	lc        uint64           // Lamport clock
	count     uint64           // of messages, for their IDs
	calls     map[cluster.OpID]*call
	ops       map[cluster.OpID]*operation

	mailed []mail // space for the next mailbox.take

	// One turn's work.
	records  []cluster.Record
	steps    []stepped
	events   []cluster.Event
	messages []cluster.Message
	replies  []cluster.Reply
	ends     []returned // told after the steps of the turn
	answers  []link.Up  // to the playground, told after the events of the turn
}

// stepped is one input with what came of it, to be told and carried out once
// the turn's records are durable.
type stepped struct {
	in   cluster.Input
	out  cluster.Output
	wall int64 // when it was taken in
	led  bool  // it was told, and what it sends ahead has left
	origin
}

// origin is what events say of an input beside the input itself.
type origin struct {
	late string     // of a message
	op   *operation // of a request
}

func newLoop(n *Node, records []cluster.Record) *loop {
	return &loop{
		Node: n, machine: n.cfg.Machine, inbox: pace.NewInbox(), faults: peer.NewFaults(nil),
		recovered: records, calls: make(map[cluster.OpID]*call), ops: make(map[cluster.OpID]*operation),
	}
}

// run turns until ctx ends, and returns nil, or until the disk fails.
func (l *loop) run(ctx context.Context) error {
	idle := time.NewTimer(0)
	defer idle.Stop()
	var down <-chan link.Down
	if l.link != nil {
		down = l.link.Down()
	}
	l.watch.begin(l.link != nil)
	for {
		select {
		case <-ctx.Done():
			l.stop()
			return nil
		case d := <-down:
			l.wokeUp()
			l.obey(d)
		case <-l.mail.wake:
			runtime.Gosched() // whoever is about to bring mail brings it for this turn
			l.wokeUp()
		case <-idle.C:
			l.wokeUp()
		}
		if err := l.turn(); err != nil {
			l.stop()
			return err
		}
		idle.Reset(l.idle())
	}
}

// stop lets nobody wait for what will not come. What was begun and may yet take
// effect is unknown; a read has no effect.
func (l *loop) stop() {
	for _, c := range l.calls {
		if c.req.Kind == cluster.OpRead || c.req.Kind == cluster.OpHolds {
			c.end(cluster.ErrStopping)
		} else {
			c.end(cluster.ErrUnknown)
		}
	}
	for _, c := range l.watch.waitingCalls() {
		c.end(cluster.ErrStopping)
	}
}

// turn takes in what arrived and is due, and carries out what the machine
// wants done.
func (l *loop) turn() error {
	l.mailed = l.mail.take(l.mailed)
	for _, m := range l.mailed {
		switch {
		case m.message != nil:
			l.arrive(*m.message)
		case m.do != nil:
			m.do(l)
		case l.paused || !l.watch.over(l) || !l.started:
			l.watch.waiting = append(l.watch.waiting, m.call)
		default:
			l.begin(m.call)
		}
	}
	if l.watch.over(l) && !l.paused {
		if !l.started {
			l.start()
		}
		for _, c := range l.watch.waitingCalls() {
			l.begin(c)
		}
		for n := 0; n < maxTurn && l.next(); n++ {
		}
	}
	for _, e := range l.flow.period(time.Now()) {
		l.note(e)
	}
	return l.carryOut()
}

// start gives the machine what the disk kept.
func (l *loop) start() {
	l.started = true
	l.step(cluster.Input{Kind: cluster.InputStart, Now: l.clock.Now(), Records: l.recovered}, origin{})
	l.recovered = nil
	l.setQuorum()
	l.stands()
}

// next steps the message or timer that comes next in virtual time. At the same
// time the message goes first: what came in time was in time.
func (l *loop) next() bool {
	now := l.clock.Now()
	due, timer := l.timers.Next()
	timer = timer && due <= now && l.clock.Pace().Rate > 0
	if key, ok := l.inbox.Peek(now); ok && (!timer || key <= due) {
		m, _ := l.inbox.Take(now)
		l.step(cluster.Input{Kind: cluster.InputMessage, Now: now, Message: m}, origin{late: l.late(m, now)})
		return true
	}
	if !timer {
		return false
	}
	t, _ := l.timers.Take(now)
	l.step(cluster.Input{Kind: cluster.InputTimer, Now: now, Timer: t}, origin{})
	return true
}

// step feeds the machine. Nothing of its Output is visible before carryOut.
func (l *loop) step(in cluster.Input, from origin) {
	in.Wall = l.clock.Wall()
	out := l.machine.Step(in)
	if l.cfg.Bug == BugReplyEarly && len(out.Records) == 0 {
		for _, r := range out.Replies {
			l.reply(r)
		}
		out.Replies = nil
	}
	l.records = append(l.records, out.Records...)
	l.steps = append(l.steps, stepped{in: in, out: out, wall: l.clock.Wall(), origin: from})
}

// carryOut keeps the promise of package cluster for the whole turn: first the
// disk, then the playground, then everybody else.
func (l *loop) carryOut() error {
	steps := l.steps
	if len(l.records) > 0 {
		steps = l.lead(steps)
		if err := l.cfg.Disk.Apply(l.records); err != nil {
			return l.diskFailed(err)
		}
	}
	for i := range steps {
		l.tell(&steps[i])
	}
	for _, r := range l.ends {
		l.returned(r)
	}
	l.release()
	l.records, l.steps, l.ends = reuse(l.records), reuse(l.steps), reuse(l.ends)
	if l.started && !l.ready.Load() {
		l.ready.Store(true)
		l.say(link.Up{Ready: &link.Ready{}})
	}
	return nil
}

// lead lets out what need not wait for the turn's records: the Outputs before
// the first that has any, and what that one sends ahead. It returns the steps
// that do wait.
func (l *loop) lead(steps []stepped) []stepped {
	for len(steps[0].out.Records) == 0 {
		l.tell(&steps[0])
		steps = steps[1:]
	}
	if len(steps[0].out.Ahead) > 0 {
		l.begun(&steps[0])
	}
	if len(l.messages)+len(l.replies) > 0 {
		l.release()
	}
	return steps
}

// release lets messages and replies go, after the events that tell of them.
func (l *loop) release() {
	l.report(len(l.messages) > 0 || len(l.replies) > 0)
	l.peers.Send(l.messages)
	for _, r := range l.replies {
		l.reply(r)
	}
	l.messages, l.replies = reuse(l.messages), reuse(l.replies)
}

// report writes the turn's events and answers to the link. flush waits until
// they are written, so that nothing leaves this node before its event.
func (l *loop) report(flush bool) {
	if l.link == nil {
		return
	}
	l.link.Events(l.events)
	l.events = nil
	for _, up := range l.answers {
		l.link.Say(up)
	}
	l.answers = l.answers[:0]
	if flush {
		l.link.Flush()
	}
}

// reuse empties a slice and keeps its space.
func reuse[T any](s []T) []T {
	clear(s)
	return s[:0]
}

// diskFailed says so everywhere: the node acknowledges nothing more and ends.
func (l *loop) diskFailed(err error) error {
	err = fmt.Errorf("the disk of %v failed, it stops: %w", l.cfg.ID, err)
	l.cfg.Log.Error("disk failed", "node", l.cfg.ID, "err", err)
	l.print(err.Error())
	l.report(true)
	return err
}

// begun makes the event of a step's input, once, and hands on what the step
// sends ahead.
func (l *loop) begun(s *stepped) {
	if s.led {
		return
	}
	s.led = true
	switch s.in.Kind {
	case cluster.InputRequest:
		s.op.wall, s.op.now = s.wall, s.in.Now
		l.push(s.op.invoked())
		l.print(requestText(s.in.Request, s.op.client))
	case cluster.InputMessage:
		l.delivered(s)
	case cluster.InputTimer:
		e := timerEvent(s.in.Timer, cluster.TimerFired)
		if s.out.Stale {
			e.State = cluster.TimerStale
		}
		e.T, e.V = s.wall, s.in.Now
		l.push(e)
	}
	for _, m := range s.out.Ahead {
		l.depart(m)
	}
}

// tell makes the events of one step, and hands its messages, timers and
// replies on.
func (l *loop) tell(s *stepped) {
	l.begun(s)
	for _, note := range s.out.Notes {
		note.T, note.V = s.wall, s.in.Now
		l.push(note)
	}
	for _, m := range s.out.Messages {
		l.depart(m)
	}
	for _, t := range s.out.Timers {
		l.timers.Set(t)
		l.push(timerEvent(t, cluster.TimerSet))
	}
	l.replies = append(l.replies, s.out.Replies...)
}

func timerEvent(t cluster.Timer, state string) cluster.Event {
	return cluster.Event{Kind: cluster.KindTimer, Name: t.Name, Op: t.Op, Timer: t.ID(), Due: t.Due, State: state}
}

// push stamps an event and queues it for the end of the turn.
func (l *loop) push(e cluster.Event) {
	l.flow.seen++
	l.note(e)
}

// note is push for what does not count as busy: sums, and the screen.
func (l *loop) note(e cluster.Event) {
	l.lc++
	if l.link == nil {
		return
	}
	e.Node, e.LC = l.cfg.ID, l.lc
	if e.T == 0 {
		e.T, e.V = l.clock.Wall(), l.clock.Now()
	}
	l.events = append(l.events, e)
}

// idle is how long the loop may wait when nothing arrives.
func (l *loop) idle() time.Duration {
	wait := l.watch.idle()
	if !l.watch.over(l) || l.paused {
		return wait
	}
	if due, ok := l.inbox.Next(); ok {
		if d, ok := l.clock.Until(due); ok {
			wait = min(wait, d)
		}
	}
	if _, ok := l.inbox.Peek(l.clock.Now()); ok {
		return 0
	}
	if due, ok := l.timers.Next(); ok {
		if d, ok := l.clock.Until(due); ok && l.clock.Pace().Rate > 0 {
			wait = min(wait, d)
		}
	}
	return wait
}

// print writes text on the screen, a line for each of its lines. Nothing in it
// does anything to a terminal.
func (l *loop) print(text string) {
	for line := range strings.SplitSeq(text, "\n") {
		line = cluster.Visible(cluster.Cut(line, maxScreenLine))
		l.screen.print(line)
		l.note(cluster.Event{Kind: cluster.KindScreen, Text: line})
	}
}

func (l *loop) say(up link.Up) {
	if l.link != nil {
		l.link.Say(up)
	}
}

package driver

import (
	"net/http"
	"slices"
	"strconv"

	"capplayground/cluster"
)

// All events of a node are made in this file. Each event takes the node's next Lamport
// time, even if it is only printed or only counted in a sum.

// tick moves the Lamport clock to the time of the next event. It returns whether Watch
// asks for events. With WatchNothing it does nothing.
func (d *Driver) tick() (told bool) {
	if d.cfg.Watch == WatchNothing {
		return false
	}
	d.lc++
	return d.cfg.Watch == WatchAll
}

// append makes an event that happened at `at`, and puts it into the next Batch.
func (d *Driver) append(body cluster.Body, at Moment) {
	if d.next.Events == nil {
		d.next.Events = make([]cluster.Event, 0, usualBatch)
	}
	d.next.Events = append(d.next.Events, cluster.Event{Node: d.cfg.ID, LC: d.lc, T: at.Wall, V: at.Now, Body: body})
}

// usualBatch is the first capacity for the events and for the screen lines of a Batch. It
// is enough for most of them.
const usualBatch = 16

// nextID returns the id of a new message of this node: node, incarnation and count. No
// other message ever has this id. It is "" if messages have no ids.
func (d *Driver) nextID() string {
	if d.named == "" {
		return ""
	}
	d.count++
	return string(strconv.AppendUint(append(make([]byte, 0, len(d.named)+12), d.named...), d.count, 10))
}

// recordInput makes the event of a step's input.
func (d *Driver) recordInput(s *step) {
	if d.cfg.Watch == WatchNothing {
		return
	}
	switch s.kind {
	case cluster.InputRequest:
		d.flow.seen++
		if d.tick() {
			d.append(s.op.invoked(), s.op.began)
		}
		if s.op.summed = s.summed; s.summed {
			d.flow.opsBegun++
		} else {
			d.Print(requestText(&s.op.req, s.op.client), s.op.began)
		}
	case cluster.InputMessage:
		d.recordDelivered(s)
	case cluster.InputTimer:
		state := cluster.TimerFired
		if s.out.Stale {
			state = cluster.TimerStale
		}
		d.recordTimer(s.timer, state, s.at)
	}
}

// recordNotes makes the events of the Notes of a step.
func (d *Driver) recordNotes(s *step) {
	for i := range s.out.Notes {
		d.flow.seen++
		if _, progress := s.out.Notes[i].(*cluster.Progressed); d.tick() && !(progress && s.summed) {
			d.append(s.out.Notes[i], s.at)
		}
	}
}

func (d *Driver) recordTimerSet(t cluster.Timer, at Moment) {
	d.recordTimer(t, cluster.TimerSet, at)
}

func (d *Driver) recordTimer(t cluster.Timer, state string, at Moment) {
	if t.Quiet {
		return
	}
	d.flow.seen++
	if d.tick() && !t.Flow {
		d.append(timerChanged(t, state), at)
	}
}

// recordSent makes the event of a message that leaves, or counts it in a sum.
func (d *Driver) recordSent(m *cluster.Message, at Moment) {
	d.flow.seen++
	if !d.tick() {
		d.printSent(m, at)
		return
	}
	if m.Flow {
		d.flow.of(m).Sent++
		return
	}
	d.append(&cluster.Sent{Transit: cluster.TransitOf(*m)}, at)
	d.printSent(m, at)
}

// recordDelivered makes the event of a message that the machine got, or counts it in a sum.
func (d *Driver) recordDelivered(s *step) {
	m := &s.message
	d.lc = max(d.lc, m.LC)
	d.flow.seen++
	told := d.tick()
	switch {
	case told && m.Flow:
		d.flow.of(m).Delivered++
		return
	case told:
		d.append(&cluster.Delivered{Transit: cluster.TransitOf(*m), Late: s.late}, s.at)
	}
	if !m.Flow {
		d.Print("← "+m.From.String()+" "+messageText(m), s.at)
	}
}

// recordLost makes the event of a message that is lost, or counts it in a sum.
func (d *Driver) recordLost(m *cluster.Message, why string, at Moment) {
	d.flow.seen++
	told := d.tick()
	switch {
	case told && m.Flow:
		d.flow.of(m).Lost++
		return
	case told:
		d.append(&cluster.Lost{Transit: cluster.TransitOf(*m), Why: why}, at)
	}
	if !m.Flow {
		d.printLost(m, why, at)
	}
}

// recordCopy makes the event that the copy of a message was sent, or counts it in a sum.
func (d *Driver) recordCopy(m *cluster.Message, at Moment) {
	d.flow.seen++
	switch told := d.tick(); {
	case told && m.Flow:
		d.flow.of(m).Sent++
	case told:
		d.append(&cluster.Sent{Transit: cluster.TransitOf(*m)}, at)
	}
}

// recordReturn makes the event of the end of an operation. It has the status that the
// client gets.
func (d *Driver) recordReturn(op *operation, at Moment) {
	if d.cfg.Watch == WatchNothing {
		return
	}
	status := Status(op.req.Kind, op.reply.Err)
	d.flow.seen++
	if d.tick() {
		returned := &cluster.Returned{ClientCall: op.call(), Status: cluster.HTTPStatus(status), Version: op.reply.Version}
		if op.reads() && op.reply.Err == nil {
			returned.Value = cluster.ValueOf(op.reply.Val)
			returned.Siblings = cutSiblings(op.reply.Siblings)
		}
		d.append(returned, at)
	}
	if op.summed {
		d.flow.opsEnded++
	} else {
		d.Print(replyText(op, status), at)
	}
}

// recordScreen makes the event of a screen line. Screen lines do not make a node busy.
func (d *Driver) recordScreen(line string, at Moment) {
	if d.tick() {
		d.append(&cluster.ScreenLine{Text: line}, at)
	}
}

// recordFlow makes the events of the sums that have changed, if a period is over. With
// WatchScreen there are no sums, but there are periods: they decide whether the node is
// busy. A busy node does not print a line for each message and each operation.
func (d *Driver) recordFlow(at Moment) {
	if d.cfg.Watch == WatchNothing {
		return
	}
	sums, line := d.flow.period(at.Wall)
	for _, sum := range sums {
		d.tick()
		d.append(sum, at)
	}
	if line != "" {
		d.Print(line, at)
	}
}

// maxRepeated is how many events RepeatState makes at most for keys, and as many for hints, for
// operations, for timers and for messages. The link keeps at most link.MaxBacklog events.
const maxRepeated = 1000

// RepeatState makes the events of the present state of this node once more. It is for a
// playground that has not received all earlier events. If the playground has received
// them all, these events change nothing.
func (d *Driver) RepeatState(at Moment) {
	if d.cfg.Watch != WatchAll {
		return
	}
	again := func(body cluster.Body, at Moment) {
		d.tick()
		d.append(body, at)
	}
	s := d.Snapshot()
	again(&cluster.RoleChanged{Role: s.Role, Term: s.Term, Badges: s.Badges}, at)
	for _, k := range first(s.Keys) {
		again(keyChanged(k), at)
	}
	for _, h := range first(s.Hints) {
		again(&cluster.KeyChanged{Key: h.Key, Value: cluster.ValueOf(h.Val), Version: h.Version, HintFor: h.For}, at)
	}
	for _, op := range first(d.ops.open()) {
		again(op.invoked(), op.began)
	}
	for _, t := range first(d.timers.All()) {
		if !t.Quiet && !t.Flow {
			again(timerChanged(t, cluster.TimerSet), at)
		}
	}
	for _, m := range first(d.inbox.All()) {
		if !m.Flow {
			again(&cluster.Sent{Transit: cluster.TransitOf(m)}, Moment{Now: m.Sent, Wall: at.Wall})
		}
	}
}

func first[T any](all []T) []T { return all[:min(len(all), maxRepeated)] }

func timerChanged(t cluster.Timer, state string) *cluster.TimerChanged {
	return &cluster.TimerChanged{Op: t.Op, Due: t.Due, Timer: t.ID(), Name: t.Name, State: state}
}

func keyChanged(k cluster.KeyState) *cluster.KeyChanged {
	return &cluster.KeyChanged{
		Key: k.Key, Value: cluster.ValueOf(k.Val), Homes: k.Homes, Version: k.Version, LockedBy: k.LockedBy,
		Siblings: cutSiblings(k.Siblings), ByHand: k.ByHand,
	}
}

// cutSiblings returns a copy whose values are cut to cluster.MaxEventVal.
func cutSiblings(all []cluster.Sibling) []cluster.Sibling {
	all = slices.Clone(all)
	for i := range all {
		all[i].Val = cluster.Cut(all[i].Val, cluster.MaxEventVal)
	}
	return all
}

// invoked returns the event that the operation began.
func (o *operation) invoked() *cluster.Invoked { return &cluster.Invoked{ClientCall: o.call()} }

// call returns the fields that the events of the operation's beginning and end share.
func (o *operation) call() cluster.ClientCall {
	c := cluster.ClientCall{Op: o.req.Op, Client: o.client, OpKind: o.req.Kind, Tx: o.req.Tx, Key: o.req.Key, Deadline: o.req.Deadline}
	if o.req.Val != "" {
		c.Value = cluster.ValueOf(o.req.Val)
	}
	return c
}

// Status returns the HTTP status that a client gets for an operation of that kind whose
// reply has that error.
func Status(kind cluster.RequestKind, err error) int {
	switch {
	case err != nil:
		status, _ := cluster.StatusOf(err)
		return status
	case kind == cluster.OpWrite:
		return http.StatusCreated
	}
	return http.StatusOK
}

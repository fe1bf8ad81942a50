package driver

import "capplayground/cluster"

// Batch is what may leave now, and the records to make durable after that. The
// caller carries it out in the order of the fields. Messages, Timers and Replies
// may be used until the next call of Batch, Records until Saved; Events belong to
// the caller.
type Batch struct {
	Events   []cluster.Event   // to be written before anything below leaves
	Screen   []string          // lines of the node's screen
	Messages []cluster.Message // to other nodes
	Timers   []cluster.Timer   // that were set: for a caller that plans when to call Advance
	Replies  []cluster.Reply   // to all who wait for these operations
	// Records are to be made durable in one transaction. Saved then allows what
	// waits for them. While they are not saved the next batches have no Records.
	Records []cluster.Record
}

// step is one input of the machine with its Output, until it has left. Of the
// input it keeps what its event needs.
type step struct {
	out     cluster.Output
	kind    cluster.InputKind
	at      Moment
	message cluster.Message // of an InputMessage, where events are made
	late    string          // why the message came late
	timer   cluster.Timer   // of an InputTimer
	op      *operation      // of an InputRequest
	told    bool            // the event of the input is made
	begun   bool            // it is made, and the messages sent ahead have left
	stops   bool            // at this step the driver came to the point of a rule
	// summed: the node is busy. Only sums tell of the messages of this step, and no
	// events of its timers and of its progress. A message that a rule holds is told all
	// the same: it waits to be delivered by hand, so it must be seen.
	summed bool
}

// Batch returns what may leave now. The rule is in the package's comment.
func (d *Driver) Batch(at Moment) Batch {
	d.next.Messages, d.next.Timers, d.next.Replies = reuse(d.next.Messages), reuse(d.next.Timers), reuse(d.next.Replies)
	d.next.Records = nil
	if d.saving == 0 {
		d.letOutDurable(at)
		d.beginSaving(at)
	}
	if d.cfg.Bug == BugEarlyReply {
		d.letOutEarly(at)
	}
	d.recordFlow(at)
	b := d.next
	d.next.Events, d.next.Screen = nil, nil
	return b
}

// Events takes the events that were made since the last Batch, for a caller that
// does not want to wait for the next one.
func (d *Driver) Events() []cluster.Event {
	events := d.next.Events
	d.next.Events = nil
	return events
}

// Saved says that the Records of the last Batch that had some are durable.
func (d *Driver) Saved() { d.saved, d.saving = d.saving, 0 }

// letOutDurable lets out the steps whose records are durable, and those behind
// them that have none.
func (d *Driver) letOutDurable(at Moment) {
	for d.queue.len() > 0 {
		s := d.queue.first()
		if d.holdsBack(s) {
			d.stopAt(s, at)
			return
		}
		if d.saved == 0 && len(s.out.Records) > 0 {
			return
		}
		d.saved = max(0, d.saved-1)
		d.letOut(s, at)
		d.queue.drop()
	}
}

// holdsBack reports whether the driver stands at the point that this step reached.
func (d *Driver) holdsBack(s *step) bool { return s.stops && d.points.stands() }

// stopAt tells, once, of the message that reached a point, and of the point.
func (d *Driver) stopAt(s *step, at Moment) {
	if s.told {
		return
	}
	d.tellInput(s)
	d.recordPoint(cluster.PointReached, s.message, at)
	if d.cfg.Bug == BugMessagesAtPoint {
		for i := range s.out.Messages {
			d.depart(s.out.Messages[i], s.summed, at)
		}
	}
}

// beginSaving hands the records of all steps that are left to the caller, up to the
// one that is held back. What the first of them sends ahead leaves at once.
func (d *Driver) beginSaving(at Moment) {
	steps := d.queue.len()
	if d.points.stands() && d.cfg.Bug != BugRecordsAtPoint {
		for i := range steps {
			if d.holdsBack(d.queue.at(i)) {
				steps = i
				break
			}
		}
	}
	if steps == 0 || d.saved > 0 {
		return
	}
	if s := d.queue.first(); len(s.out.Ahead) > 0 {
		d.begin(s, at)
	}
	d.saving = steps
	d.records = reuse(d.records)
	for i := range d.saving {
		d.records = append(d.records, d.queue.at(i).out.Records...)
	}
	d.next.Records = d.records
}

// tellInput makes the event of a step's input, once.
func (d *Driver) tellInput(s *step) {
	if !s.told {
		s.told = true
		d.recordInput(s)
	}
}

// begin makes the event of a step's input, and sends, once, what it sends ahead.
func (d *Driver) begin(s *step, at Moment) {
	if s.begun {
		return
	}
	s.begun = true
	d.tellInput(s)
	for i := range s.out.Ahead {
		d.depart(s.out.Ahead[i], s.summed, at)
	}
}

// letOut carries one step's Output out, in the order of its fields.
func (d *Driver) letOut(s *step, at Moment) {
	d.begin(s, at)
	d.recordNotes(s)
	for i := range s.out.Messages {
		d.depart(s.out.Messages[i], s.summed, at)
	}
	for _, t := range s.out.Timers {
		t.Flow = s.summed
		d.timers.Set(t)
		d.next.Timers = append(d.next.Timers, t)
		d.recordTimerSet(t, at)
	}
	for i := range s.out.Replies {
		d.reply(s.out.Replies[i], at)
	}
}

// letOutEarly is BugEarlyReply.
func (d *Driver) letOutEarly(at Moment) {
	for i := 0; i < d.queue.len(); {
		s := d.queue.at(i)
		if d.holdsBack(s) {
			return
		}
		if len(s.out.Records) > 0 {
			i++
			continue
		}
		d.letOut(s, at)
		d.queue.remove(i)
		if i < d.saving {
			d.saving--
		}
	}
}

// depart sends a message on its way, or into the hands of its link's faults.
func (d *Driver) depart(m cluster.Message, summed bool, at Moment) {
	m.From, m.ID = d.cfg.ID, d.nextID()
	why := d.faults.apply(&m, at.Now, d.pace.Latency)
	m.Flow = summed && !m.Held
	d.recordSent(&m, at)
	m.LC = d.lc
	if why != "" {
		d.lose(m, why, at)
		return
	}
	d.next.Messages = append(d.next.Messages, m)
}

// reuse empties a slice and keeps its space.
func reuse[T any](s []T) []T {
	clear(s)
	return s[:0]
}

package driver

import "capplayground/cluster"

// Batch holds all that may leave now, and the records to make durable after that. The
// caller carries it out in the order of the fields. It may use Messages, Timers and
// Replies until the next call of Batch, and Records until it calls Saved. Events and
// Screen belong to the caller.
type Batch struct {
	Events   []cluster.Event   // to write before anything below leaves
	Screen   []string          // lines of the node's screen
	Messages []cluster.Message // to other nodes
	Timers   []cluster.Timer   // that were set, for a caller that plans when to call Advance
	Replies  []cluster.Reply   // each to all callers of its operation
	// Records are to be made durable in one transaction. Then the caller calls Saved, and
	// the Outputs that waited for them may leave. Until then no Batch has Records.
	Records []cluster.Record
}

// step is one input of the machine with its Output, kept until the Output has left.
// Of the input it keeps only the parts that its event needs.
type step struct {
	out     cluster.Output
	kind    cluster.InputKind
	at      Moment
	message cluster.Message // of an InputMessage; not set with WatchNothing
	late    string          // why the message is late, "" if it is not
	timer   cluster.Timer   // of an InputTimer
	op      *operation      // of an InputRequest
	told    bool            // the event of the input has been made
	begun   bool            // told, and the messages in Ahead have left
	stops   bool            // with this step the driver reached the point of a rule
	// summed: the node is busy. The messages of this step are only counted in sums, and
	// its timers and its progress have no events. A message that a rule holds still has
	// its own event: a user must see it to deliver it by hand.
	summed bool
}

// Batch returns all that may leave now. The package comment has the rule, under "The order".
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

// Events removes and returns the events that were made since the last Batch. It is for
// a caller that does not wait for the next Batch.
func (d *Driver) Events() []cluster.Event {
	events := d.next.Events
	d.next.Events = nil
	return events
}

// Saved tells the driver that the Records of the last Batch with Records are durable.
func (d *Driver) Saved() { d.saved, d.saving = d.saving, 0 }

// letOutDurable lets out the steps whose records are durable, and the steps without
// records that follow them. It stops before a step for which holdsBack is true.
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

// holdsBack reports whether the driver is stopped at the point that this step reached.
func (d *Driver) holdsBack(s *step) bool { return s.stops && d.points.isStopped() }

// stopAt makes the event of the message that reached a point and the event of the
// point, once.
func (d *Driver) stopAt(s *step, at Moment) {
	if s.told {
		return
	}
	d.recordInputOnce(s)
	d.recordPoint(cluster.PointReached, s.message, at)
	if d.cfg.Bug == BugMessagesAtPoint {
		for i := range s.out.Messages {
			d.sendOrLose(s.out.Messages[i], s.summed, at)
		}
	}
}

// beginSaving gives the caller the records of all steps in the queue, up to a step that
// is held back. The messages in Ahead of the first step leave at once, because all
// earlier records are durable.
func (d *Driver) beginSaving(at Moment) {
	steps := d.queue.len()
	if d.points.isStopped() && d.cfg.Bug != BugRecordsAtPoint {
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

// recordInputOnce makes the event of a step's input, once.
func (d *Driver) recordInputOnce(s *step) {
	if !s.told {
		s.told = true
		d.recordInput(s)
	}
}

// begin makes the event of a step's input and sends the messages in Ahead, once.
func (d *Driver) begin(s *step, at Moment) {
	if s.begun {
		return
	}
	s.begun = true
	d.recordInputOnce(s)
	for i := range s.out.Ahead {
		d.sendOrLose(s.out.Ahead[i], s.summed, at)
	}
}

// letOut carries out the Output of one step, in the order of its fields.
func (d *Driver) letOut(s *step, at Moment) {
	d.begin(s, at)
	d.recordNotes(s)
	for i := range s.out.Messages {
		d.sendOrLose(s.out.Messages[i], s.summed, at)
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

// letOutEarly carries out the planted bug BugEarlyReply.
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

// sendOrLose applies the faults of the link to a message. It then sends the message, or
// records that it is lost.
func (d *Driver) sendOrLose(m cluster.Message, summed bool, at Moment) {
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

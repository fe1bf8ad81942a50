package cluster

import (
	"encoding/json"
	"strconv"
)

// AppendJSON appends the event as one flat JSON object, without reflection.
func (e *Event) AppendJSON(b []byte) []byte {
	b = append(b, '{')
	if e.Seq != 0 {
		b = append(strconv.AppendUint(append(b, `"seq":`...), e.Seq, 10), ',')
	}
	b = appendString(append(b, `"kind":`...), string(e.Kind()))
	b = strconv.AppendInt(append(b, `,"node":`...), int64(e.Node), 10)
	b = strconv.AppendInt(append(b, `,"t":`...), e.T, 10)
	b = strconv.AppendUint(append(b, `,"lc":`...), e.LC, 10)
	b = appendNumber(b, `,"v":`, int64(e.V))
	if e.Body != nil {
		b = e.Body.appendFields(b)
	}
	return append(b, '}')
}

// read reads an event in the form that AppendJSON writes.
func (e *Event) read(r *LineReader) {
	r.Skip("{")
	if r.Has(`"seq":`) {
		e.Seq = uint64(r.Int())
		r.Skip(",")
	}
	r.Skip(`"kind":`)
	e.Body = newBody(EventKind(r.word()))
	r.Skip(`,"node":`)
	e.Node = NodeID(r.Int())
	r.Skip(`,"t":`)
	e.T = r.Int()
	r.Skip(`,"lc":`)
	e.LC = uint64(r.Int())
	if r.Has(`,"v":`) {
		e.V = Time(r.Int())
	}
	if e.Body != nil {
		e.Body.readFields(r)
	}
	r.Skip("}")
}

// ParseEvent reads one event in the form that AppendJSON writes, without reflection. It
// returns false for a line in any other form.
func ParseEvent(line []byte) (e Event, ok bool) {
	r := NewLineReader(line)
	e.read(&r)
	return e, r.Done()
}

// AppendEvents appends events as a JSON array.
func AppendEvents(b []byte, events []Event) []byte {
	b = append(b, '[')
	for i := range events {
		if i > 0 {
			b = append(b, ',')
		}
		b = events[i].AppendJSON(b)
	}
	return append(b, ']')
}

// ParseEvents reads a JSON array of events. It reads what AppendEvents wrote
// without reflection, and leaves anything else to encoding/json.
func ParseEvents(line []byte) ([]Event, error) {
	r := NewLineReader(line)
	if events := r.events(); r.Done() {
		return events, nil
	}
	var events []Event
	err := json.Unmarshal(line, &events)
	return events, err
}

// usualEvent is the number of bytes of most events.
const usualEvent = 300

// events reads an array of events.
func (r *LineReader) events() (events []Event) {
	r.Skip("[")
	events = make([]Event, 0, 1+len(r.line)/usualEvent)
	for !r.Failed {
		var e Event
		e.read(r)
		events = append(events, e)
		if !r.next(',') {
			break
		}
	}
	r.Skip("]")
	return events
}

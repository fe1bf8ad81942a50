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
	b = AppendString(append(b, `"kind":`...), string(e.Kind()))
	b = strconv.AppendInt(append(b, `,"node":`...), int64(e.Node), 10)
	b = strconv.AppendInt(append(b, `,"t":`...), e.T, 10)
	b = strconv.AppendUint(append(b, `,"lc":`...), e.LC, 10)
	b = appendNumber(b, `,"v":`, int64(e.V))
	if e.Body != nil {
		b = e.Body.appendFields(b)
	}
	return append(b, '}')
}

// readField reads one field of an event. The kind must come before the fields
// of the body, as AppendJSON writes it.
func (e *Event) readField(r *LineReader, name []byte) bool {
	switch string(name) {
	case "seq":
		e.Seq = uint64(r.Int())
	case "kind":
		if e.Body != nil {
			return false // a second kind: encoding/json takes the last one
		}
		e.Body = newBody(EventKind(known(r.Text())))
	case "node":
		e.Node = NodeID(r.Int())
	case "t":
		e.T = r.Int()
	case "lc":
		e.LC = uint64(r.Int())
	case "v":
		e.V = Time(r.Int())
	default:
		return e.Body != nil && e.Body.readField(r, name)
	}
	return true
}

// ParseEvent reads one event in the form that AppendJSON writes, without reflection. It
// returns false for a line in any other form.
func ParseEvent(line []byte) (e Event, ok bool) {
	r := &LineReader{line: line}
	ok = r.object(func(name []byte) bool { return e.readField(r, name) })
	return e, ok && r.Done()
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
	r := &LineReader{line: line}
	if events, ok := parseEvents(r); ok && r.Done() {
		return events, nil
	}
	var events []Event
	err := json.Unmarshal(line, &events)
	return events, err
}

func parseEvents(r *LineReader) (events []Event, ok bool) {
	if !r.next('[') {
		return nil, false
	}
	for {
		var e Event
		if !r.object(func(name []byte) bool { return e.readField(r, name) }) {
			return nil, false
		}
		events = append(events, e)
		if !r.next(',') {
			return events, r.next(']')
		}
	}
}

package cluster

import (
	"encoding/json"
	"strconv"
)

// AppendJSON appends the event as encoding/json has it, without reflection.
func (e *Event) AppendJSON(b []byte) []byte {
	b = append(b, '{')
	if e.Seq != 0 {
		b = append(strconv.AppendUint(append(b, `"seq":`...), e.Seq, 10), ',')
	}
	b = appendString(append(b, `"kind":`...), string(e.Kind))
	b = strconv.AppendInt(append(b, `,"node":`...), int64(e.Node), 10)
	b = strconv.AppendInt(append(b, `,"t":`...), e.T, 10)
	b = strconv.AppendUint(append(b, `,"lc":`...), e.LC, 10)
	b = appendNumber(b, `,"v":`, int64(e.V))
	b = appendText(b, `,"msg":`, e.Msg)
	b = appendNumber(b, `,"from":`, int64(e.From))
	b = appendNumber(b, `,"to":`, int64(e.To))
	b = appendText(b, `,"type":`, e.Type)
	b = appendText(b, `,"class":`, string(e.Class))
	b = appendText(b, `,"sense":`, string(e.Sense))
	b = appendText(b, `,"op":`, string(e.Op))
	b = appendText(b, `,"label":`, e.Label)
	b = appendNumber(b, `,"due":`, int64(e.Due))
	b = appendNumber(b, `,"deadline":`, int64(e.Deadline))
	b = appendText(b, `,"dup_of":`, e.DupOf)
	b = appendText(b, `,"via":`, string(e.Via))
	b = appendNumber(b, `,"for":`, int64(e.For))
	b = appendYes(b, `,"held":`, e.Held)
	b = appendText(b, `,"late":`, e.Late)
	b = appendText(b, `,"why":`, e.Why)
	b = appendText(b, `,"client":`, e.Client)
	b = appendText(b, `,"op_kind":`, string(e.OpKind))
	b = appendText(b, `,"key":`, e.Key)
	b = appendText(b, `,"val":`, e.Val)
	b = appendText(b, `,"val_hash":`, e.Hash)
	b = appendStatus(b, e.Status)
	b = appendText(b, `,"phase":`, e.Phase)
	b = appendNumber(b, `,"need":`, int64(e.Need))
	b = appendNodes(b, `,"yes":`, e.Yes)
	b = appendNodes(b, `,"no":`, e.No)
	b = appendNodes(b, `,"waiting":`, e.Waiting)
	b = appendNodes(b, `,"hinted":`, e.Hinted)
	b = appendNodes(b, `,"homes":`, e.Homes)
	b = appendText(b, `,"timer":`, e.Timer)
	b = appendText(b, `,"version":`, e.Version)
	b = appendText(b, `,"locked_by":`, string(e.LockedBy))
	b = appendAny(b, `,"siblings":`, len(e.Siblings) > 0, e.Siblings)
	b = appendNumber(b, `,"hint_for":`, int64(e.HintFor))
	b = appendYes(b, `,"by_hand":`, e.ByHand)
	b = appendYes(b, `,"gone":`, e.Gone)
	b = appendText(b, `,"role":`, e.Role)
	b = appendCount(b, `,"term":`, e.Term)
	b = appendAny(b, `,"badges":`, len(e.Badges) > 0, e.Badges)
	b = appendText(b, `,"name":`, e.Name)
	b = appendText(b, `,"state":`, e.State)
	b = appendNumber(b, `,"pid":`, int64(e.PID))
	b = appendText(b, `,"incarnation":`, e.Incarnation)
	b = appendYes(b, `,"silent":`, e.Silent)
	b = appendText(b, `,"freeze":`, e.Freeze)
	b = appendText(b, `,"text":`, e.Text)
	b = appendCount(b, `,"n":`, e.N)
	b = appendCount(b, `,"sent":`, e.SentN)
	b = appendCount(b, `,"delivered":`, e.DeliverN)
	b = appendCount(b, `,"lost":`, e.LostN)
	b = appendCount(b, `,"seq_from":`, e.SeqFrom)
	b = appendCount(b, `,"seq_to":`, e.SeqTo)
	b = appendAny(b, `,"link":`, e.Link != nil, e.Link)
	b = appendAny(b, `,"pace":`, e.Pace != nil, e.Pace)
	b = appendAny(b, `,"quorum":`, e.Quorum != nil, e.Quorum)
	b = appendAny(b, `,"rules":`, len(e.Rules) > 0, e.Rules)
	b = appendText(b, `,"mode":`, string(e.Mode))
	b = appendNumber(b, `,"epoch":`, int64(e.Epoch))
	b = appendAny(b, `,"report":`, len(e.Report) > 0, e.Report)
	return append(b, '}')
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

// ParseEvents reads a JSON array of events. What AppendEvents wrote it reads by
// itself, anything else encoding/json does, with its errors.
func ParseEvents(line []byte) ([]Event, error) {
	r := &lineReader{line: line}
	if events, ok := parseEvents(r); ok && r.at == len(line) {
		return events, nil
	}
	var events []Event
	err := json.Unmarshal(line, &events)
	return events, err
}

func parseEvents(r *lineReader) (events []Event, ok bool) {
	if !r.next('[') {
		return nil, false
	}
	for {
		events = append(events, Event{})
		if !events[len(events)-1].parse(r) {
			return nil, false
		}
		if !r.next(',') {
			return events, r.next(']')
		}
	}
}

// parse is false for an event that is not as plain as AppendJSON writes it.
func (e *Event) parse(r *lineReader) bool {
	if !r.next('{') {
		return false
	}
	for {
		if name := r.name(); !e.field(r, name) || r.odd {
			return false
		}
		if !r.next(',') {
			return r.next('}')
		}
	}
}

// field reads the fields that nodes tell of most, and leaves others to
// encoding/json.
func (e *Event) field(r *lineReader, name []byte) bool {
	switch string(name) {
	case "seq":
		e.Seq = uint64(r.int())
	case "kind":
		e.Kind = EventKind(known(r.text()))
	case "node":
		e.Node = NodeID(r.int())
	case "t":
		e.T = r.int()
	case "lc":
		e.LC = uint64(r.int())
	case "v":
		e.V = Time(r.int())
	case "msg":
		e.Msg = string(r.text())
	case "from":
		e.From = NodeID(r.int())
	case "to":
		e.To = NodeID(r.int())
	case "type":
		e.Type = string(r.text())
	case "class":
		e.Class = Class(known(r.text()))
	case "sense":
		e.Sense = Sense(known(r.text()))
	case "op":
		e.Op = OpID(r.text())
	case "label":
		e.Label = string(r.text())
	case "due":
		e.Due = Time(r.int())
	case "deadline":
		e.Deadline = Time(r.int())
	case "via":
		e.Via = Via(known(r.text()))
	case "for":
		e.For = NodeID(r.int())
	case "late":
		e.Late = string(r.text())
	case "client":
		e.Client = string(r.text())
	case "op_kind":
		e.OpKind = RequestKind(r.text())
	case "key":
		e.Key = string(r.text())
	case "val":
		e.Val = string(r.text())
	case "val_hash":
		e.Hash = string(r.text())
	case "phase":
		e.Phase = string(r.text())
	case "need":
		e.Need = int(r.int())
	case "yes":
		e.Yes = r.nodes()
	case "no":
		e.No = r.nodes()
	case "waiting":
		e.Waiting = r.nodes()
	case "hinted":
		e.Hinted = r.nodes()
	case "homes":
		e.Homes = r.nodes()
	case "timer":
		e.Timer = string(r.text())
	case "version":
		e.Version = string(r.text())
	case "locked_by":
		e.LockedBy = OpID(r.text())
	case "role":
		e.Role = string(r.text())
	case "name":
		e.Name = string(r.text())
	case "state":
		e.State = string(r.text())
	case "text":
		e.Text = string(r.text())
	case "sent":
		e.SentN = uint64(r.int())
	case "delivered":
		e.DeliverN = uint64(r.int())
	case "status":
		return json.Unmarshal(r.scalar(), &e.Status) == nil
	case "badges":
		return json.Unmarshal(r.value(), &e.Badges) == nil
	case "siblings":
		return json.Unmarshal(r.value(), &e.Siblings) == nil
	default:
		return false
	}
	return true
}

// nodes is a list of node ids.
func (r *lineReader) nodes() (nodes []NodeID) {
	r.odd = !r.next('[') || r.odd
	for !r.odd {
		nodes = append(nodes, NodeID(r.int()))
		if !r.next(',') {
			break
		}
	}
	r.odd = !r.next(']') || r.odd
	return nodes
}

// scalar is a number or a text, as it is written.
func (r *lineReader) scalar() []byte {
	from := r.at
	if r.at < len(r.line) && r.line[r.at] == '"' {
		r.text()
	} else {
		r.int()
	}
	return r.line[from:r.at]
}

func appendCount(b []byte, name string, n uint64) []byte {
	if n == 0 {
		return b
	}
	return strconv.AppendUint(append(b, name...), n, 10)
}

func appendYes(b []byte, name string, yes bool) []byte {
	if !yes {
		return b
	}
	return append(append(b, name...), "true"...)
}

func appendNodes(b []byte, name string, nodes []NodeID) []byte {
	if len(nodes) == 0 {
		return b
	}
	b = append(append(b, name...), '[')
	for i, n := range nodes {
		if i > 0 {
			b = append(b, ',')
		}
		b = strconv.AppendInt(b, int64(n), 10)
	}
	return append(b, ']')
}

func appendStatus(b []byte, s Status) []byte {
	if code := s.Code(); code != 0 {
		return strconv.AppendInt(append(b, `,"status":`...), int64(code), 10)
	}
	return appendText(b, `,"status":`, string(s))
}

// appendAny is for what is seldom there: encoding/json writes it.
func appendAny(b []byte, name string, there bool, v any) []byte {
	if !there {
		return b
	}
	value, err := json.Marshal(v)
	if err != nil {
		return b // such a Report is no JSON
	}
	return append(append(b, name...), value...)
}

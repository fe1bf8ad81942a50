package history

import (
	"slices"

	"capplayground/cluster"
	"capplayground/server/bounded"
)

// Bounds of the remembered messages. Only those of the newest operations are kept.
const (
	maxTraced   = 2000
	maxMessages = 64 // per operation
)

// trace holds the messages of one operation that can explain why a read missed
// a write.
type trace struct {
	missing  []Cause // sent and not delivered, or lost
	answered []cluster.NodeID
}

// traces remembers the messages of the newest operations.
type traces struct {
	of bounded.Map[cluster.OpID, *trace]
}

func newTraces() traces { return traces{bounded.NewMap[cluster.OpID, *trace](maxTraced)} }

// get returns the trace of an operation. If there is none, it begins one.
func (t *traces) get(op cluster.OpID) *trace {
	tr, ok := t.of.Get(op)
	if !ok {
		tr = &trace{}
		t.of.Set(op, tr)
	}
	return tr
}

func (t *traces) fold(ev *cluster.Event) {
	m := ev.Message()
	if m == nil || m.Op == "" || m.Msg == "" {
		return
	}
	tr := t.get(m.Op)
	at := slices.IndexFunc(tr.missing, func(c Cause) bool { return c.Msg == m.Msg })
	switch b := ev.Body.(type) {
	case *cluster.Sent:
		if at < 0 && len(tr.missing) < maxMessages {
			tr.missing = append(tr.missing, Cause{Msg: m.Msg, Op: m.Op, From: m.From, To: m.To, Type: m.Type, Answer: m.Class == cluster.ClassYes})
		}
	case *cluster.Lost:
		if at >= 0 {
			tr.missing[at].Why = b.Why
		}
	case *cluster.Delivered:
		if at >= 0 {
			tr.missing = slices.Delete(tr.missing, at, at+1)
		}
		if m.Class == cluster.ClassYes && !slices.Contains(tr.answered, m.From) {
			tr.answered = append(tr.answered, m.From)
		}
	}
}

// cause returns the message that would have brought a write to a read. First choice: a
// message of the write to the read's node, or to a node that answered the read. Second
// choice: the read's request to a node that had the write, or the answer to it.
func (t *traces) cause(write cluster.OpID, read *Op) *Cause {
	tr, _ := t.of.Get(write)
	if tr == nil {
		return nil
	}
	asked := []cluster.NodeID{read.Node}
	r, _ := t.of.Get(read.ID)
	if r != nil {
		asked = append(asked, r.answered...)
	}
	for _, node := range asked {
		for _, c := range slices.Backward(tr.missing) {
			if c.To == node && !c.Answer {
				return &c
			}
		}
	}
	if r != nil {
		for _, c := range slices.Backward(r.missing) {
			knew := c.To
			if c.Answer {
				knew = c.From
			}
			if slices.Contains(tr.answered, knew) {
				return &c
			}
		}
	}
	return nil
}

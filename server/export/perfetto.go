package export

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"

	"capplayground/cluster"
	"capplayground/server/recording"
)

// The threads of each node's process. A thread for each peer follows them, one for
// what is sent and one for what is taken in, so that slices of one thread never
// overlap by half.
const (
	threadStatus = 1
	threadClient = 2
	threadSent   = 10 // + the receiver
	threadTaken  = 20 // + the sender
)

// traceEvent is one event of Chrome's trace format. Times are in microseconds.
type traceEvent struct {
	Name     string         `json:"name"`
	Cat      string         `json:"cat,omitempty"`
	Phase    string         `json:"ph"`
	T        int64          `json:"ts"`
	Duration int64          `json:"dur,omitempty"`
	Process  int            `json:"pid"`
	Thread   int            `json:"tid"`
	ID       string         `json:"id,omitempty"`
	Scope    string         `json:"s,omitempty"`
	Binding  string         `json:"bp,omitempty"`
	Args     map[string]any `json:"args,omitempty"`
}

// tracer builds a trace.
type tracer struct {
	rec    *recording.Recording
	from   int64
	end    int64
	events []traceEvent
	free   map[[2]int]int64  // when each thread is free for its next slice
	flows  map[string]string // the ids of flows without an end, by message
	count  int               // of the flows so far
	named  map[[2]int]string
	status map[cluster.NodeID]*traceEvent
}

// perfetto writes a trace: a process for each node, its states and its clients'
// operations as slices, each message as a slice at its sender and one at its
// receiver with a flow between them. Times are real ones since the first event.
func perfetto(w io.Writer, rec *recording.Recording, _ Selection) error {
	t := &tracer{
		rec: rec, from: begin(rec), end: rec.End().UnixMicro(), free: map[[2]int]int64{},
		flows: map[string]string{}, named: map[[2]int]string{}, status: map[cluster.NodeID]*traceEvent{},
	}
	for i := range rec.Events {
		t.add(&rec.Events[i])
	}
	for _, n := range slices.Sorted(maps.Keys(t.status)) {
		t.endStatus(n, t.end)
	}
	return json.NewEncoder(w).Encode(struct {
		Events []traceEvent      `json:"traceEvents"`
		Unit   string            `json:"displayTimeUnit"`
		Other  map[string]string `json:"otherData"`
	}{append(t.names(), t.events...), "ms", map[string]string{"clock": "real time since the first event", "program": rec.Head.Program}})
}

func (t *tracer) add(e *cluster.Event) {
	switch x := e.Body.(type) {
	case *cluster.Sent:
		at := t.slice(e, int(x.From), threadSent+int(x.To), "to "+x.To.String(), &x.Transit)
		t.count++
		t.flows[x.Msg] = fmt.Sprintf("0x%x", t.count)
		t.flow("s", x.Msg, int(x.From), threadSent+int(x.To), at, x.Type)
	case *cluster.Delivered:
		at := t.slice(e, int(x.To), threadTaken+int(x.From), "from "+x.From.String(), &x.Transit)
		if t.flows[x.Msg] != "" {
			t.flow("f", x.Msg, int(x.To), threadTaken+int(x.From), at, x.Type)
			delete(t.flows, x.Msg)
		}
	case *cluster.Lost:
		t.events = append(t.events, traceEvent{
			Name: oneLine("lost "+x.Type+": "+x.Why, 100), Cat: "lost", Phase: "i", T: e.T - t.from,
			Process: int(x.From), Thread: threadSent + int(x.To), Scope: "p", Args: args(&x.Transit),
		})
	case *cluster.Invoked:
		t.async("b", e, x.ClientCall, nil)
	case *cluster.Returned:
		t.async("e", e, x.ClientCall, map[string]any{"status": string(x.Status)})
	case *cluster.StatusChanged:
		t.endStatus(e.Node, e.T)
		if x.Status == cluster.StatusFrozen || x.Status == cluster.StatusKilled {
			t.status[e.Node] = &traceEvent{Name: string(x.Status), Cat: "status", Phase: "X", T: e.T - t.from, Process: int(e.Node), Thread: threadStatus}
			t.named[[2]int{int(e.Node), threadStatus}] = "status"
		}
	}
}

// slice adds a slice of one microsecond, at least one after the slice before on
// its thread, and returns when it begins.
func (t *tracer) slice(e *cluster.Event, process, thread int, name string, m *cluster.Transit) int64 {
	key := [2]int{process, thread}
	at := max(e.T-t.from, t.free[key])
	t.free[key] = at + 2
	t.named[key] = name
	t.events = append(t.events, traceEvent{
		Name: oneLine(m.Type, 60), Cat: "message", Phase: "X", T: at, Duration: 1, Process: process, Thread: thread, Args: args(m),
	})
	return at
}

// flow adds one end of an arrow, within the slice that was added last.
func (t *tracer) flow(phase, msg string, process, thread int, at int64, name string) {
	e := traceEvent{Name: oneLine(name, 60), Cat: "flow", Phase: phase, T: at, Process: process, Thread: thread, ID: t.flows[msg]}
	if phase == "f" {
		e.Binding = "e"
	}
	t.events = append(t.events, e)
}

// async adds one end of a client's operation. Operations of one node overlap, so
// they are no slices of a thread.
func (t *tracer) async(phase string, e *cluster.Event, c cluster.ClientCall, args map[string]any) {
	t.named[[2]int{int(e.Node), threadClient}] = "clients"
	if args == nil {
		args = map[string]any{"op": oneLine(string(c.Op), 60)}
	}
	t.events = append(t.events, traceEvent{
		Name: oneLine(string(c.OpKind)+" "+c.Key, 100), Cat: "operation", Phase: phase, T: e.T - t.from,
		Process: int(e.Node), Thread: threadClient, ID: oneLine(fmt.Sprintf("%d %s", e.Node, c.Op), 80), Args: args,
	})
}

// endStatus adds the slice of a state that has ended.
func (t *tracer) endStatus(n cluster.NodeID, at int64) {
	if s := t.status[n]; s != nil {
		s.Duration = max(1, at-t.from-s.T)
		t.events = append(t.events, *s)
		delete(t.status, n)
	}
}

// names names the processes and their threads.
func (t *tracer) names() []traceEvent {
	var all []traceEvent
	for n := 1; n <= t.rec.Head.Nodes; n++ {
		all = append(all, traceEvent{Name: "process_name", Phase: "M", Process: n, Args: map[string]any{"name": fmt.Sprintf("n%d", n)}})
	}
	keys := slices.SortedFunc(maps.Keys(t.named), func(a, b [2]int) int { return slices.Compare(a[:], b[:]) })
	for _, k := range keys {
		all = append(all, traceEvent{Name: "thread_name", Phase: "M", Process: k[0], Thread: k[1], Args: map[string]any{"name": t.named[k]}})
	}
	return all
}

func args(m *cluster.Transit) map[string]any {
	a := map[string]any{"msg": oneLine(m.Msg, 60)}
	if m.Op != "" {
		a["op"] = oneLine(string(m.Op), 60)
	}
	return a
}

package verbs

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"time"

	"capplayground/cluster"
)

// Verb is one line of the table.
type Verb struct {
	Name string
	// Also is a second name of the verb in scripts; "" for none.
	Also string
	// Kind is the kind of operation of a verb that calls a node's REST API as a
	// client. The node answers such a call with a status.
	Kind cluster.RequestKind
	// Needs are the arguments that the verb must have, Takes those that it may
	// have. Both hold the JSON names of Args.
	Needs, Takes []string
	// Instead are the arguments of another form of the verb: it has all of them, and
	// none of the others.
	Instead []string
	// Method and Path are the verb's call in the control API; "" where it has
	// none. A {name} in the path is an argument. The other arguments are the body.
	Method, Path string
	// EndedBy is the verb that ends what this verb began: thaw for freeze.
	EndedBy string
	// Summary says what the verb does.
	Summary string
}

// The names of the verbs.
const (
	Write     = "write"
	Read      = "read"
	Propose   = "propose"
	Commit    = "commit"
	Rollback  = "rollback"
	Plant     = "plant"
	LocalRead = "local-read"
	Freeze    = "freeze"
	Thaw      = "thaw"
	Kill      = "kill"
	Restart   = "restart"
	Wipe      = "wipe"
	Isolate   = "isolate"
	Rejoin    = "rejoin"
	Partition = "partition"
	Heal      = "heal"
	SetLink   = "link"
	Rule      = "rule"
	Unrule    = "unrule"
	Deliver   = "deliver"
	Drop      = "drop"
	Duplicate = "duplicate"
	Fire      = "fire"
	SetPace   = "pace"
	SetMode   = "mode"
	SetQuorum = "quorum"
	Workload  = "workload"
	Reset     = "reset"
	Pause     = "pause"
)

// OpsPath is the path of every verb with a Kind. The kind is a field of the body.
const OpsPath = "/api/ops"

var node = []string{"node"}

// Table has every verb, in the order in which help texts show them. scripts/generate
// writes it for the page (static/js/hands/verbs.js).
var Table = []Verb{
	{
		Name: Write, Kind: cluster.OpWrite, Needs: []string{"node", "key", "val"}, Takes: []string{"if_match", "wait"},
		Method: http.MethodPost, Path: OpsPath, Summary: "writes a value, as a client of the node",
	},
	{
		Name: Read, Kind: cluster.OpRead, Needs: []string{"node", "key"}, Takes: []string{"wait"},
		Method: http.MethodPost, Path: OpsPath, Summary: "reads a value, as a client of the node",
	},
	{
		Name: Propose, Kind: cluster.OpPropose, Needs: []string{"node", "id", "key", "val"}, Takes: []string{"wait"},
		Method: http.MethodPost, Path: OpsPath, Summary: "proposes a transaction by hand to this node alone",
	},
	{
		Name: Commit, Kind: cluster.OpCommit, Needs: []string{"node", "id"}, Takes: []string{"wait"},
		Method: http.MethodPost, Path: OpsPath, Summary: "commits, on this node alone, a transaction that was proposed by hand",
	},
	{
		Name: Rollback, Kind: cluster.OpRollback, Needs: []string{"node", "id"}, Takes: []string{"wait"},
		Method: http.MethodPost, Path: OpsPath, Summary: "rolls back, on this node alone, a transaction that was proposed by hand",
	},
	{
		Name: Plant, Kind: cluster.OpPlant, Needs: []string{"node", "key", "val"}, Takes: []string{"ts", "wait"},
		Method: http.MethodPost, Path: OpsPath, Summary: "plants a value on this node alone, older than every real write",
	},
	{
		Name: LocalRead, Kind: cluster.OpHolds, Needs: []string{"node", "key"}, Takes: []string{"wait"},
		Method: http.MethodPost, Path: OpsPath, Summary: "reads what this node alone holds",
	},
	{Name: Freeze, Needs: node, Method: http.MethodPost, Path: "/api/nodes/{node}/freeze", EndedBy: Thaw, Summary: "stops the node's process with SIGSTOP"},
	{Name: Thaw, Also: "unfreeze", Needs: node, Method: http.MethodPost, Path: "/api/nodes/{node}/unfreeze", Summary: "lets a frozen node go on"},
	{Name: Kill, Needs: node, Method: http.MethodPost, Path: "/api/nodes/{node}/kill", EndedBy: Restart, Summary: "ends the node's process with SIGKILL"},
	{Name: Restart, Needs: node, Method: http.MethodPost, Path: "/api/nodes/{node}/restart", Summary: "starts the node on the disk it had, after killing it if it runs"},
	{Name: Wipe, Needs: node, Method: http.MethodPost, Path: "/api/nodes/{node}/wipe", Summary: "starts the node with an empty disk, in a mode whose promises do not rest on disks"},
	{Name: Isolate, Needs: node, Method: http.MethodPost, Path: "/api/nodes/{node}/isolate", EndedBy: Rejoin, Summary: "cuts all links of the node"},
	{Name: Rejoin, Needs: node, Method: http.MethodPost, Path: "/api/nodes/{node}/rejoin", Summary: "mends all links of the node"},
	{Name: Partition, Needs: []string{"groups"}, Method: http.MethodPost, Path: "/api/partition", EndedBy: Heal, Summary: "cuts the links between the groups"},
	{Name: Heal, Method: http.MethodPost, Path: "/api/heal", Summary: "makes all links perfect, ends all rules, and thaws every node"},
	{
		Name: SetLink, Needs: []string{"from", "to"}, Takes: []string{"cut", "delay_ms", "jitter_ms", "loss"},
		Method: http.MethodPut, Path: "/api/links/{from}/{to}", Summary: "sets one direction of one link",
	},
	{
		Name: Rule, Needs: []string{"from", "to", "type", "do"}, Takes: []string{"count"}, Instead: []string{"when", "then"},
		Method: http.MethodPost, Path: "/api/rules", EndedBy: Unrule,
		Summary: "holds or drops the next messages of a type on a link; or kills, freezes or isolates a node once it has taken in the messages of when",
	},
	{Name: Unrule, Needs: []string{"rule"}, Method: http.MethodDelete, Path: "/api/rules/{rule}", Summary: "ends a rule"},
	{Name: Deliver, Needs: []string{"msg"}, Method: http.MethodPost, Path: "/api/messages/{msg}/deliver", Summary: "delivers a message that is under way now"},
	{Name: Drop, Needs: []string{"msg"}, Method: http.MethodPost, Path: "/api/messages/{msg}/drop", Summary: "loses a message that is under way"},
	{Name: Duplicate, Needs: []string{"msg"}, Method: http.MethodPost, Path: "/api/messages/{msg}/duplicate", Summary: "makes a copy of a message that is under way"},
	{Name: Fire, Needs: []string{"node", "timer"}, Method: http.MethodPost, Path: "/api/timers/{node}/{timer}/fire", Summary: "lets a timer of the node fire now"},
	{Name: SetPace, Needs: []string{"pace"}, Takes: []string{"rate"}, Method: http.MethodPut, Path: "/api/pace", Summary: "sets the pace of virtual time: live, slow or step"},
	{Name: SetMode, Needs: []string{"mode"}, Method: http.MethodPut, Path: "/api/mode", Summary: "starts all nodes again in another mode, with empty databases"},
	{Name: SetQuorum, Needs: []string{"n", "r", "w"}, Method: http.MethodPut, Path: "/api/quorum", Summary: "sets the sizes N, R and W for operations that start later"},
	{
		Name: Workload, Takes: []string{"rate", "clients", "keys", "read_ratio", "seed"},
		Method: http.MethodPost, Path: "/api/workload", EndedBy: Workload, Summary: "puts steady random traffic on all nodes; in scripts a rate of 0 ends it",
	},
	{Name: Reset, Method: http.MethodPost, Path: "/api/reset", Summary: "heals, starts every node with an empty database, and forgets the past"},
	{Name: Pause, Needs: []string{"for"}, Summary: "waits for a span of virtual time"},
}

// Of returns the line of a verb, by either of its names.
func Of(name string) (Verb, bool) {
	i := slices.IndexFunc(Table, func(v Verb) bool { return name != "" && (v.Name == name || v.Also == name) })
	if i < 0 {
		return Verb{}, false
	}
	return Table[i], true
}

// Action is a verb with its arguments.
type Action struct {
	Verb string
	Args Args
}

// Args are the arguments of all verbs. A verb reads those that its line names.
type Args struct {
	Node      cluster.NodeID     `json:"node,omitempty"`
	Key       string             `json:"key,omitempty"`
	Val       string             `json:"val,omitempty"`
	ID        cluster.OpID       `json:"id,omitempty"`       // of a transaction proposed by hand
	TS        int64              `json:"ts,omitempty"`       // of a planted value, microseconds since the epoch
	IfMatch   string             `json:"if_match,omitempty"` // the version that a write replaces
	Wait      *bool              `json:"wait,omitempty"`     // for the answer; nil is true
	From      cluster.AnyNode    `json:"from,omitempty"`
	To        cluster.AnyNode    `json:"to,omitempty"`
	Type      string             `json:"type,omitempty"` // of messages, "*" for any
	Do        string             `json:"do,omitempty"`   // of a rule: cluster.RuleHold or RuleDrop
	Count     int                `json:"count,omitempty"`
	When      cluster.Point      `json:"when,omitzero"` // of a rule that acts at a point of the protocol
	Then      string             `json:"then,omitempty"`
	Groups    [][]cluster.NodeID `json:"groups,omitempty"`
	Cut       bool               `json:"cut,omitempty"`
	DelayMS   float64            `json:"delay_ms,omitempty"`
	JitterMS  float64            `json:"jitter_ms,omitempty"`
	Loss      float64            `json:"loss,omitempty"`
	Msg       string             `json:"msg,omitempty"`   // the id of a message
	Rule      string             `json:"rule,omitempty"`  // the id of a rule
	Timer     string             `json:"timer,omitempty"` // the id of a timer
	Mode      cluster.Mode       `json:"mode,omitempty"`
	N         int                `json:"n,omitempty"`
	R         int                `json:"r,omitempty"`
	W         int                `json:"w,omitempty"`
	Pace      string             `json:"pace,omitempty"`
	Rate      float64            `json:"rate,omitempty"` // of slow pace, or of a workload
	Clients   int                `json:"clients,omitempty"`
	Keys      int                `json:"keys,omitempty"`
	ReadRatio float64            `json:"read_ratio,omitempty"`
	Seed      uint64             `json:"seed,omitempty"` // of a workload: the same seed makes the same calls; 0 to 9007199254740991, 0 is 1
	For       time.Duration      `json:"for,omitempty"`  // virtual time
}

// fields returns the arguments that are set, by name. "from" and "to" are always
// there: their zero value is any node, which JSON writes as "*".
func (a Args) fields() map[string]json.RawMessage {
	text, _ := json.Marshal(a) // numbers and texts: this cannot fail
	fields := map[string]json.RawMessage{}
	_ = json.Unmarshal(text, &fields)
	for name, end := range map[string]cluster.AnyNode{"from": a.From, "to": a.To} {
		fields[name], _ = json.Marshal(end)
	}
	return fields
}

// Arguments returns the names of all arguments of a verb, the needed ones first.
func (v Verb) Arguments() []string { return slices.Concat(v.Needs, v.Takes, v.Instead) }

// InPath returns whether an argument is a part of the call's path.
func (v Verb) InPath(argument string) bool { return strings.Contains(v.Path, "{"+argument+"}") }

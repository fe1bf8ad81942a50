package scenario

import (
	"slices"

	"capplayground/cluster"
	"capplayground/cluster/modes"
	"capplayground/server/scenario/strict"
)

// verb is one line of the table of verbs.
type verb struct {
	name      string
	operation bool // a client's call at a node
	args      []strict.Field
}

var (
	nodeArg = strict.Field{Name: "node", Of: strict.Integer(1, cluster.MaxNodes), Required: true, Doc: "The number of the node."}
	keyArg  = strict.Field{Name: "key", Of: strict.Text(256), Required: true, Doc: "The key."}
	valArg  = strict.Field{Name: "val", Of: strict.Text(2000), Required: true, Doc: "The value."}
	idArg   = strict.Field{Name: "id", Of: strict.Text(64), Required: true, Doc: "The name of the transaction by hand."}
	waitArg = strict.Field{Name: "wait", Of: strict.Boolean(), Doc: "false: the next action does not wait for the answer."}
	anyNode = strict.Either(strict.Integer(1, cluster.MaxNodes), strict.Word("*"))
	fromArg = strict.Field{Name: "from", Of: anyNode, Doc: "The sender; \"*\" is any node."}
	toArg   = strict.Field{Name: "to", Of: anyNode, Doc: "The receiver; \"*\" is any node."}
	typeArg = strict.Field{Name: "type", Of: strict.Text(64), Doc: "The message type of the protocol, as the stage writes it; \"*\" is any type."}
	ref     = []strict.Field{
		{Name: "step", Of: strict.Text(40), Doc: "The id of an earlier step; without it, this step."},
		{Name: "of", Of: strict.Integer(1, MaxActions), Doc: "The number of the operation within its step, from 1; without it, 1."},
	}
)

// verbTable has one line for each verb of do.
var verbTable = []verb{
	{"write", true, []strict.Field{nodeArg, keyArg, valArg, waitArg, {
		Name: "replaces", Of: strict.Object(ref...), Doc: "The read whose version this write supersedes (If-Match).",
	}}},
	{"read", true, []strict.Field{nodeArg, keyArg, waitArg}},
	{"propose", true, []strict.Field{nodeArg, idArg, keyArg, valArg}},
	{"commit", true, []strict.Field{nodeArg, idArg}},
	{"rollback", true, []strict.Field{nodeArg, idArg}},
	{"plant", true, []strict.Field{nodeArg, keyArg, valArg, {
		Name: "ts", Of: strict.Integer(1, 1<<52), Doc: "The timestamp of the planted value, older than any real write.",
	}}},
	{"freeze", false, []strict.Field{nodeArg}},
	{"thaw", false, []strict.Field{nodeArg}},
	{"kill", false, []strict.Field{nodeArg}},
	{"restart", false, []strict.Field{nodeArg}},
	{"wipe", false, []strict.Field{nodeArg}},
	{"isolate", false, []strict.Field{nodeArg}},
	{"rejoin", false, []strict.Field{nodeArg}},
	{"partition", false, []strict.Field{{
		Name: "groups", Of: strict.List(strict.List(strict.Integer(1, cluster.MaxNodes), 1, cluster.MaxNodes), 2, cluster.MaxNodes),
		Required: true, Doc: "The groups of nodes that still hear each other.",
	}}},
	{"link", false, []strict.Field{
		fromArg, toArg,
		{Name: "cut", Of: strict.Boolean()},
		{Name: "delay_ms", Of: strict.Number(0, 60_000), Doc: "Virtual milliseconds."},
		{Name: "jitter_ms", Of: strict.Number(0, 60_000), Doc: "Virtual milliseconds, added to the delay, uniform."},
		{Name: "loss", Of: strict.Number(0, 1), Doc: "The share of messages that are lost."},
	}},
	{"heal", false, nil},
	{"rule", false, []strict.Field{
		fromArg, toArg, typeArg,
		{Name: "do", Of: strict.Word(cluster.RuleHold, cluster.RuleDrop), Required: true},
		{Name: "count", Of: strict.Integer(1, 1_000_000), Doc: "How many messages; without it, until the rule is ended."},
	}},
	{"unrule", false, []strict.Field{fromArg, toArg, typeArg}},
	{"deliver", false, []strict.Field{fromArg, toArg, typeArg}},
	{"drop", false, []strict.Field{fromArg, toArg, typeArg}},
	{"duplicate", false, []strict.Field{fromArg, toArg, typeArg}},
	{"fire", false, []strict.Field{nodeArg, {Name: "timer", Of: strict.Text(64), Required: true, Doc: "The name of the timer."}}},
	{"pace", false, paceFields},
	{"mode", false, []strict.Field{{Name: "mode", Of: modeShape, Required: true}}},
	{"quorum", false, quorumFields},
	{"workload", false, []strict.Field{
		{Name: "rate", Of: strict.Number(0, 5000), Required: true, Doc: "Operations per second; 0 ends the workload."},
		{Name: "clients", Of: strict.Integer(1, 64)},
		{Name: "keys", Of: strict.Integer(1, 1000)},
		{Name: "read_ratio", Of: strict.Number(0, 1)},
	}},
	{"reset", false, nil},
	{"pause", false, []strict.Field{{Name: "for", Of: strict.Duration(), Required: true, Doc: "Virtual time."}}},
}

func verbIndex(name string) int {
	return slices.IndexFunc(verbTable, func(v verb) bool { return v.name == name })
}

var (
	modeShape  = strict.Word(modeNames()...)
	paceFields = []strict.Field{
		{Name: "pace", Of: strict.Word(cluster.PaceLive, cluster.PaceSlow, cluster.PaceStep), Required: true},
		{Name: "rate", Of: strict.Number(0.001, 1), Doc: "Of slow: virtual seconds for one real second."},
	}
	quorumFields = []strict.Field{
		{Name: "n", Of: strict.Integer(1, cluster.MaxNodes), Required: true},
		{Name: "r", Of: strict.Integer(1, cluster.MaxNodes), Required: true},
		{Name: "w", Of: strict.Integer(1, cluster.MaxNodes), Required: true},
	}
)

// modeNames returns the names of all modes.
func modeNames() []string {
	var names []string
	for _, mode := range modes.Names() {
		names = append(names, string(mode))
	}
	return names
}

// reasons are those for which a message is lost.
var reasons = []string{
	cluster.WhyCut, cluster.WhyLoss, cluster.WhyDropped, cluster.WhyRefused,
	cluster.WhyTimeout, cluster.WhyOverflow, cluster.WhyDown,
}

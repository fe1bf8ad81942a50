package scenario

import (
	"slices"

	"capplayground/cluster"
	"capplayground/cluster/modes"
	"capplayground/server/scenario/strict"
	"capplayground/server/verbs"
	"capplayground/server/workload"
)

var (
	keyArg  = strict.Field{Name: "key", Of: strict.Text(256), Required: true, Doc: "The key."}
	nodeArg = strict.Field{Name: "node", Of: strict.Integer(1, cluster.MaxNodes), Required: true, Doc: "The number of the node."}
	anyNode = strict.Either(strict.Integer(1, cluster.MaxNodes), strict.Word("*"))
	fromArg = strict.Field{Name: "from", Of: anyNode, Doc: "The sender; \"*\" is any node."}
	toArg   = strict.Field{Name: "to", Of: anyNode, Doc: "The receiver; \"*\" is any node."}
	typeArg = strict.Field{Name: "type", Of: strict.Text(64), Doc: "The message type of the protocol, as the stage writes it; \"*\" is any type."}
	ref     = []strict.Field{
		{Name: "step", Of: strict.Text(40), Doc: "The id of an earlier step; without it, this step."},
		{Name: "of", Of: strict.Integer(1, MaxActions), Doc: "The number of the operation within its step, from 1; without it, 1."},
	}
)

// argFields say what each argument of a verb may be. A scenario names a message
// and a rule by what they are and never by an id, and the version that a write
// replaces by the read that returned it.
var argFields = map[string][]strict.Field{
	"node":     {nodeArg},
	"key":      {keyArg},
	"val":      {{Name: "val", Of: strict.Text(2000), Doc: "The value."}},
	"id":       {{Name: "id", Of: strict.Text(64), Doc: "The name of the transaction by hand."}},
	"ts":       {{Name: "ts", Of: strict.Integer(1, 1<<52), Doc: "The timestamp of the planted value, older than any real write."}},
	"if_match": {{Name: "replaces", Of: strict.Object(ref...), Doc: "The read whose version this write replaces (If-Match)."}},
	"wait":     {{Name: "wait", Of: strict.Boolean(), Doc: "false: the next action does not wait for the answer."}},
	"from":     {fromArg},
	"to":       {toArg},
	"type":     {typeArg},
	"msg":      {fromArg, toArg, typeArg},
	"rule":     {fromArg, toArg, typeArg},
	"do":       {{Name: "do", Of: strict.Word(cluster.RuleHold, cluster.RuleDrop)}},
	"count":    {{Name: "count", Of: strict.Integer(1, 1_000_000), Doc: "How many messages; without it, until the rule is ended."}},
	"when": {{Name: "when", Of: strict.Object(
		strict.Field{Name: "type", Of: strict.Text(64), Required: true, Doc: "The message type of the protocol."},
		strict.Field{Name: "count", Of: strict.Integer(1, 1_000_000), Doc: "How many messages of one operation; without it, 1."},
		strict.Field{Name: "node", Of: anyNode, Doc: "The node that takes them in; without it, or with \"*\", the first that does."},
	), Doc: "The point of the protocol at which the rule acts, once."}},
	"then": {{Name: "then", Of: strict.Word(cluster.ThenKill, cluster.ThenFreeze, cluster.ThenIsolate), Doc: "What is done to the node at that point, before anything that it makes of the last message leaves."}},
	"groups": {{
		Name: "groups", Of: strict.List(strict.List(strict.Integer(1, cluster.MaxNodes), 1, cluster.MaxNodes), 2, cluster.MaxNodes),
		Doc: "The groups of nodes that still hear each other.",
	}},
	"cut":        {{Name: "cut", Of: strict.Boolean()}},
	"delay_ms":   {{Name: "delay_ms", Of: strict.Number(0, 60_000), Doc: "Virtual milliseconds."}},
	"jitter_ms":  {{Name: "jitter_ms", Of: strict.Number(0, 60_000), Doc: "Virtual milliseconds, added to the delay, uniform."}},
	"loss":       {{Name: "loss", Of: strict.Number(0, 1), Doc: "The share of messages that are lost."}},
	"timer":      {{Name: "timer", Of: strict.Text(64), Doc: "The name of the timer."}},
	"mode":       {{Name: "mode", Of: modeShape}},
	"n":          {quorumFields[0]},
	"r":          {quorumFields[1]},
	"w":          {quorumFields[2]},
	"pace":       {paceFields[0]},
	"rate":       {{Name: "rate", Of: strict.Number(0, 5000), Doc: "Of slow: virtual seconds for one real second. Of a workload: operations per second; 0 ends it."}},
	"clients":    {{Name: "clients", Of: strict.Integer(1, 64)}},
	"keys":       {{Name: "keys", Of: strict.Integer(1, 1000)}},
	"read_ratio": {{Name: "read_ratio", Of: strict.Number(0, 1)}},
	"seed":       {{Name: "seed", Of: strict.Integer(0, workload.MaxSeed), Doc: "Loads of the same seed make the same calls; 0 is 1."}},
	"for":        {{Name: "for", Of: strict.Duration(), Doc: "Virtual time."}},
}

// argsOf returns the fields that a verb has in a scenario, made from its line in
// the table of verbs.
func argsOf(v verbs.Verb) []strict.Field {
	var fields []strict.Field
	for _, name := range v.Arguments() {
		for _, f := range argFields[name] {
			f.Required = v.Instead == nil && slices.Contains(v.Needs, name) && name != "msg" && name != "rule"
			fields = append(fields, f)
		}
	}
	return fields
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
	cluster.WhyTimeout, cluster.WhyOverflow, cluster.WhyDown, cluster.WhyGap,
}

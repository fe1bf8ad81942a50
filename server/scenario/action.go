package scenario

import (
	"cmp"
	"encoding/json"
	"fmt"
	"strings"

	"capplayground/cluster"
	"capplayground/server/scenario/strict"
	"capplayground/server/verbs"
)

// Action is one verb with its arguments: {write: {node: 1, key: city, val: Porto}}.
type Action struct {
	Verb string
	Args Args
}

// Args are the arguments of all verbs, in the words of a scenario. The shape of a file
// (shape.go) allows each verb only those of its line in the table of verbs.
type Args struct {
	verbs.Args
	Timer    string      `json:"timer,omitempty"`    // the name of a timer
	Replaces *Ref        `json:"replaces,omitempty"` // the read whose version a write supersedes
	For      strict.Span `json:"for,omitempty"`      // of a pause, virtual time
}

// Ref names an operation: the one with this number, from 1, among the operations
// of a step. Without a step it is the step in which the Ref stands.
type Ref struct {
	Step string `json:"step,omitempty"`
	Of   int    `json:"of,omitempty"`
}

// UnmarshalJSON reads an object with one verb.
func (a *Action) UnmarshalJSON(b []byte) error {
	var one map[string]json.RawMessage
	if err := json.Unmarshal(b, &one); err != nil {
		return err
	}
	for verb, args := range one {
		a.Verb = verb
		return json.Unmarshal(args, &a.Args)
	}
	return nil
}

// Operation says whether the action is a call of a client at a node, which is
// answered with a status. Operations of a step are numbered from 1.
func (a Action) Operation() bool {
	v, _ := verbs.Of(a.Verb)
	return v.Kind != ""
}

// Verbs returns the action as the control API has it. id is that of the message,
// rule or timer that the action is about, and ifMatch the version that a write
// replaces; "" for none.
func (a Action) Verbs(id, ifMatch string) verbs.Action {
	args := a.Args.Args
	args.IfMatch, args.For, args.Wait = ifMatch, a.Args.For.Duration(), nil // the scenario itself waits
	args.Msg, args.Rule, args.Timer = id, id, cmp.Or(id, a.Args.Timer)
	return verbs.Action{Verb: a.Verb, Args: args}
}

// waits says whether the next action waits for the answer to this operation.
func (a Action) waits() bool { return a.Args.Wait == nil || *a.Args.Wait }

// String is the action in a few words, as in "write city=Porto at 1".
func (a Action) String() string {
	g := a.Args
	switch a.Verb {
	case "write":
		return fmt.Sprintf("write %s=%s at node %d", g.Key, g.Val, int(g.Node))
	case "read":
		return fmt.Sprintf("read %s at node %d", g.Key, int(g.Node))
	case "local-read":
		return fmt.Sprintf("read %s as node %d alone holds it", g.Key, int(g.Node))
	case "plant":
		return fmt.Sprintf("plant %s=%s at node %d", g.Key, g.Val, int(g.Node))
	case "propose":
		return fmt.Sprintf("propose %s=%s as transaction %s at node %d", g.Key, g.Val, g.ID, int(g.Node))
	case "commit", "rollback":
		return fmt.Sprintf("%s transaction %s at node %d", a.Verb, g.ID, int(g.Node))
	case "partition":
		return "partition " + groups(g.Groups)
	case "deliver", "drop", "duplicate":
		return fmt.Sprintf("%s the %s from %s to %s", a.Verb, typeName(g.Type), end(g.From), end(g.To))
	case "unrule":
		return fmt.Sprintf("end the rule about each %s from %s to %s", typeName(g.Type), end(g.From), end(g.To))
	case "rule":
		if g.Then != "" {
			return fmt.Sprintf("rule: %s %s when %d %s are in", g.Then, end(g.When.Node), g.When.Count, g.When.Type)
		}
		return fmt.Sprintf("rule: %s each %s from %s to %s", g.Do, typeName(g.Type), end(g.From), end(g.To))
	case "link":
		return fmt.Sprintf("set the link from %s to %s", end(g.From), end(g.To))
	case "fire":
		return fmt.Sprintf("fire the timer %s at node %d", g.Timer, int(g.Node))
	case "pace":
		return "pace " + g.Pace
	case "pause":
		return fmt.Sprintf("pause for %v", g.For.Duration())
	case "quorum":
		return fmt.Sprintf("sizes n=%d r=%d w=%d", g.N, g.R, g.W)
	case "mode":
		return "mode " + string(g.Mode)
	}
	if g.Node != 0 {
		return fmt.Sprintf("%s node %d", a.Verb, int(g.Node))
	}
	return a.Verb
}

func end(n cluster.AnyNode) string {
	if n == 0 {
		return "any node"
	}
	return fmt.Sprintf("node %d", int(n))
}

func typeName(t string) string {
	if t == "" || t == "*" {
		return "message"
	}
	return t
}

func groups(all [][]cluster.NodeID) string {
	var texts []string
	for _, g := range all {
		var ids []string
		for _, id := range g {
			ids = append(ids, fmt.Sprint(int(id)))
		}
		texts = append(texts, strings.Join(ids, " "))
	}
	return strings.Join(texts, " | ")
}

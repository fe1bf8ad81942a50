package scenario

import (
	"fmt"
	"slices"
	"strings"

	"capplayground/cluster"
	"capplayground/cluster/modes"
	"capplayground/server/scenario/strict"
	"capplayground/server/verbs"
)

// Values that a scenario has by default.
const (
	defaultNodes = 5
	planted      = 11111111 // the timestamp of the original's trick
	maxLanes     = 8        // of a scenario in lanes
)

// Parse reads a scenario. The name appears in the errors. Without its directory and
// extension it is the Name of the scenario. All faults are returned as one *strict.Error,
// each with its line and column.
func Parse(name string, source []byte) (*Scenario, error) {
	doc, err := strict.Parse(name, source, shape)
	if err != nil {
		return nil, err
	}
	s := &Scenario{Name: baseName(name), Nodes: defaultNodes}
	if err := doc.Decode(s); err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	c := checker{doc: doc, s: s}
	c.check()
	if err := doc.Err(); err != nil {
		return nil, err
	}
	return s, nil
}

func baseName(file string) string {
	file = file[strings.LastIndexAny(file, `/\`)+1:]
	return strings.TrimSuffix(strings.TrimSuffix(file, ".yaml"), ".yml")
}

// checker finds the faults that the shape cannot express.
type checker struct {
	doc *strict.Document
	s   *Scenario
	ops map[string]int // operations by step, for the references
}

func (c *checker) check() {
	c.ops = map[string]int{}
	c.modes()
	if q := c.s.Quorum; q != nil {
		c.quorum("quorum", q.N, q.R, q.W)
	}
	if p := c.s.Pace; p != nil {
		c.pace("pace", p.Pace, p.Rate)
	}
	for i := range c.s.Steps {
		c.step(&c.s.Steps[i], fmt.Sprintf("steps.%d", i))
	}
	for i := 1; i < len(c.s.Steps); i++ {
		if c.s.Steps[i].Ask != nil && c.s.Steps[i-1].Ask != nil {
			c.doc.Wrong(fmt.Sprintf("steps.%d.ask", i), "the step before asks, want a step between that decides its question")
		}
	}
	if last := c.s.Steps[len(c.s.Steps)-1]; last.Ask != nil {
		c.doc.Wrong(fmt.Sprintf("steps.%d.ask", len(c.s.Steps)-1), "the last step asks, want a step after it that decides")
	}
}

// modes checks that the scenario has either a mode or the modes of its lanes.
func (c *checker) modes() {
	if (c.s.Mode == "") == (len(c.s.Modes) == 0) {
		at := "version"
		if c.s.Mode != "" {
			at = "modes"
		}
		c.doc.Wrong(at, "want either mode, or the modes of several lanes")
	}
	for i, mode := range c.s.Modes {
		if slices.Contains(c.s.Modes[:i], mode) {
			c.doc.Wrong(fmt.Sprintf("modes.%d", i), "a second lane in mode %s", mode)
		}
	}
}

func (c *checker) step(step *Step, path string) {
	if _, twice := c.ops[step.ID]; twice {
		c.doc.Wrong(path+".id", "a second step with the id %q", step.ID)
	}
	if n := len(strings.Fields(step.Say)); n > MaxWords {
		c.doc.Wrong(path+".say", "found %d words, want at most %d: the back row reads no more", n, MaxWords)
	}
	if step.Say == "" && step.Ask == nil {
		c.doc.Wrong(path, "the step shows nothing, want say or ask")
	}
	if step.Ask != nil {
		c.ask(step.Ask, path+".ask")
	}
	operations := 0
	for i := range step.Do {
		c.action(&step.Do[i], fmt.Sprintf("%s.do.%d.%s", path, i, step.Do[i].Verb), step.ID, operations)
		if step.Do[i].Operation() {
			operations++
		}
	}
	c.ops[step.ID] = operations
	if w := step.WaitFor; w != nil {
		for _, of := range w.Answers.Of {
			c.ref(path+".wait_for.answers", Ref{Of: of}, step.ID)
		}
		for i := range w.Until {
			c.condition(&w.Until[i], fmt.Sprintf("%s.wait_for.until.%d", path, i), step.ID)
		}
	}
	for i := range step.Expect {
		c.condition(&step.Expect[i], fmt.Sprintf("%s.expect.%d", path, i), step.ID)
	}
	if f := step.Focus; f != nil {
		c.node(path+".focus.node", f.Node)
	}
}

func (c *checker) ask(a *Ask, path string) {
	if a.Answer > len(a.Choices) {
		c.doc.Wrong(path+".answer", "found %d, want the number of one of the %d choices", a.Answer, len(a.Choices))
	}
	for n := range a.Misconceptions {
		at := fmt.Sprintf("%s.misconceptions.%d", path, n)
		switch {
		case n > len(a.Choices):
			c.doc.Wrong(at, "found %d, want the number of one of the %d choices", n, len(a.Choices))
		case n == a.Answer:
			c.doc.Wrong(at, "choice %d is the right one, want the number of a wrong choice", n)
		}
	}
}

func (c *checker) action(a *Action, path, step string, operations int) {
	g := &a.Args
	c.node(path+".node", g.Node)
	c.ends(path, g.From, g.To)
	c.message(path+".type", g.Type, c.s.in())
	if len(c.s.Modes) > 0 {
		c.inLanes(a, path)
	}
	for i, group := range g.Groups {
		for j, id := range group {
			c.node(fmt.Sprintf("%s.groups.%d.%d", path, i, j), id)
		}
	}
	switch a.Verb {
	case "quorum":
		c.quorum(path, g.N, g.R, g.W)
	case "pace":
		c.pace(path, g.Pace, g.Rate)
	case "plant":
		if g.TS == 0 {
			g.TS = planted
		}
	case "rule":
		c.rule(path, g)
	}
	if g.Replaces != nil {
		if g.Replaces.Step == "" {
			c.ops[step] = operations // the operations before this action
		}
		c.ref(path+".replaces", *g.Replaces, step)
		delete(c.ops, step)
	}
}

// inLanes checks that an action can be done in every lane.
func (c *checker) inLanes(a *Action, path string) {
	v, _ := verbs.Of(a.Verb)
	for _, mode := range c.s.Modes {
		if a.Verb == verbs.SetMode {
			c.doc.Wrong(path, "a lane stays in its mode, want another verb")
			return
		}
		if v.Kind != "" && !modes.Of(mode).Has(v.Kind) {
			c.doc.Wrong(path, "mode %s has no %s, want a verb that every lane has", mode, a.Verb)
		}
	}
}

// rule checks that a rule has one of its two forms.
func (c *checker) rule(path string, g *Args) {
	acts, point := g.Type != "" && g.Do != "", g.When.Type != "" && g.Then != ""
	if acts == point || point && (g.Type+g.Do != "" || g.From != 0 || g.To != 0 || g.Count != 0) || acts && (g.When != cluster.Point{} || g.Then != "") {
		c.doc.Wrong(path, "want either from, to, type and do, or when and then")
		return
	}
	if point {
		g.When.Count = max(g.When.Count, 1)
		c.node(path+".when.node", cluster.NodeID(g.When.Node))
		c.message(path+".when.type", g.When.Type, c.s.in())
	}
}

func (c *checker) condition(is *Condition, path, step string) {
	for _, mode := range is.Lane {
		if !slices.Contains(c.s.Modes, mode) {
			c.doc.Wrong(path+".lane", "found %s, want one of the scenario's modes", mode)
		}
	}
	switch {
	case is.Answer != nil:
		c.ref(path+".answer", is.Answer.Ref, step)
	case is.Value != nil:
		c.nodes(path+".value.node", is.Value.Nodes)
		if (is.Value.Val == "") == !is.Value.Absent {
			c.doc.Wrong(path+".value", "want either val or absent: true")
		}
	case is.Sent != nil:
		c.count(path+".sent", is.Sent, is.Lane)
	case is.Delivered != nil:
		c.count(path+".delivered", is.Delivered, is.Lane)
	case is.Lost != nil:
		c.count(path+".lost", is.Lost, is.Lane)
	case is.Locked != nil:
		c.nodes(path+".locked.node", is.Locked.Nodes)
	case is.Siblings != nil:
		c.node(path+".siblings.node", is.Siblings.Node)
	case is.Hints != nil:
		c.node(path+".hints.node", is.Hints.Node)
		c.node(path+".hints.for", is.Hints.For)
	case is.Role != nil:
		c.node(path+".role.node", is.Role.Node)
	}
}

func (c *checker) count(path string, n *Count, lanes Lanes) {
	if len(lanes) == 0 {
		lanes = c.s.in()
	}
	c.ends(path, n.From, n.To)
	c.node(path+".for", n.For)
	c.message(path+".type", n.Type, lanes)
}

// ref checks that the step exists, is not a later one, and has the operation.
func (c *checker) ref(path string, r Ref, step string) {
	if r.Step != "" {
		step = r.Step
	}
	have, known := c.ops[step]
	switch {
	case !known:
		c.doc.Wrong(path+".step", "no step before this one has the id %q", step)
	case max(r.Of, 1) > have:
		c.doc.Wrong(path+".of", "the step %q has %d operations, found %d", step, have, max(r.Of, 1))
	}
}

func (c *checker) ends(path string, from, to cluster.AnyNode) {
	c.node(path+".from", cluster.NodeID(from))
	c.node(path+".to", cluster.NodeID(to))
}

func (c *checker) nodes(path string, all Nodes) {
	for i, id := range all {
		c.node(fmt.Sprintf("%s.%d", path, i), id)
	}
}

func (c *checker) node(path string, id cluster.NodeID) {
	if int(id) > c.s.Nodes {
		c.doc.Wrong(path, "unknown node %d, want 1 to %d", int(id), c.s.Nodes)
	}
}

// message checks that each of these modes has the message type.
func (c *checker) message(path, kind string, in []cluster.Mode) {
	for _, mode := range in {
		known := modes.Of(mode).Types
		if kind != "" && kind != "*" && !slices.Contains(known, kind) {
			c.doc.Wrong(path, "unknown message type %q, want one of %s", kind, strings.Join(known, ", "))
		}
	}
}

func (c *checker) quorum(path string, n, r, w int) {
	if n > c.s.Nodes || r > n || w > n {
		c.doc.Wrong(path, "found n=%d r=%d w=%d, want r and w at most n, and n at most %d", n, r, w, c.s.Nodes)
	}
}

func (c *checker) pace(path, name string, rate float64) {
	if (name == cluster.PaceSlow) != (rate != 0) {
		c.doc.Wrong(path, "want a rate for slow, and none for another pace")
	}
}

package scenario

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"capplayground/cluster"
)

// Row is one expectation of a step, beside the result.
type Row struct {
	Lane     cluster.Mode `json:"lane,omitempty"` // set if the scenario is played in lanes
	Expected string       `json:"expected"`
	Came     string       `json:"came"`
	OK       bool         `json:"ok"`

	final bool // it differs and cannot change any more, because an answer never changes
}

func rowOf(expected, came string, ok bool) Row { return Row{Expected: expected, Came: came, OK: ok} }

// check compares a condition with the present state. Only the verdict takes time.
func (p *part) check(ctx context.Context, is *Condition, step *Step) Row {
	switch {
	case is.Answer != nil:
		return p.checkAnswer(is.Answer, step)
	case is.Value != nil:
		return p.checkValue(is.Value)
	case is.Sent != nil:
		return p.checkCount("sent", cluster.KindSent, is.Sent)
	case is.Delivered != nil:
		return p.checkCount("delivered", cluster.KindDelivered, is.Delivered)
	case is.Lost != nil:
		return p.checkCount("lost", cluster.KindLost, is.Lost)
	case is.Locked != nil:
		want := is.Locked.Nodes
		if want == nil {
			want = p.all()
		}
		slices.Sort(want)
		have := p.observer.locked(is.Locked.Key)
		return rowOf(is.Locked.Key+" locked at "+list(want), is.Locked.Key+" locked at "+list(have), slices.Equal(want, have))
	case is.Siblings != nil:
		return p.checkSiblings(is.Siblings)
	case is.Hints != nil:
		what := "hints"
		if is.Hints.Node != 0 {
			what += fmt.Sprintf(" at node %d", int(is.Hints.Node))
		}
		if is.Hints.For != 0 {
			what += fmt.Sprintf(" for node %d", int(is.Hints.For))
		}
		return amountRow(what, float64(p.observer.hints(is.Hints.Node, is.Hints.For)), is.Hints.Amount)
	case is.Role != nil:
		have := p.observer.role(is.Role.Node)
		what := fmt.Sprintf("node %d is ", int(is.Role.Node))
		return rowOf(what+is.Role.Role, what+orNothing(have), have == is.Role.Role)
	}
	return p.checkHistory(ctx, is)
}

// measure stores what is measured in the lane, for the page.
func (p *part) measure(ctx context.Context) {
	r := p.cluster.Judge(ctx)
	m := &Measured{Lane: p.mode, Answered: 1, Stale: r.Total.Stale, Verdict: r.Verdict}
	if r.Total.Availability != nil {
		m.Answered = *r.Total.Availability
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.judged = m
}

func (p *part) checkHistory(ctx context.Context, is *Condition) Row {
	r := p.cluster.Judge(ctx)
	switch {
	case is.Verdict != "":
		have := Verdict(strings.TrimSuffix(r.Verdict, " so far"))
		came := string(have)
		if len(r.Keys) > 0 {
			worst := r.Keys[0]
			if worst.Suspect {
				came, have = came+", not certain yet", ""
			}
			if worst.Why != "" {
				came += ": " + worst.Why
			}
		}
		return rowOf(string(is.Verdict), came, have == is.Verdict)
	case is.Stale != nil:
		return amountRow("stale reads", float64(r.Total.Stale), *is.Stale)
	}
	share := 1.0
	if r.Total.Availability != nil {
		share = *r.Total.Availability
	}
	return amountRow("availability", share, *is.Availability)
}

func (p *part) checkAnswer(is *AnswerIs, step *Step) Row {
	where := is.Ref
	if where.Step == "" {
		where.Step = step.ID
	}
	op := p.operation(where)
	row := Row{Expected: fmt.Sprint(is.Status), Came: "no such operation"}
	if op == nil {
		return row
	}
	what := op.text + ": "
	row.Expected = what + answerText(is.Status, is.Val, is.Siblings)
	if op.answer == nil {
		row.Came = what + "no answer yet"
		return row
	}
	a := op.answer
	row.OK = a.Status == is.Status && (is.Val == "" || is.Val == a.Val) && (is.Siblings == nil || sameSet(is.Siblings, a.Siblings))
	val, siblings := a.Val, a.Siblings
	if row.OK && is.Val == "" { // so that both columns of the row say the same
		val = ""
	}
	if row.OK && is.Siblings == nil {
		siblings = nil
	}
	row.Came, row.final = what+answerText(a.Status, val, siblings), !row.OK
	if !row.OK && a.Error != "" {
		row.Came += " (" + a.Error + ")"
	}
	return row
}

func answerText(status int, val string, siblings []string) string {
	text := strconv.Itoa(status)
	if val != "" {
		text += " " + val
	}
	if len(siblings) > 0 {
		siblings = slices.Sorted(slices.Values(siblings))
		text += " and " + strings.Join(siblings, ", ")
	}
	return text
}

func (p *part) checkValue(is *ValueIs) Row {
	nodes := is.Nodes
	if nodes == nil {
		nodes = p.all()
	}
	want := is.Val
	if is.Absent {
		want = "nothing"
	}
	var wrong []string
	for _, id := range nodes {
		have := "nothing"
		if e, ok := p.observer.holding(id, is.Key); ok {
			have = e.Val
		}
		if have != want {
			wrong = append(wrong, fmt.Sprintf("node %d holds %s", int(id), have))
		}
	}
	row := Row{Expected: fmt.Sprintf("%s=%s at %s", is.Key, want, list(nodes)), OK: len(wrong) == 0}
	row.Came = row.Expected
	if !row.OK {
		row.Came = strings.Join(wrong, ", ")
	}
	return row
}

func (p *part) checkSiblings(is *SiblingsAre) Row {
	var have []string
	if e, ok := p.observer.holding(is.Node, is.Key); ok {
		have = append(have, e.Val)
		for _, s := range e.Siblings {
			have = append(have, s.Val)
		}
	}
	what := fmt.Sprintf("%s at node %d: ", is.Key, int(is.Node))
	return rowOf(what+setText(is.Vals), what+setText(have), sameSet(is.Vals, have))
}

func setText(vals []string) string {
	if len(vals) == 0 {
		return "nothing"
	}
	return strings.Join(slices.Sorted(slices.Values(vals)), " and ")
}

func (p *part) checkCount(verb string, kind cluster.EventKind, c *Count) Row {
	amount := c.Amount
	if amount.AtLeast == nil && amount.AtMost == nil {
		one := 1.0
		amount.AtLeast = &one
	}
	what := typeName(c.Type) + " " + verb
	if c.Type == "" || c.Type == "*" {
		what = "messages " + verb
	}
	if c.From != 0 {
		what += fmt.Sprintf(" from node %d", int(c.From))
	}
	if c.To != 0 {
		what += fmt.Sprintf(" to node %d", int(c.To))
	}
	if c.Via != "" {
		what += " as " + string(c.Via)
	}
	if c.For != 0 {
		what += fmt.Sprintf(" for node %d", int(c.For))
	}
	if c.Why != "" {
		what += " (" + c.Why + ")"
	}
	return amountRow(what, float64(p.observer.counted(kind, c)), amount)
}

func amountRow(what string, have float64, want Amount) Row {
	row := Row{Came: what + ": " + number(have), OK: true}
	switch least, most := want.AtLeast, want.AtMost; {
	case least != nil && most != nil && *least == *most:
		row.Expected = what + ": " + number(*least)
	case least != nil && most != nil:
		row.Expected = what + ": " + number(*least) + " to " + number(*most)
	case least != nil:
		row.Expected = what + ": at least " + number(*least)
	case most != nil:
		row.Expected = what + ": at most " + number(*most)
	default:
		row.Expected = what + ": any number"
	}
	if want.AtLeast != nil && have < *want.AtLeast || want.AtMost != nil && have > *want.AtMost {
		row.OK = false
	}
	return row
}

func number(f float64) string { return strconv.FormatFloat(f, 'g', 3, 64) }

// all returns every node of the scenario.
func (p *part) all() []cluster.NodeID {
	ids := make([]cluster.NodeID, p.scenario.Nodes)
	for i := range ids {
		ids[i] = cluster.NodeID(i + 1)
	}
	return ids
}

func list(ids []cluster.NodeID) string {
	if len(ids) == 0 {
		return "no node"
	}
	var texts []string
	for _, id := range ids {
		texts = append(texts, strconv.Itoa(int(id)))
	}
	return strings.Join(texts, " ")
}

func sameSet(a, b []string) bool {
	return slices.Equal(slices.Sorted(slices.Values(a)), slices.Sorted(slices.Values(b)))
}

func orNothing(s string) string {
	if s == "" {
		return "without a role"
	}
	return s
}

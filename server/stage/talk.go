package stage

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"capplayground/cluster"
	"capplayground/cluster/modes"
	"capplayground/server/history"
	"capplayground/server/lanes"
	"capplayground/server/operation"
	"capplayground/server/scenario"
	"capplayground/server/verbs"
)

// talk is the stage in the form that a scenario needs. It implements scenario.Cluster.
type talk struct{ stage *Stage }

var _ scenario.Cluster = (*talk)(nil)

// Begin makes the state in which a scenario begins.
func (t *talk) Begin(ctx context.Context, start scenario.Start) error {
	if start.Nodes > len(t.stage.cfg.URLs) {
		return fmt.Errorf("%w: the scenario needs %d nodes, there are %d", cluster.ErrNotNow, start.Nodes, len(t.stage.cfg.URLs))
	}
	if err := t.stage.Verbs.ResetTo(ctx, start.Mode); err != nil {
		return err
	}
	if start.Quorum != nil && modes.Of(start.Mode).Sizes {
		if err := t.stage.Verbs.SetQuorum(ctx, *start.Quorum); err != nil { // a reset has made the sizes usual
			return err
		}
	}
	if start.Pace.Pace == cluster.PaceLive {
		return nil
	}
	_, err := t.stage.Verbs.SetPace(ctx, start.Pace.Pace, start.Pace.Rate)
	return err
}

// Do carries out an action that is not an operation.
func (t *talk) Do(ctx context.Context, a scenario.Action, found string) error {
	if a.Verb != verbs.SetLink {
		_, err := t.stage.Verbs.Do(ctx, a.Verbs(found, ""))
		return err
	}
	froms, tos := t.ends(a.Args.From), t.ends(a.Args.To)
	for _, from := range froms {
		for _, to := range tos {
			if from == to {
				continue
			}
			a.Args.From, a.Args.To = cluster.AnyNode(from), cluster.AnyNode(to)
			if _, err := t.stage.Verbs.Do(ctx, a.Verbs("", "")); err != nil {
				return err
			}
		}
	}
	return nil
}

// ends returns the nodes that one end of a link names.
func (t *talk) ends(n cluster.AnyNode) []cluster.NodeID {
	if n == 0 {
		return t.stage.Verbs.IDs()
	}
	return []cluster.NodeID{cluster.NodeID(n)}
}

// Call carries out an operation, as curl would.
func (t *talk) Call(ctx context.Context, a scenario.Action, ifMatch string) scenario.Answer {
	v, _ := verbs.Of(a.Verb) // the scenario was checked
	answer, err := t.stage.Verbs.Operate(ctx, a.Verbs("", ifMatch).Operation(v, "curl"))
	if err != nil {
		return scenario.Answer{Error: err.Error()}
	}
	return read(answer)
}

// read reads the parts of a node's answer that a scenario can test.
func read(answer operation.Answer) scenario.Answer {
	var body struct {
		Val      string            `json:"val"`
		Version  string            `json:"version"`
		Error    string            `json:"error"`
		Siblings []cluster.Sibling `json:"siblings"`
	}
	a := scenario.Answer{Status: answer.Status}
	if err := json.Unmarshal(answer.Body, &body); err != nil {
		a.Error = string(answer.Body)
		return a
	}
	a.Val, a.Version, a.Error = body.Val, body.Version, body.Error
	for _, s := range body.Siblings {
		a.Siblings = append(a.Siblings, s.Val)
	}
	return a
}

// Elapse returns when so much virtual time has passed.
func (t *talk) Elapse(ctx context.Context, d time.Duration) error {
	return t.stage.faults.Elapse(ctx, d)
}

// Judge returns the judgement, once it is final.
func (t *talk) Judge(ctx context.Context) history.Report {
	_, report := t.stage.judge.Final(ctx)
	return report
}

// Tell publishes a change of the talk.
func (t *talk) Tell(c scenario.Change) {
	if c.Talk.Phase == scenario.Running {
		t.stage.beginScenario(c.Talk)
	}
	report, err := json.Marshal(c.Talk)
	if err != nil {
		return // words and numbers: this cannot fail
	}
	whole := cluster.TalkChanged{Report: report}
	body := map[string]cluster.Body{
		scenario.ChangeScenario: &cluster.ScenarioChanged{TalkChanged: whole},
		scenario.ChangeAsk:      &cluster.Asked{TalkChanged: whole},
		scenario.ChangeVote:     &cluster.Voted{TalkChanged: whole},
		scenario.ChangeReveal:   &cluster.Revealed{TalkChanged: whole},
		scenario.ChangeBlack:    &cluster.Blackened{TalkChanged: whole},
	}[c.Kind]
	t.stage.cfg.Publish(cluster.Event{T: t.stage.cfg.Clock(), V: t.stage.faults.Now(), Body: body})
}

// TellTalk publishes the talk as it is, where viewers were shown another one.
func (s *Stage) TellTalk() {
	(&talk{s}).Tell(scenario.Change{Kind: scenario.ChangeScenario, Talk: s.Talk.Talk()})
}

// Curl returns the command with which a user does the same. ID stands for the id of a
// message or a rule; GET /api/inflight and GET /api/rules list them. A client's call of
// the only cluster goes to its node. A call of all lanes goes to the playground.
func (t *talk) Curl(a scenario.Action, inLanes bool) string {
	cfg, nodes, path := t.stage.cfg, t.stage.cfg.URLs, "/api"
	switch {
	case inLanes:
		nodes, path = nil, lanes.Path
	case cfg.Lane:
		path = lanes.Calls(cfg.Mode)
	}
	text := strings.Replace(verbs.Curl(a.Verbs("ID", ""), cfg.Page, nodes), cfg.Page+"/api", cfg.Page+path, 1)
	if a.Verb == verbs.SetLink {
		return t.forEachEnd(text, a)
	}
	return text
}

// forEachEnd turns the command that sets a link into one that sets every link that the
// action names: a call sets one.
func (t *talk) forEachEnd(text string, a scenario.Action) string {
	const anyNode = "/%2A" // as the path has it
	if a.Args.From != 0 && a.Args.To != 0 {
		return text
	}
	if a.Args.From == 0 {
		text = strings.Replace(text, "/links"+anyNode, "/links/$from", 1)
	}
	if a.Args.To == 0 {
		text = strings.Replace(text, anyNode, "/$to", 1)
	}
	switch {
	case a.Args.To != 0:
		return t.loop("from", cluster.NodeID(a.Args.To), text)
	case a.Args.From != 0:
		return t.loop("to", cluster.NodeID(a.Args.From), text)
	}
	return t.loop("from", 0, t.loop("to", 0, "[ $from = $to ] || "+text))
}

// loop returns a command for sh that runs text with each node but one.
func (t *talk) loop(variable string, but cluster.NodeID, text string) string {
	ids := ""
	for _, id := range t.stage.Verbs.IDs() {
		if id != but {
			ids += fmt.Sprintf(" %d", int(id))
		}
	}
	return "for " + variable + " in" + ids + "; do " + text + "; done"
}

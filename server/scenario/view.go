package scenario

import (
	"slices"
	"time"

	"capplayground/cluster"
)

// Change is a change that viewers get: the kind of the event, and the talk after the
// change.
type Change struct {
	Kind string
	Talk Talk
}

// The kinds of a Change, which are kinds of events.
const (
	ChangeScenario = "scenario" // another step, phase or answer
	ChangeAsk      = "ask"      // a question opened
	ChangeVote     = "vote"     // how many have voted
	ChangeReveal   = "reveal"   // the votes are shown
	ChangeBlack    = "black"    // the screens became black, or stopped being black
)

// Talk is the part of the talk that all pages may show. Votes are only numbers, and only
// after they are revealed.
type Talk struct {
	Running  bool           `json:"running"`
	Black    bool           `json:"black"`
	Name     string         `json:"name,omitempty"`
	Title    string         `json:"title,omitempty"`
	Mode     string         `json:"mode,omitempty"`
	Modes    []cluster.Mode `json:"modes,omitempty"` // of the lanes that it is played in
	Step     int            `json:"step,omitempty"`  // from 1
	Steps    int            `json:"steps,omitempty"`
	ID       string         `json:"id,omitempty"`
	Say      string         `json:"say,omitempty"`
	Phase    string         `json:"phase,omitempty"`
	Queued   bool           `json:"queued,omitempty"` // a press that waits for the end of this step
	Marker   string         `json:"marker,omitempty"`
	Focus    *Focus         `json:"focus,omitempty"`
	Question *Question      `json:"question,omitempty"`
	// Recording: every stage shows the recording of this step.
	Recording bool `json:"recording,omitempty"`
}

// Question is the question on the stage.
type Question struct {
	ID       string   `json:"id"`              // of its step
	Asked    int64    `json:"asked,omitempty"` // when it opened first, microseconds since the epoch; a scenario that begins again asks another question
	Text     string   `json:"text"`
	Choices  []string `json:"choices"`
	Open     bool     `json:"open"`
	Voted    int      `json:"voted"` // how many have voted, but not for which choices
	Revealed bool     `json:"revealed"`
	// These fields are set after the question is revealed.
	Answer   int        `json:"answer,omitempty"`
	Counts   []int      `json:"counts,omitempty"`
	Happened []Happened `json:"happened,omitempty"`
	// Measured is what was measured in each lane up to the end of the deciding step;
	// absent if the scenario has one cluster.
	Measured []Measured `json:"measured,omitempty"`
}

// Happened is an operation of the deciding step with its answer.
type Happened struct {
	Lane   cluster.Mode `json:"lane,omitempty"` // where the scenario is played in lanes
	Text   string       `json:"text"`
	Status int          `json:"status,omitempty"` // 0: not answered yet
	Val    string       `json:"val,omitempty"`

	Siblings []string `json:"siblings,omitempty"` // the other values of a read that found several
}

// Measured is what the clients of one lane have seen since the scenario began.
type Measured struct {
	Lane     cluster.Mode `json:"lane"`
	Answered float64      `json:"answered"` // the share of operations, 0 to 1
	Stale    int64        `json:"stale"`    // reads that returned an old value
	Verdict  string       `json:"verdict"`
}

// Presenter is what only the speaker's page shows, beside the Talk.
type Presenter struct {
	Talk
	Summary        string         `json:"summary,omitempty"`
	Source         []string       `json:"source,omitempty"`
	Notes          string         `json:"notes,omitempty"`
	NextSay        string         `json:"next_say,omitempty"`
	NextOptional   bool           `json:"next_optional,omitempty"`
	Counts         []int          `json:"counts,omitempty"` // of the question, also before it is revealed
	Answer         int            `json:"answer,omitempty"`
	Misconceptions map[int]string `json:"misconceptions,omitempty"`
	Rows           []Row          `json:"rows"` // the expectations, beside the results
	Failed         bool           `json:"failed"`
	Trouble        string         `json:"trouble,omitempty"`
	Done           []Done         `json:"done"`               // the actions of the step
	Duration       float64        `json:"duration,omitempty"` // seconds
	Began          int64          `json:"began,omitempty"`    // of the scenario, microseconds since the epoch
	TalkBegan      int64          `json:"talk_began,omitempty"`
	Now            int64          `json:"now"`
	Driver         string         `json:"driver,omitempty"`
	Plan           []PlannedStep  `json:"plan,omitempty"`
	HasRecording   bool           `json:"has_recording,omitempty"` // the scenario has a recording, so the part of the step can be shown
}

// PlannedStep is one step in the presenter's list.
type PlannedStep struct {
	ID       string `json:"id"`
	Say      string `json:"say"`
	Optional bool   `json:"optional,omitempty"`
}

// Done is an action of a step, with the command that has the same effect.
type Done struct {
	Text   string   `json:"text"`
	Curl   string   `json:"curl"`
	Answer *Answer  `json:"answer,omitempty"` // of an operation, on one cluster
	Lanes  []InLane `json:"lanes,omitempty"`  // the answers to an operation in lanes
}

// InLane is the answer to an operation in one lane.
type InLane struct {
	Lane   cluster.Mode `json:"lane"`
	Answer *Answer      `json:"answer,omitempty"` // absent: none yet
}

// View returns the talk for the presenter's page.
func (r *Runner) View() Presenter {
	r.mu.Lock()
	defer r.mu.Unlock()
	v := Presenter{Talk: r.talk(), Rows: []Row{}, Done: []Done{}, TalkBegan: r.began, Now: r.now(), Driver: r.driver}
	p := r.play
	if p == nil {
		return v
	}
	s, step := p.scenario, &p.scenario.Steps[p.step]
	v.Summary, v.Source, v.Duration, v.Began = s.Summary, s.Source, s.Duration.Duration().Seconds(), p.began
	v.Notes, v.Trouble = step.Notes, p.trouble
	if p.step+1 < len(s.Steps) {
		next := &s.Steps[p.step+1]
		v.NextSay, v.NextOptional = sentence(next), next.Optional
	}
	if q := p.question(); q != nil {
		v.Counts, v.Answer, v.Misconceptions = q.counts(), q.ask.Answer, q.ask.Misconceptions
	}
	v.Rows = append(v.Rows, p.rows[step.ID]...)
	v.Failed = failed(v.Rows) || p.phase == Broken
	v.Done = p.actions(step)
	v.HasRecording = s.Recordings != nil
	for i := range s.Steps {
		v.Plan = append(v.Plan, PlannedStep{s.Steps[i].ID, sentence(&s.Steps[i]), s.Steps[i].Optional})
	}
	return v
}

// sentence returns the text that a step shows in large letters.
func sentence(s *Step) string {
	if s.Say == "" && s.Ask != nil {
		return s.Ask.Question
	}
	return s.Say
}

// actions lists the actions of a step with their commands and answers.
func (p *play) actions(step *Step) []Done {
	done := []Done{}
	lanes, next := len(p.scenario.Modes) > 0, 0 // next is the number of the next operation
	for _, a := range step.Do {
		d := Done{Text: a.String()}
		if a.Verb != "pause" {
			d.Curl = p.parts[0].cluster.Curl(a, lanes)
		}
		if a.Operation() {
			d.Answer, d.Lanes = p.answers(step.ID, next)
			next++
		}
		done = append(done, d)
	}
	return done
}

// answers returns the answers to an operation of a step: that of the only cluster, or
// those of the lanes. The caller holds the lock.
func (p *play) answers(step string, number int) (one *Answer, lanes []InLane) {
	for _, at := range p.parts {
		var answer *Answer
		if number < len(at.ops[step]) {
			answer = at.ops[step][number].answer
		}
		if at.name() == "" {
			return answer, nil
		}
		lanes = append(lanes, InLane{at.mode, answer})
	}
	return nil, lanes
}

// Talk returns the part of the talk that all pages may show.
func (r *Runner) Talk() Talk {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.talk()
}

func (r *Runner) talk() Talk {
	t := Talk{Black: r.black}
	p := r.play
	if p == nil {
		return t
	}
	s, step := p.scenario, &p.scenario.Steps[p.step]
	t.Running, t.Name, t.Title, t.Mode, t.Modes = true, s.Name, s.Title, string(s.Mode), s.Modes
	t.Step, t.Steps, t.ID, t.Say = p.step+1, len(s.Steps), step.ID, step.Say
	t.Phase, t.Queued, t.Marker, t.Focus, t.Recording = p.phase, p.queued, step.Marker, step.Focus, p.recording
	if q := p.question(); q != nil {
		t.Question = p.shown(q)
	}
	return t
}

// shown returns the part of a question that all pages may show.
func (p *play) shown(q *question) *Question {
	v := &Question{
		ID: p.scenario.Steps[q.step].ID, Asked: q.asked, Text: q.ask.Question, Choices: slices.Clone(q.ask.Choices),
		Open: q.open, Voted: q.voted(), Revealed: q.revealed,
	}
	if !q.revealed {
		return v
	}
	v.Answer, v.Counts = q.ask.Answer, q.counts()
	if p.step == q.step {
		return v // it was revealed before it was decided
	}
	for _, at := range p.parts {
		v.Happened = append(v.Happened, at.happened()...)
		if at.judged != nil {
			v.Measured = append(v.Measured, *at.judged)
		}
	}
	return v
}

// happened returns the operations that were answered in the present step, and those of
// this step that have no answer yet. The caller holds the lock.
func (p *part) happened() (all []Happened) {
	for i := range p.step + 1 {
		for _, op := range p.ops[p.scenario.Steps[i].ID] {
			if op.answer != nil && op.during == p.step {
				all = append(all, Happened{Lane: p.name(), Text: op.text, Status: op.answer.Status, Val: op.answer.Val, Siblings: op.answer.Siblings})
			} else if i == p.step && op.answer == nil {
				all = append(all, Happened{Lane: p.name(), Text: op.text})
			}
		}
	}
	return all
}

// tell publishes the present state of the talk. The lock telling makes sure that the
// state that is published last is the newest.
func (r *Runner) tell(kind string) {
	r.telling.Lock()
	defer r.telling.Unlock()
	change := Change{Kind: kind, Talk: r.Talk()}
	for _, l := range r.lanes {
		l.cluster.Tell(change)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	close(r.changed)
	r.changed = make(chan struct{})
}

// Changed returns a channel that is closed at the next change of the talk.
func (r *Runner) Changed() <-chan struct{} {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.changed
}

// votesEvery is how often the number of votes is published: a thousand phones may vote in
// the same second.
const votesEvery = 200 * time.Millisecond

// tellVotes publishes the number of votes soon.
func (r *Runner) tellVotes() {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.votesDue {
		return
	}
	r.votesDue = true
	time.AfterFunc(votesEvery, func() {
		r.mu.Lock()
		r.votesDue = false
		r.mu.Unlock()
		r.tell(ChangeVote)
	})
}

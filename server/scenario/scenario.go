package scenario

import (
	"encoding/json"

	"capplayground/cluster"
	"capplayground/server/scenario/strict"
)

// Version is the one that this parser reads.
const Version = 1

// Bounds of a scenario. A file beyond them is refused.
const (
	MaxSteps   = 30
	MaxActions = 30 // of one step
	MaxChoices = 4  // the keys 1 to 4 count raised hands
	MaxWords   = 12 // of projected text: more cannot be read in the last row
)

// Scenario is a script for a talk: a state at the beginning, then steps. README.md in
// this directory explains each field to authors.
type Scenario struct {
	Name     string          `json:"name,omitempty"` // of the file, without its extension
	Version  int             `json:"version"`
	Title    string          `json:"title"`
	Summary  string          `json:"summary"`
	Source   []string        `json:"source,omitempty"`
	Mode     cluster.Mode    `json:"mode,omitempty"`  // "": it is played in lanes
	Modes    []cluster.Mode  `json:"modes,omitempty"` // of the lanes that it is played in
	Nodes    int             `json:"nodes"`
	Quorum   *cluster.Quorum `json:"quorum,omitempty"`
	Pace     *Pace           `json:"pace,omitempty"`
	Duration strict.Span     `json:"duration"` // the presenter's clock is compared with it
	Steps    []Step          `json:"steps"`

	// Recordings show how the scenario went when it was recorded: one recording of its
	// cluster, or one of each lane, by the mode. They are compressed with gzip. nil:
	// there are none.
	Recordings map[cluster.Mode][]byte `json:"-"`
}

// in returns the modes in which the scenario is played: that of its cluster, or those
// of its lanes.
func (s *Scenario) in() []cluster.Mode {
	if len(s.Modes) > 0 {
		return s.Modes
	}
	return []cluster.Mode{s.Mode}
}

// RecordingNames returns the file names of the scenario's recordings: NAME.jsonl.gz, or
// NAME-MODE.jsonl.gz for each lane, in their order.
func (s *Scenario) RecordingNames() (names []string) {
	if len(s.Modes) == 0 {
		return []string{s.Name + ".jsonl.gz"}
	}
	for _, mode := range s.Modes {
		names = append(names, s.Name+"-"+string(mode)+".jsonl.gz")
	}
	return names
}

// Pace is the pace at which a scenario begins.
type Pace struct {
	Pace string  `json:"pace"`
	Rate float64 `json:"rate,omitempty"`
}

// Step is what happens after one press.
type Step struct {
	ID       string      `json:"id"`
	Say      string      `json:"say,omitempty"`   // projected
	Notes    string      `json:"notes,omitempty"` // for the presenter only; Markdown
	Ask      *Ask        `json:"ask,omitempty"`
	Do       []Action    `json:"do,omitempty"`
	WaitFor  *Wait       `json:"wait_for,omitempty"`
	Expect   []Condition `json:"expect,omitempty"`
	Focus    *Focus      `json:"focus,omitempty"`
	After    strict.Span `json:"after,omitempty"` // real time after which the next step begins by itself
	Marker   string      `json:"marker,omitempty"`
	Optional bool        `json:"optional,omitempty"` // a talk that is late skips this step
	Fallback string      `json:"fallback,omitempty"`
}

// Ask is a question to the room. It opens when the actions of its step are done. The next
// press closes it and begins the step that decides it. At the end of that step the votes
// are shown beside the result.
type Ask struct {
	Question       string         `json:"question"`
	Choices        []string       `json:"choices"`
	Answer         int            `json:"answer"` // the number of the right choice, from 1
	Misconceptions map[int]string `json:"misconceptions,omitempty"`
}

// Wait says when the actions of a step are over. Without it, a step waits for the answers
// to all its operations.
type Wait struct {
	Answers Answers     `json:"answers,omitempty"`
	Until   []Condition `json:"until,omitempty"`
	Timeout strict.Span `json:"timeout,omitempty"` // virtual time; default 5 s
}

// Answers says for which operations of its step a step waits: "all", "none", or
// their numbers from 1.
type Answers struct {
	None bool
	Of   []int // nil with None false: all
}

// UnmarshalJSON reads "all", "none" or a list of numbers.
func (a *Answers) UnmarshalJSON(b []byte) error {
	if string(b) == `"all"` || string(b) == `"none"` {
		*a = Answers{None: string(b) == `"none"`}
		return nil
	}
	return json.Unmarshal(b, &a.Of)
}

// Focus is what the stage shows at a step.
type Focus struct {
	Node cluster.NodeID `json:"node,omitempty"`
	Key  string         `json:"key,omitempty"`
	Tab  string         `json:"tab,omitempty"`
}

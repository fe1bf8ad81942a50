package scenario

import (
	"strings"
	"testing"
)

// TestBuiltinScenariosKeepTheRulesOfTheTalk: a scenario has at most seven clicks and takes
// at most three minutes. It asks one or two questions, each before the step that decides
// it. Each wrong choice is a misconception. Nothing answers a question before that step.
func TestBuiltinScenariosKeepTheRulesOfTheTalk(t *testing.T) {
	t.Parallel()
	all := Builtin()
	if len(all) < 11 {
		t.Fatalf("%d scenarios", len(all))
	}
	for _, s := range all {
		if len(s.Steps) > 7 {
			t.Errorf("%s: %d steps", s.Name, len(s.Steps))
		}
		if s.Duration.Duration().Minutes() > 3 {
			t.Errorf("%s takes %v", s.Name, s.Duration.Duration())
		}
		questions := 0
		for i, step := range s.Steps {
			if step.Ask == nil {
				continue
			}
			questions++
			if i+1 == len(s.Steps) || s.Steps[i+1].Ask != nil || len(s.Steps[i+1].Expect) == 0 {
				t.Errorf("%s: no step decides question %d", s.Name, questions)
			}
			if n := len(step.Ask.Question); n > 64 { // more does not fit on the three lines of the card
				t.Errorf("%s: the question has %d letters", s.Name, n)
			}
			for i := range step.Ask.Choices {
				if _, told := step.Ask.Misconceptions[i+1]; told == (i+1 == step.Ask.Answer) {
					t.Errorf("%s: choice %d has no misconception, or is the right one", s.Name, i+1)
				}
			}
		}
		if questions < 1 || questions > 2 {
			t.Errorf("%s asks %d questions", s.Name, questions)
		}
		if len(s.Source) == 0 || strings.HasSuffix(s.Title, "!") {
			t.Errorf("%s names no source", s.Name)
		}
		if len(s.Steps[len(s.Steps)-1].Expect) == 0 {
			t.Errorf("%s: its last step expects nothing", s.Name)
		}
	}
}

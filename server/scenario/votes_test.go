package scenario

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

const asking = `
  - id: a
    ask: {question: "Q?", choices: [x, y, z], answer: 2, misconceptions: {1: m}}
    do: [{freeze: {node: 4}}]
  - {id: b, say: B., do: [{write: {node: 1, key: k, val: v}}]}
  - {id: c, say: C.}
`

func TestVotesAreHiddenUntilTheDecidingStepIsOver(t *testing.T) {
	t.Parallel()
	on(t, asking, func(s *stage) {
		answer := make(chan Answer)
		s.fake.call = func(context.Context, Action, string) Answer { return <-answer }
		s.begin()
		s.at(1, Ready)
		for i, choice := range []int{1, 2, 1} {
			s.must(s.Vote(fmt.Sprint("phone", i), choice))
		}
		s.must(s.Vote("phone0", 2)) // a voter may change the vote
		s.must(s.Vote("", 3))       // a raised hand, without a phone
		if err := s.Vote("phone3", 4); err == nil {
			t.Error("a vote for a choice that does not exist is accepted")
		}
		hidden := func(open bool) {
			t.Helper()
			q := s.Talk().Question
			text, _ := json.Marshal(s.Talk())
			if q == nil || q.Open != open || q.Voted != 4 || strings.Contains(string(text), "counts") || strings.Contains(string(text), "answer") {
				t.Errorf("the talk shows %s to all", text)
			}
		}
		hidden(true)
		if got := fmt.Sprint(s.View().Counts); got != "[1 2 1]" {
			t.Errorf("the presenter sees %s", got)
		}
		s.must(s.Next())
		s.at(2, Running)
		hidden(false)
		if err := s.Vote("phone9", 1); err == nil {
			t.Error("a vote on a closed question is accepted")
		}
		answer <- Answer{Status: 503}
		s.at(2, Ready)
		q := s.Talk().Question
		if !q.Revealed || fmt.Sprint(q.Counts) != "[1 2 1]" || q.Answer != 2 || len(q.Happened) != 1 || q.Happened[0].Status != 503 {
			t.Errorf("revealed: %+v", q)
		}
		s.must(s.Next())
		s.at(3, Ready)
		if s.Talk().Question != nil {
			t.Error("the question is still on the stage")
		}
		s.must(s.Back())
		synctest.Wait()
		answer <- Answer{Status: 503}
		s.at(2, Ready)
		if q := s.Talk().Question; q == nil || fmt.Sprint(q.Counts) != "[1 2 1]" {
			t.Errorf("after going back: %+v", q)
		}
	})
}

// TestAScenarioThatBeginsAgainAsksAnotherQuestion: Back keeps the votes, so the question stays
// the same one. Restart forgets them, so a phone must not show that it has voted.
func TestAScenarioThatBeginsAgainAsksAnotherQuestion(t *testing.T) {
	t.Parallel()
	on(t, asking, func(s *stage) {
		s.begin()
		s.at(1, Ready)
		first := s.Talk().Question.Asked
		time.Sleep(time.Second) // of the bubble
		s.must(s.Again())
		s.at(1, Ready)
		if again := s.Talk().Question.Asked; first == 0 || again != first {
			t.Errorf("asked at %d, and after Again at %d", first, again)
		}
		s.must(s.Restart())
		s.at(1, Ready)
		if q := s.Talk().Question; q.Asked <= first || q.Voted != 0 {
			t.Errorf("after Restart asked at %d, before at %d; %d votes", q.Asked, first, q.Voted)
		}
	})
}

func TestRevealShowsTheVotesBeforeTheDecision(t *testing.T) {
	t.Parallel()
	on(t, asking, func(s *stage) {
		s.begin()
		s.must(s.Vote("one", 1))
		s.must(s.Reveal())
		if q := s.Talk().Question; !q.Revealed || q.Open || fmt.Sprint(q.Counts) != "[1 0 0]" || q.Happened != nil {
			t.Errorf("revealed: %+v", q)
		}
		s.must(s.Next())
		s.at(2, Ready)
		if q := s.Talk().Question; len(q.Happened) != 1 {
			t.Errorf("decided: %+v", q)
		}
	})
}

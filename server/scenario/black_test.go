package scenario

import (
	"errors"
	"testing"
)

func TestAPressEndsTheBlackAndNothingElse(t *testing.T) {
	t.Parallel()
	on(t, threeSteps, func(s *stage) {
		s.begin()
		for _, press := range []func() error{s.Next, s.Back, s.Reveal, s.Again} {
			s.Black()
			if !s.Talk().Black {
				t.Fatal("not black")
			}
			s.must(press())
			s.at(1, Ready)
			if s.Talk().Black {
				t.Error("still black")
			}
		}
		s.did("begin CA", "write k=a at node 1")
	})
}

func TestAPressEndsTheBlackWithoutAScenario(t *testing.T) {
	t.Parallel()
	on(t, threeSteps, func(s *stage) {
		s.Black()
		if !s.Talk().Black {
			t.Error("not black")
		}
		s.must(s.Next())
		if s.Talk().Black {
			t.Error("still black")
		}
		if err := s.Next(); !errors.Is(err, ErrNone) {
			t.Errorf("a press on a bright stage without a scenario: %v", err)
		}
	})
}

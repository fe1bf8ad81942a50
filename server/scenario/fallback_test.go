package scenario

import (
	"errors"
	"testing"

	"capplayground/cluster"
)

func TestTheRecordingOfAStepIsShownUntilAPress(t *testing.T) {
	t.Parallel()
	on(t, threeSteps, func(s *stage) {
		if err := s.ShowRecording(); !errors.Is(err, ErrNone) {
			t.Errorf("without a scenario: %v", err)
		}
		s.begin()
		if err := s.ShowRecording(); !errors.Is(err, ErrNoRecording) || s.View().HasRecording {
			t.Errorf("a scenario without a recording: %v", err)
		}
		if _, err := s.Recording("AP"); !errors.Is(err, ErrNoRecording) {
			t.Errorf("its file: %v", err)
		}
		s.scenario.Recordings = map[cluster.Mode][]byte{"CA": []byte("packed")}
		s.must(s.Next())
		s.at(2, Ready)
		if file, err := s.Recording("AP"); err != nil || string(file) != "packed" || !s.View().HasRecording {
			t.Errorf("its file: %q, %v", file, err)
		}
		for name, press := range map[string]func() error{"next": s.Next, "back": s.Back, "recording": s.ShowRecording} {
			s.must(s.ShowRecording())
			if !s.Talk().Recording {
				t.Fatal("it is not shown")
			}
			s.must(press())
			s.at(2, Ready)
			if s.Talk().Recording {
				t.Errorf("%s does not end it", name)
			}
		}
		s.did("begin CA", "write k=a at node 1", "freeze node 4")
	})
}

func TestWhatActsEndsTheRecordingOfAStep(t *testing.T) {
	t.Parallel()
	on(t, threeSteps, func(s *stage) {
		s.begin()
		s.scenario.Recordings = map[cluster.Mode][]byte{"CA": []byte("packed")}
		s.must(s.Next())
		s.at(2, Ready)
		s.must(s.ShowRecording())
		s.must(s.Again())
		s.at(2, Ready)
		s.did("begin CA", "write k=a at node 1", "freeze node 4", "begin CA", "write k=a at node 1", "freeze node 4")
		if s.Talk().Recording {
			t.Error("it is shown after again")
		}
		s.must(s.ShowRecording())
		s.must(s.Restart())
		s.at(1, Ready)
		if s.Talk().Recording {
			t.Error("it is shown after the scenario began again")
		}
	})
}

const fallsBack = `
  - {id: a, say: A.}
  - {id: b, say: B., do: [{read: {node: 1, key: k}}], expect: [{answer: {status: 503}}], fallback: recording}
  - {id: c, say: C.}
`

// TestAStepThatFailedTwiceFallsBackToItsRecording: the next press shows the recording, the
// second press ends the recording, and the third press begins the next step.
func TestAStepThatFailedTwiceFallsBackToItsRecording(t *testing.T) {
	t.Parallel()
	on(t, fallsBack, func(s *stage) {
		s.scenario.Recordings = map[cluster.Mode][]byte{"CA": []byte("packed")}
		s.begin()
		s.at(1, Ready)
		s.must(s.Next())
		s.at(2, Ready)
		s.must(s.Again())
		s.at(2, Ready)
		s.must(s.Next())
		if !s.Talk().Recording {
			t.Fatal("it failed twice, but its recording is not shown")
		}
		s.at(2, Ready)
		s.must(s.Next())
		if s.Talk().Recording {
			t.Error("the next press does not end it")
		}
		s.at(2, Ready)
		s.must(s.Next())
		s.at(3, Ready)
	})
}

func TestAStepThatFailedOnceGoesOn(t *testing.T) {
	t.Parallel()
	on(t, fallsBack, func(s *stage) {
		s.scenario.Recordings = map[cluster.Mode][]byte{"CA": []byte("packed")}
		s.begin()
		s.at(1, Ready)
		s.must(s.Next())
		s.at(2, Ready)
		s.must(s.Next())
		s.at(3, Ready)
	})
}

func TestEachLaneHasARecordingOfItsOwn(t *testing.T) {
	t.Parallel()
	onLanes(t, lanesHead+"  - {id: a, say: A.}\n", threeModes, func(s *stage) {
		s.scenario.Recordings = map[cluster.Mode][]byte{"CA": []byte("ca"), "AP": []byte("ap")}
		s.begin()
		s.at(1, Ready)
		for lane, want := range map[cluster.Mode]string{"CA": "ca", "AP": "ap"} {
			if file, err := s.Recording(lane); err != nil || string(file) != want {
				t.Errorf("%s: %q, %v", lane, file, err)
			}
		}
		if _, err := s.Recording("CP"); !errors.Is(err, ErrNoRecording) {
			t.Errorf("a lane without a recording: %v", err)
		}
	})
}

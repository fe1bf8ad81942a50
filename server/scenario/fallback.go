package scenario

import (
	"fmt"

	"capplayground/cluster"
)

// The recording of a step is shown if the step did not go as expected in the talk. Then
// every stage shows how the step went when the scenario was recorded.

// failuresForFallback is how many times a step must fail before the next press shows its
// recording, if the scenario names the recording as the step's fallback.
const failuresForFallback = 2

// ErrNoRecording is returned if the scenario that is played has no recording.
var ErrNoRecording = fmt.Errorf("%w: this scenario has no recording", cluster.ErrNotFound)

// ShowRecording shows the recording of the present step on every stage, or ends that.
// Next and Back also end it, and then they do nothing else.
func (r *Runner) ShowRecording() error {
	failed := error(nil)
	err := r.press(func(p *play) {
		switch {
		case p.recording:
			p.recording = false
		case p.scenario.Recordings == nil:
			failed = ErrNoRecording
		default:
			p.recording = true
		}
	})
	if err != nil {
		return err
	}
	return failed
}

// Recording returns the recording of the scenario that is played, compressed by gzip. Of
// a scenario in lanes it is that of the lane with this mode.
func (r *Runner) Recording(lane cluster.Mode) ([]byte, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.play == nil {
		return nil, ErrNone
	}
	s := r.play.scenario
	if len(s.Modes) == 0 {
		lane = s.Mode // the mode may have changed since the scenario began
	}
	file, ok := s.Recordings[lane]
	if !ok {
		return nil, ErrNoRecording
	}
	return file, nil
}

// fallsBack reports whether the next press shows the recording of the present step and
// does not go on. This happens once for a step. The caller holds the lock.
func (p *play) fallsBack() bool {
	step := &p.scenario.Steps[p.step]
	return p.phase == Ready && step.Fallback != "" && p.scenario.Recordings != nil && p.failures[step.ID] >= failuresForFallback
}

// countFailure counts the failures of a step in a row. The caller holds the lock.
func (p *play) countFailure(step string, rows []Row) {
	if failed(rows) {
		p.failures[step]++
	} else {
		p.failures[step] = 0
	}
}

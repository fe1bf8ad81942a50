package scenario

import (
	"fmt"

	"capplayground/cluster"
)

// The recording of a step is the way out if the step did not go as expected on stage:
// every stage then shows how the step went when the scenario was recorded.

// failuresForFallback is how often a step must fail until the next press shows its
// recording, if the scenario names the recording as the step's fallback.
const failuresForFallback = 2

// ErrNoRecording is returned where the scenario that is played has no recording.
var ErrNoRecording = fmt.Errorf("%w: this scenario has no recording", cluster.ErrNotFound)

// ShowRecording shows the recording of the present step on every stage, or ends that.
// Next and Back end it, too, and do nothing else then.
func (r *Runner) ShowRecording() error {
	failed := error(nil)
	err := r.press(func(p *play) {
		switch {
		case p.recording:
			p.recording = false
		case p.scenario.Recording == nil:
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

// Recording returns the recording of the scenario that is played, compressed by gzip.
func (r *Runner) Recording() ([]byte, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	switch {
	case r.play == nil:
		return nil, ErrNone
	case r.play.scenario.Recording == nil:
		return nil, ErrNoRecording
	}
	return r.play.scenario.Recording, nil
}

// fallsBack reports whether the next press shows the recording of the present step, in
// place of going on. It is shown once by itself. The caller holds the lock.
func (p *play) fallsBack() bool {
	step := &p.scenario.Steps[p.step]
	return p.phase == Ready && step.Fallback != "" && p.scenario.Recording != nil && p.failures[step.ID] >= failuresForFallback
}

// countFailure counts whether a step went as expected. The caller holds the lock.
func (p *play) countFailure(step string, rows []Row) {
	if failed(rows) {
		p.failures[step]++
	} else {
		p.failures[step] = 0
	}
}

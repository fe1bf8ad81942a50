package sim

import (
	"errors"
	"fmt"

	"capplayground/cluster"
)

// ErrViolation is wrapped by the error of [Run.Check] for a broken promise.
var ErrViolation = errors.New("violation")

// checks are the promises of each mode, beside the contract of cluster.Machine,
// which all modes must keep.
var checks = map[cluster.Mode][]func(*Run) error{
	"CA":   {checkLinearizable, checkAtomic, checkUnlocked, checkEqual},
	"AP":   {checkKept, checkGone, checkHomes, checkReads},
	"CP":   {checkLinearizable},
	"RAFT": {checkLinearizable, checkEqual, checkServes},
}

// Check judges a run. It returns nil, or an error that wraps ErrViolation and names
// each broken promise.
func (r *Run) Check() error {
	wrong := r.breaches
	for _, check := range checks[r.Config.Mode] {
		if err := check(r); err != nil {
			wrong = append(wrong, err)
		}
	}
	if len(wrong) == 0 {
		return nil
	}
	return fmt.Errorf("%w: %s seed %d: %w", ErrViolation, r.Config.Mode, r.Config.Seed, errors.Join(wrong...))
}

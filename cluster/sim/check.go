package sim

import (
	"errors"
	"fmt"

	"capplayground/cluster"
)

// ErrViolation is what [Run.Check] returns where a promise was broken.
var ErrViolation = errors.New("violation")

// checks are the promises of each mode beyond the contract of
// cluster.Machine, which all must keep.
var checks = map[cluster.Mode][]func(*Run) error{
	"CA":   {checkLinearizable, checkAtomic, checkUnlocked, checkEqual},
	"AP":   {checkKept, checkGone, checkHomes, checkReads},
	"CP":   {checkLinearizable},
	"RAFT": {checkLinearizable, checkEqual},
}

// Check judges a run. It returns nil, or an error that wraps ErrViolation for
// everything that was wrong.
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

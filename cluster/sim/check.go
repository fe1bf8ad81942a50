package sim

import (
	"errors"
	"fmt"
	"slices"

	"capplayground/cluster"
	"capplayground/cluster/modes"
)

// ErrViolation is wrapped by the error of [Run.Check] for a broken promise.
var ErrViolation = errors.New("violation")

// checksOf returns the checks of the promises in a mode's descriptor. All modes must also
// keep the contract of cluster.Machine, which is checked during the run.
func checksOf(d cluster.Descriptor) (checks []func(*Run) error) {
	if d.Linearizable {
		checks = append(checks, checkLinearizable)
	}
	if d.ByHand { // it has transactions
		checks = append(checks, checkAtomic, checkUnlocked)
	}
	switch d.Copies {
	case cluster.CopiesAll:
		checks = append(checks, checkEqual)
	case cluster.CopiesHomes:
		checks = append(checks, checkKept, checkGone, checkHomes, checkReads)
	}
	if slices.Contains(d.Roles, "leader") {
		return append(checks, checkServes)
	}
	return append(checks, checkPeace, checkRepeats)
}

// Check judges a run. It returns nil, or an error that wraps ErrViolation and names
// each broken promise.
func (r *Run) Check() error {
	wrong := r.breaches
	for _, check := range checksOf(modes.Of(r.Config.Mode)) {
		if err := check(r); err != nil {
			wrong = append(wrong, err)
		}
	}
	if len(wrong) == 0 {
		return nil
	}
	return fmt.Errorf("%w: %s seed %d: %w", ErrViolation, r.Config.Mode, r.Config.Seed, errors.Join(wrong...))
}

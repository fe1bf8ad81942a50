package verbs

import (
	"context"
	"fmt"

	"capplayground/cluster"
	"capplayground/server/workload"
)

// Hold keeps the cluster for one user, as a comparison. While it lasts, only its
// own methods change the mode and start a load.
type Hold struct {
	v    *Verbs
	what string // as in "a comparison is being played"
	end  func() // ends the user's work, and returns when the work is over
}

// Hold gives the cluster to one user. what says what the user does, for the error
// of others. end must end the user's work, and return when the user has called
// Release. Hold returns cluster.ErrNotNow while the cluster is held or the nodes
// start again.
func (v *Verbs) Hold(what string, end func()) (*Hold, error) {
	select {
	case v.change <- struct{}{}:
		defer func() { <-v.change }()
	default:
		return nil, fmt.Errorf("%w: the nodes are starting", cluster.ErrNotNow)
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.life.Err() != nil {
		return nil, cluster.ErrStopping
	}
	if err := v.free(); err != nil {
		return nil, err
	}
	v.held = &Hold{v: v, what: what, end: end}
	return v.held, nil
}

// Release gives the cluster back.
func (h *Hold) Release() {
	h.v.mu.Lock()
	defer h.v.mu.Unlock()
	if h.v.held == h {
		h.v.held = nil
	}
}

// SetMode starts every node in that mode with an empty database, perfect links,
// live pace and no load.
func (h *Hold) SetMode(ctx context.Context, mode cluster.Mode) error {
	unlock, err := h.v.lockChange(ctx)
	if err != nil {
		return err
	}
	defer unlock()
	h.v.cfg.Load.Stop()
	h.v.cfg.Faults.Heal()
	if _, err := h.v.cfg.Faults.SetPace(cluster.PaceLive, 0); err != nil {
		return err
	}
	return h.v.switchTo(ctx, mode, false)
}

// StartLoad puts random traffic on the nodes.
func (h *Hold) StartLoad(load workload.Load) error { return h.v.cfg.Load.Start(load) }

// free returns cluster.ErrNotNow while a Hold lasts. The caller holds v.mu.
func (v *Verbs) free() error {
	if v.held != nil {
		return fmt.Errorf("%w: %s", cluster.ErrNotNow, v.held.what)
	}
	return nil
}

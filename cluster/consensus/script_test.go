package consensus

import (
	"testing"

	"capplayground/cluster"
	"capplayground/cluster/dice"
	"capplayground/cluster/script"
)

// machines makes nodes whose logs stay short, so that scripts reach a
// snapshot. Each node draws its election times from dice of its own.
func machines(cfg cluster.Config) cluster.Machine {
	return dice.Machine(NewLimited(cfg, Limits{Entries: 6, Bytes: 1 << 20, Trailing: 2}), uint64(cfg.ID))
}

// TestScripts plays every flow of the protocol and compares the transcripts.
func TestScripts(t *testing.T) {
	t.Parallel()
	script.Files(t, "testdata/*.txt", script.Config{New: machines, Check: always, Checks: checks})
}

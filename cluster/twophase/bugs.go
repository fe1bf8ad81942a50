package twophase

// The planted bugs: known mistakes of such systems, for tests to catch.
// cluster.Config.Bug names one.
const (
	// BugDecidesAlone: a participant that hears nothing rolls back by itself.
	BugDecidesAlone = "decides-alone"
	// BugNoTombstone: a refusal of a transaction that was not prepared here is
	// not remembered.
	BugNoTombstone = "no-tombstone"
	// BugLockLost: what a participant voted for is gone after a restart.
	BugLockLost = "lock-lost"
	// BugDecisionUnlogged: commit leaves before the decision is logged, which
	// it is only with the next record.
	BugDecisionUnlogged = "decision-unlogged"
	// BugReadsThroughLock: a read does not wait for the lock.
	BugReadsThroughLock = "reads-through-lock"
	// BugForgetsFinished: finished transactions are not remembered, so that a
	// repeated prepare locks again and a repeated commit applies an old value.
	BugForgetsFinished = "forgets-finished"
	// BugCommitsOnce: commit is not sent again, whoever has not acknowledged it.
	BugCommitsOnce = "commits-once"
)

// Bugs are all of them.
var Bugs = []string{
	BugDecidesAlone, BugNoTombstone, BugLockLost, BugDecisionUnlogged,
	BugReadsThroughLock, BugForgetsFinished, BugCommitsOnce,
}

func (m *Machine) bug(name string) bool { return m.cfg.Bug == name }

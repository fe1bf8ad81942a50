package simnodes

import (
	"slices"

	"capplayground/cluster/simulated"
)

// Repeat repeats a run that was checked: its actions are carried out at their times, and
// the settings, the epoch and the calls follow them. It takes the place of Start. Until
// the last action nothing else can be done to the nodes.
func (n *Nodes) Repeat(run Run) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.coming = run.Actions
	n.repeatLocked(n.cfg.Clock())
	n.wakeUp()
}

// Repeats reports whether actions of a run will come.
func (n *Nodes) Repeats() bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	return len(n.coming) > 0
}

// EndRepetition drops the actions that would come. The nodes go on; those of a run that
// has hardly begun start first.
func (n *Nodes) EndRepetition() {
	n.mu.Lock()
	defer n.mu.Unlock()
	for len(n.coming) > 0 && slices.Contains(n.processes, nil) && (n.coming[0].Do == simulated.DoSettings || n.coming[0].Do == simulated.DoStart) {
		n.repeatNextLocked()
	}
	n.coming = nil
}

// repeatLocked carries out the actions of the run that are due, each at its own time.
func (n *Nodes) repeatLocked(now int64) {
	for len(n.coming) > 0 && n.began+n.coming[0].At <= now {
		n.repeatNextLocked()
	}
}

// repeatNextLocked carries out the next action of the run.
func (n *Nodes) repeatNextLocked() {
	a := n.coming[0]
	n.coming = n.coming[1:]
	n.repeatActionLocked(a)
	n.keepLocked(a)
}

func (n *Nodes) repeatActionLocked(a simulated.Action) {
	switch a.Do {
	case simulated.DoEpoch:
		n.serveLocked(a.Epoch.Mode)
		n.hooks.Restore(a.Settings)
		_ = n.cluster.Do(a) // it is for no single node, so it has no error
		n.hooks.Collect.Epoch(a.Epoch.N, a.Epoch.Mode, true)
		return
	case simulated.DoSettings:
		n.hooks.Restore(a.Settings)
	}
	if err := n.cluster.Do(a); err != nil {
		return // an action that was kept had no error, so the run was changed by hand
	}
	switch a.Do {
	case simulated.DoStart:
		n.liveLocked(a.Node)
	case simulated.DoKill:
		n.killedLocked(a.Node)
	case simulated.DoThaw:
		n.thawedLocked()
	}
}

// nextLocked returns the time at which the next thing happens.
func (n *Nodes) nextLocked() (wall int64, ok bool) {
	wall, ok = n.cluster.Next()
	if len(n.coming) > 0 {
		if at := n.began + n.coming[0].At; !ok || at < wall {
			return at, true
		}
	}
	return wall, ok
}

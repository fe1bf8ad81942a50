//go:build !noraft

package consensus

import (
	"fmt"
	"time"

	"capplayground/cluster"

	"go.etcd.io/raft/v3"
)

// The engine's time, in virtual time. An election begins one to two election
// times after the last word of a leader; the engine draws the exact tick.
const (
	TickTime      = 100 * time.Millisecond
	heartbeatTick = 3
	electionTick  = 12
	ElectionTime  = electionTick * TickTime
)

// appendsUnderWay is how many appends with entries a leader has under way to one
// follower. Proposals that come meanwhile share the next append. More of them
// cost more than they gain: the figures stand in scripts/bench/README.md.
const appendsUnderWay = 1

// The timers. A tick is quiet. The election timer is there to be fired by
// hand: the engine counts the ticks and campaigns by itself.
const (
	timerTick     = "tick"
	timerElection = "election"
)

// newEngine starts an engine on the records that the log mirrors.
func (m *Machine) newEngine() *raft.RawNode {
	engine, err := raft.NewRawNode(&raft.Config{
		ID:                        uint64(m.id),
		ElectionTick:              electionTick,
		HeartbeatTick:             heartbeatTick,
		Storage:                   m.log,
		Applied:                   m.state.Applied,
		MaxSizePerMsg:             256 << 10,
		MaxCommittedSizePerReady:  1 << 20,
		MaxUncommittedEntriesSize: 16 << 20,
		MaxInflightMsgs:           appendsUnderWay,
		CheckQuorum:               true,
		PreVote:                   true,
		ReadOnlyOption:            m.readOption,
		DisableProposalForwarding: true,
		Logger:                    quietLogger{},
	})
	if err != nil {
		panic(err) // NewRawNode returns no error in v3.7
	}
	return engine
}

// shortenFirstElection lets most of the first election time pass at once: a new
// cluster has no leader that could be heard. etcd does the same
// (--initial-election-tick-advance).
func (m *Machine) shortenFirstElection() {
	const ticks = electionTick - heartbeatTick
	for range ticks {
		m.engine.Tick()
	}
	m.view.waits = m.now.Add(-ticks * TickTime)
}

// setTick sets the next quiet tick. A node that slept gets one tick late, and
// not all that it missed.
func (m *Machine) setTick() {
	m.out.Timers = append(m.out.Timers, cluster.Timer{Name: timerTick, Due: m.now.Add(TickTime), Quiet: true})
}

// setElection sets the election timer for the latest moment at which the
// engine will campaign, as far as this node knows now. A leader does not wait.
func (m *Machine) setElection() {
	due := m.view.waits.Add(2 * ElectionTime)
	if m.leads() {
		due = m.now.Add(2 * ElectionTime)
	}
	m.out.Timers = append(m.out.Timers, cluster.Timer{Name: timerElection, Due: max(due, m.now.Add(cluster.MinTimer))})
}

// campaign asks for votes where the timer was fired by hand, before its time,
// and says whether it did. At its time the engine campaigns by itself. A second
// campaign then would spoil the random times that keep two candidates apart.
func (m *Machine) campaign(t cluster.Timer) bool {
	return m.now < t.Due && !m.leads() && m.engine.Campaign() == nil
}

// quietLogger drops the engine's log: what it has to say is in the notes. A
// broken invariant of the engine's is a panic.
type quietLogger struct{}

func (quietLogger) Debug(...any)                   {}
func (quietLogger) Debugf(string, ...any)          {}
func (quietLogger) Info(...any)                    {}
func (quietLogger) Infof(string, ...any)           {}
func (quietLogger) Warning(...any)                 {}
func (quietLogger) Warningf(string, ...any)        {}
func (quietLogger) Error(...any)                   {}
func (quietLogger) Errorf(string, ...any)          {}
func (quietLogger) Fatal(v ...any)                 { panic(fmt.Sprint(v...)) }
func (quietLogger) Fatalf(format string, v ...any) { panic(fmt.Sprintf(format, v...)) }
func (quietLogger) Panic(v ...any)                 { panic(fmt.Sprint(v...)) }
func (quietLogger) Panicf(format string, v ...any) { panic(fmt.Sprintf(format, v...)) }

//go:build !noraft

package consensus

import (
	"fmt"
	"time"

	"capplayground/cluster"

	"go.etcd.io/raft/v3"
)

// The times of the engine, in virtual time. An election begins one to two election times
// after the last message of a leader. The engine draws the exact tick.
const (
	TickTime      = 100 * time.Millisecond
	heartbeatTick = 3
	electionTick  = 12
	ElectionTime  = electionTick * TickTime
)

// appendsUnderWay is how many appends with entries a leader sends to one follower before
// it waits for an answer. Proposals that come while it waits share the next append. More
// appends at once cost more than they gain: see the figures in scripts/bench/README.md.
const appendsUnderWay = 1

// The timers. A tick is quiet. The election timer exists only so that a user can fire it
// by hand: the engine counts the ticks and campaigns by itself.
const (
	timerTick     = "tick"
	timerElection = "election"
)

// newEngine starts an engine with the state of the records.
func (m *Machine) newEngine() *raft.RawNode {
	engine, err := raft.NewRawNode(&raft.Config{
		ID:                        uint64(m.id),
		ElectionTick:              electionTick,
		HeartbeatTick:             heartbeatTick,
		Storage:                   storage{m.log, m},
		Applied:                   m.state.applied,
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

// shortenFirstElection lets most of the first election time pass at once, because a new
// cluster has no leader whose messages could come. etcd does the same
// (--initial-election-tick-advance).
func (m *Machine) shortenFirstElection() {
	const ticks = electionTick - heartbeatTick
	for range ticks {
		m.engine.Tick()
	}
	m.view.waits = m.now.Add(-ticks * TickTime)
}

// setTick sets the next quiet tick. A node that was frozen gets one late tick, and not
// all ticks that it missed.
func (m *Machine) setTick() {
	m.out.Timers = append(m.out.Timers, cluster.Timer{Name: timerTick, Due: m.now.Add(TickTime), Quiet: true})
}

// setElection sets the election timer to the latest moment at which the engine will
// campaign, as far as this node knows now. A leader has no such timer.
func (m *Machine) setElection() {
	due := m.view.waits.Add(2 * ElectionTime)
	if m.leads() {
		due = m.now.Add(2 * ElectionTime)
	}
	m.out.Timers = append(m.out.Timers, cluster.Timer{Name: timerElection, Due: max(due, m.now.Add(cluster.MinTimer))})
}

// campaign asks for votes if the timer was fired by hand before its time, and reports
// whether it did. When the timer is due, the engine campaigns by itself. A second
// campaign at that time would change the random times that keep two candidates apart.
func (m *Machine) campaign(t cluster.Timer) bool {
	return m.now < t.Due && !m.leads() && m.engine.Campaign() == nil
}

// quietLogger drops the messages of the engine's log: the notes contain the same facts.
// If an invariant of the engine is broken, it panics.
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

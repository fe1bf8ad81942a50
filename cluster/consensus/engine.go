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

// The timers. A tick is quiet. The election timer is there to be fired by
// hand: the engine counts its ticks and campaigns by itself.
const (
	timerTick     = "tick"
	timerElection = "election"
)

// newEngine starts an engine on the records that the log mirrors.
func (m *Machine) newEngine() *raft.RawNode {
	reads := raft.ReadOnlySafe
	if m.bug == BugLeaseRead {
		reads = raft.ReadOnlyLeaseBased
	}
	engine, err := raft.NewRawNode(&raft.Config{
		ID:                        uint64(m.id),
		ElectionTick:              electionTick,
		HeartbeatTick:             heartbeatTick,
		Storage:                   m.log,
		Applied:                   m.state.Applied,
		MaxSizePerMsg:             256 << 10,
		MaxCommittedSizePerReady:  1 << 20,
		MaxUncommittedEntriesSize: 16 << 20,
		MaxInflightMsgs:           256,
		CheckQuorum:               true,
		PreVote:                   true,
		ReadOnlyOption:            reads,
		DisableProposalForwarding: true,
		Logger:                    quietLogger{},
	})
	if err != nil {
		panic(err) // NewRawNode returns no error in v3.7
	}
	return engine
}

// setTick sets the next quiet tick. A node that slept gets one tick late, and
// not all that it missed.
func (m *Machine) setTick() {
	m.out.Timers = append(m.out.Timers, cluster.Timer{Name: timerTick, Due: m.now.Add(TickTime), Quiet: true})
}

// setElection sets the election timer for the latest moment at which the
// engine will campaign, as far as this node knows now.
func (m *Machine) setElection() {
	due := max(m.view.heard.Add(2*ElectionTime), m.now.Add(cluster.MinTimer))
	m.out.Timers = append(m.out.Timers, cluster.Timer{Name: timerElection, Due: due})
}

// campaign asks for votes, and says whether it did. A timer that was fired by
// hand comes before its time. One that is due asks for votes only if no leader
// was heard meanwhile.
func (m *Machine) campaign(t cluster.Timer) bool {
	if m.engine.BasicStatus().RaftState == raft.StateLeader {
		return false
	}
	if m.now >= t.Due && m.now < m.view.heard.Add(2*ElectionTime) {
		return false
	}
	return m.engine.Campaign() == nil
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

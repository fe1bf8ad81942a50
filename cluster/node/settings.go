package node

import (
	"errors"
	"fmt"

	"capplayground/cluster"
	"capplayground/cluster/link"
)

// handleDown handles one line from the playground.
func (l *loop) handleDown(d link.Down) {
	switch {
	case d.Settings != nil:
		l.applySettings(*d.Settings)
	case d.Sync != nil:
		l.standstill.answered(d.Sync.Seq)
	case d.Ping != nil && !l.frozen:
		l.answers = append(l.answers, link.Up{Pong: &link.Pong{Seq: d.Ping.Seq}})
	case d.Command != nil:
		done := link.Answer(d.Command.ID, l.command(*d.Command))
		l.answers = append(l.answers, link.Up{Done: &done})
	}
}

// applySettings replaces all settings of this node.
func (l *loop) applySettings(s link.Settings) {
	l.settings = &s
	l.setPace(s.Pace)
	l.driver.SetLinks(s.Links, l.now())
	l.setRules()
	l.setQuorum()
}

// setRules sets the newest rules. A node that is frozen by a command sets them when it
// thaws: what it holds back at the point of a rule must not leave before that.
func (l *loop) setRules() {
	if !l.frozen && l.settings != nil {
		l.driver.SetRules(l.settings.Rules)
	}
}

// setPace changes the pace. Before the machine has started, the clock may go back to the
// time of the cluster. A live pace without an origin comes from a link that was given up.
// Then virtual time continues from the time of this node.
func (l *loop) setPace(p cluster.Pace) {
	switch {
	case !l.driver.Started():
		l.clock.Reset(p)
	case p == cluster.LivePace() && l.clock.Pace() != p:
		p.T0, p.V0 = l.clock.Wall(), l.clock.Now()
		l.clock.Set(p)
	default:
		l.clock.Set(p)
	}
	l.driver.SetPace(p)
	l.reportPace()
}

// reportPace passes the virtual time of this node to the link, after the machine may have
// used it. A playground that starts later begins with this time.
func (l *loop) reportPace() {
	if l.driver.Started() && l.link != nil {
		l.link.SetPace(l.clock.Pace())
	}
}

// setQuorum gives the machine new sizes, after the machine has started.
func (l *loop) setQuorum() {
	if l.driver.Started() && !l.frozen && l.settings != nil && l.settings.Quorum != (cluster.Quorum{}) {
		l.driver.SetQuorum(l.settings.Quorum, l.now())
	}
}

// The errors of a command that are not errors of the driver.
var (
	errFrozen  = fmt.Errorf("%w: this node is frozen", cluster.ErrNotNow)
	errCommand = errors.New("unknown command")
)

// command does something to a message in the inbox, to a timer or to the loop.
func (l *loop) command(c link.Command) error {
	switch c.Do {
	case link.DoFreeze:
		l.freeze()
		return nil
	case link.DoThaw:
		l.thaw()
		return nil
	case link.DoTell:
		l.driver.RepeatState(l.now())
		return nil
	case link.DoUnderWay:
		l.answers = append(l.answers, link.Up{UnderWay: l.underWay(c.ID)})
		return nil
	}
	if l.frozen {
		return errFrozen
	}
	switch c.Do {
	case link.DoDeliver:
		return l.driver.Deliver(c.Msg)
	case link.DoDrop:
		return l.driver.Drop(c.Msg, l.now())
	case link.DoDuplicate:
		return l.driver.Duplicate(c.Msg, l.now())
	case link.DoFire:
		return l.driver.Fire(c.Timer, l.now())
	}
	return fmt.Errorf("%w: %q", errCommand, c.Do)
}

// underWay lists everything that has begun at this node and has not ended, for a
// playground that has missed events.
func (l *loop) underWay(command uint64) *link.UnderWay {
	u := &link.UnderWay{ID: command, Ops: l.driver.OpenOps(), Received: make(map[cluster.NodeID]string)}
	for _, m := range l.driver.Messages() {
		u.Messages = append(u.Messages, m.ID)
	}
	for _, t := range l.driver.Timers() {
		if !t.Quiet {
			u.Timers = append(u.Timers, t.ID())
		}
	}
	for _, from := range l.cfg.others() {
		if id := l.driver.Received(from); id != "" {
			u.Received[from] = id
		}
	}
	return u
}

// freeze stops the loop. Only the link goes on.
func (l *loop) freeze() {
	if !l.frozen {
		l.frozen = true
		l.standstill.from = l.clock.Now()
	}
}

// thaw continues the loop, as after any other standstill.
func (l *loop) thaw() {
	if l.frozen {
		l.frozen = false
		l.driver.RecordFreeze(l.standstill.from, l.clock.Now())
		l.setRules()
		l.setQuorum()
	}
}

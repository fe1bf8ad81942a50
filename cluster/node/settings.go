package node

import (
	"errors"
	"fmt"

	"capplayground/cluster"
	"capplayground/cluster/link"
)

// obey does what one line from the playground says.
func (l *loop) obey(d link.Down) {
	switch {
	case d.Settings != nil:
		l.set(*d.Settings)
	case d.Sync != nil:
		l.watch.answered(d.Sync.Seq)
	case d.Ping != nil && !l.paused:
		l.answers = append(l.answers, link.Up{Pong: &link.Pong{Seq: d.Ping.Seq}})
	case d.Command != nil:
		done := link.Done{ID: d.Command.ID}
		if err := l.command(*d.Command); err != nil {
			done.Err = err.Error()
		}
		l.answers = append(l.answers, link.Up{Done: &done})
	}
}

// set replaces all settings.
func (l *loop) set(s link.Settings) {
	l.settings = &s
	l.setPace(s.Pace)
	l.inbox.SetStep(s.Pace.Rate <= 0)
	l.faults.SetLinks(l.cfg.ID, s.Links)
	l.faults.SetRules(s.Rules)
	l.inbound = make(map[cluster.NodeID]cluster.Link)
	for _, in := range s.Links {
		if in.To == l.cfg.ID {
			l.inbound[in.From] = in
		}
	}
	for _, from := range l.cfg.others() {
		for _, m := range l.inbox.SetFloor(from, l.inbound[from].Floor) {
			l.lose(m, cluster.WhyCut)
		}
	}
	l.setQuorum()
}

// setPace changes virtual time. Before the machine has seen any, the clock may
// still go back to the cluster's. A live pace that names no origin, as of a
// link that was given up, goes on from where this node stands.
func (l *loop) setPace(p cluster.Pace) {
	switch {
	case !l.started:
		l.clock.Reset(p)
	case p == cluster.LivePace() && l.clock.Pace() != p:
		p.T0, p.V0 = l.clock.Wall(), l.clock.Now()
		l.clock.Set(p)
	default:
		l.clock.Set(p)
	}
	l.stands()
}

// stands lets playgrounds to come know where this node's virtual time stands,
// once anybody may have used it.
func (l *loop) stands() {
	if l.started && l.link != nil {
		l.link.Stands(l.clock.Pace())
	}
}

// setQuorum tells the machine of new sizes, once it has started.
func (l *loop) setQuorum() {
	if l.started && !l.paused && l.settings != nil && l.settings.Quorum != l.quorum && l.settings.Quorum != (cluster.Quorum{}) {
		l.quorum = l.settings.Quorum
		l.step(cluster.Input{Kind: cluster.InputQuorum, Now: l.clock.Now(), Quorum: l.quorum}, origin{})
	}
}

// What a command can fail of.
var (
	errNoMessage = errors.New("no such message waits here")
	errNoTimer   = errors.New("no such timer is set here")
	errPaused    = errors.New("this node is paused")
	errCommand   = errors.New("unknown command")
)

// command does something to a message in the inbox, a timer or the loop.
func (l *loop) command(c link.Command) error {
	if l.paused && c.Do != link.DoResume && c.Do != link.DoPause && c.Do != link.DoTell {
		return errPaused
	}
	switch c.Do {
	case link.DoDeliver:
		if !l.inbox.Deliver(c.Msg) {
			return fmt.Errorf("%w: %s", errNoMessage, c.Msg)
		}
	case link.DoDrop:
		m, ok := l.inbox.Drop(c.Msg)
		if !ok {
			return fmt.Errorf("%w: %s", errNoMessage, c.Msg)
		}
		l.lose(m, cluster.WhyDropped)
	case link.DoDuplicate:
		return l.duplicate(c.Msg)
	case link.DoFire:
		t, ok := l.timers.Fire(c.Timer)
		if !ok {
			return fmt.Errorf("%w: %s", errNoTimer, c.Timer)
		}
		l.step(cluster.Input{Kind: cluster.InputTimer, Now: l.clock.Now(), Timer: t}, origin{})
	case link.DoPause:
		l.pause()
	case link.DoResume:
		l.resume()
	case link.DoTell:
		l.tellAll()
	default:
		return fmt.Errorf("%w: %q", errCommand, c.Do)
	}
	return nil
}

// duplicate doubles a message that waits here. Its receiver tells of it as
// sent, since it is the receiver's doing.
func (l *loop) duplicate(id string) error {
	m, ok := l.inbox.Duplicate(id, l.nextID(), l.clock.Now())
	if !ok {
		return fmt.Errorf("%w: %s", errNoMessage, id)
	}
	e := cluster.Transit(cluster.KindSent, m)
	l.pushTransit(m, e)
	return nil
}

// pause lets the loop stand still, but for the link.
func (l *loop) pause() {
	if !l.paused {
		l.paused = true
		l.watch.from = l.clock.Now()
	}
}

// resume goes on as after any other standstill.
func (l *loop) resume() {
	if l.paused {
		l.paused = false
		l.watch.to = l.clock.Now()
		l.setQuorum()
	}
}

package server

import (
	"context"
	"slices"
	"testing"
	"time"

	"capplayground/cluster"
	"capplayground/server/servertest"
)

// rig is a playground in this process, with five real node processes.
type rig struct {
	*servertest.Test
	t *testing.T
	s *Server
}

func newRig(t *testing.T, mode cluster.Mode) *rig {
	t.Helper()
	return startRig(t, Config{Mode: mode})
}

// startRig starts a playground with this configuration, at free addresses if the
// configuration names none.
func startRig(t *testing.T, cfg Config) *rig {
	t.Helper()
	r := &rig{t: t}
	r.Test = servertest.Start(t, servertest.Options{
		Place: servertest.Place{Listen: cfg.Listen, Nodes: cfg.Peers}, Token: cfg.Token, Lanes: modesOf(cfg.Lanes),
		InProcess: func(ctx context.Context, place servertest.Place, ready func()) (err error) {
			cfg := cfg
			cfg.Listen, cfg.Peers, cfg.Durability = place.Listen, place.Nodes, "process"
			cfg.Ready = ready
			cfg.Lanes = slices.Clone(cfg.Lanes)
			for i := range cfg.Lanes {
				cfg.Lanes[i].Peers = place.Nodes[5*i : 5*i+5]
			}
			if cfg.Log == nil {
				cfg.Log = t.Output()
			}
			if r.s, err = New(cfg); err != nil {
				return err
			}
			return r.s.Run(ctx)
		},
	})
	return r
}

// prompt makes an idempotent call that must not wait for a node. It must be
// answered within a second. On a busy machine it is made again.
func (r *rig) prompt(method, path, body string) {
	r.t.Helper()
	var took time.Duration
	for range 3 {
		began := time.Now()
		r.Do(method, path, body)
		if took = time.Since(began); took < time.Second {
			return
		}
	}
	r.t.Errorf("%s %s took %v, three times over a second", method, path, took)
}

// count returns how many events of this kind are about messages of these types.
func count(events []cluster.Event, kind cluster.EventKind, kinds ...string) (n int) {
	for _, e := range events {
		for _, name := range kinds {
			if e.Kind() == kind && e.Message().Type == name {
				n++
			}
		}
	}
	return n
}

// atRest waits until no message is under way, and returns the seq of the newest event. To
// check once is not enough: a node may be about to send, or its events may still be in its
// pipe. So atRest asks every node twice for an answer, which comes after all its earlier
// events. If no message was under way, and no event came between the two answers, the
// cluster is at rest.
func (r *rig) atRest() (newest uint64) {
	r.t.Helper()
	r.Eventually("nothing in flight", func() bool {
		r.s.play.launch.Apply(r.t.Context())
		if m, _ := r.s.play.Collect.Inflight(); len(m) > 0 {
			newest = 0
			return false
		}
		_, _, now := r.s.play.Collect.Retained()
		last := newest
		newest = now
		return now == last
	})
	return newest
}

// settled does the same as atRest and returns all events. Every message must have ended
// exactly once.
func (r *rig) settled() []cluster.Event {
	r.t.Helper()
	newest := r.atRest()
	// Reading all events takes long. Events that came meanwhile are left out.
	events := slices.DeleteFunc(r.Events(), func(e cluster.Event) bool { return e.Seq > newest })
	sent, ended := map[string]bool{}, map[string]int{}
	for i, e := range events {
		if i > 0 && e.Seq != events[i-1].Seq+1 {
			r.t.Errorf("seq %d follows %d", e.Seq, events[i-1].Seq)
		}
		switch e.Kind() {
		case cluster.KindSent:
			sent[e.Message().Msg] = true
		case cluster.KindDelivered, cluster.KindLost:
			ended[e.Message().Msg]++
			if !sent[e.Message().Msg] { // on a busy machine the sender's events may be late in its pipe
				r.t.Logf("%s was %s before its sent event came", e.Message().Msg, e.Kind())
			}
		}
	}
	for msg := range sent {
		if ended[msg] != 1 {
			r.t.Errorf("message %s ended %d times", msg, ended[msg])
		}
	}
	return events
}

package server

import (
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"capplayground/cluster"
	"capplayground/cluster/modes"
	"capplayground/server/verbs"
)

// Every message of 200 operations is doubled. That changes no outcome, in any mode.
// Ten clients each write a key and read it at another node, again and again. Issue 4.
func TestDoubledMessagesChangeNoOutcome(t *testing.T) {
	t.Parallel()
	const clients, rounds = 10, 10 // each round is a write and a read
	for _, mode := range modes.Names() {
		t.Run(string(mode), func(t *testing.T) {
			t.Parallel()
			r := newRig(t, mode)
			accepted(r, 1, "first", "v") // now there is a leader, if the mode needs one
			r.Do("PUT", "/api/pace", `{"pace":"step"}`)
			var working sync.WaitGroup
			for c := range clients {
				working.Go(func() {
					for i := range rounds {
						key, val := fmt.Sprintf("key%d-%d", c, i), fmt.Sprintf("v%d", i)
						if status, body := r.Write((c+i)%5+1, key, val); status != 201 {
							t.Errorf("write %s=%s: %d %s", key, val, status, body)
						}
						if status, got := r.Read((c+2*i+1)%5+1, key); status != 200 || got != val {
							t.Errorf("read %s: %d %q (want %q)", key, status, got, val)
						}
					}
				})
			}
			done := make(chan struct{})
			go func() { working.Wait(); close(done) }()
			doubled := r.doubleAll(done)
			r.Do("PUT", "/api/pace", `{"pace":"live"}`)
			if mode == "RAFT" { // its heartbeats never end
				r.Eventually("the doubles are delivered", func() bool { return doublesIn(r.Events()) >= 2*clients*rounds })
				return
			}
			doubles := doublesIn(r.settled())
			if doubles < 2*clients*rounds || doubles < doubled*9/10 {
				t.Errorf("%d messages doubled, only %d doubles delivered", doubled, doubles)
			}
			t.Logf("%d operations, %d messages doubled, %d doubles delivered", 2*clients*rounds, doubled, doubles)
		})
	}
}

// doublesIn counts the doubles that were delivered.
func doublesIn(events []cluster.Event) (doubles int) {
	for _, e := range events {
		if e.Kind() == cluster.KindDelivered && e.Message().DupOf != "" {
			doubles++
		}
	}
	return doubles
}

// doubleAll doubles and delivers all messages that are under way, at all nodes at
// once, until done is closed. It returns how many messages it doubled.
func (r *rig) doubleAll(done <-chan struct{}) int {
	doubled := map[cluster.NodeID]map[string]bool{}
	for _, node := range r.s.play.Verbs.IDs() {
		doubled[node] = map[string]bool{}
	}
	tick := time.NewTicker(2 * time.Millisecond)
	defer tick.Stop()
	for {
		select {
		case <-done:
			total := 0
			for _, of := range doubled {
				total += len(of)
			}
			return total
		case <-tick.C:
		}
		messages, _ := r.s.play.Collect.Inflight()
		var nodes sync.WaitGroup
		for node, of := range doubled {
			nodes.Go(func() {
				for _, m := range messages {
					if m.Message().To == node {
						r.double(m, of)
					}
				}
			})
		}
		nodes.Wait()
	}
}

// double doubles a message and delivers it. A message that is a double, or has
// one, is only delivered.
func (r *rig) double(m cluster.Event, doubled map[string]bool) {
	handle := func(do string) {
		err := r.s.play.Verbs.Handle(r.t.Context(), m.Message().Msg, do)
		// It was taken in meanwhile, or on a busy machine it has not arrived yet.
		if err != nil && !errors.Is(err, cluster.ErrNoSuchMessage) && !errors.Is(err, cluster.ErrNotNow) {
			r.t.Errorf("%s %s: %v", do, m.Message().Msg, err)
		} else if err == nil && do == verbs.Duplicate {
			doubled[m.Message().Msg] = true
		}
	}
	if m.Message().DupOf == "" && !doubled[m.Message().Msg] {
		handle(verbs.Duplicate)
	}
	if m.Message().DupOf != "" || doubled[m.Message().Msg] {
		handle(verbs.Deliver)
	}
}

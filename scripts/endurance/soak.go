package main

import (
	"context"
	"os"
	"sync/atomic"

	"fmt"
	"io"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"time"

	"capplayground/cluster"
	"capplayground/cluster/modes"
	"capplayground/server/history"
	"capplayground/server/servertest"
)

// soak is one run of this program.
type soak struct {
	o       options
	p       *servertest.Playground
	dir     string // holds the program and the databases
	out     io.Writer
	began   time.Time
	tally   *tally
	watched watched

	disturbed atomic.Bool // the random user stops the playground, so it may answer late

	mu         sync.Mutex
	violations []string
	rounds     []round
	samples    []sample
	resting    []sample // between rounds, when nothing happens
}

// round is one epoch of the cluster, from an empty database to rest.
type round struct {
	N          int          `json:"round"`
	Mode       cluster.Mode `json:"mode"`
	Seconds    float64      `json:"seconds"`
	Operations int          `json:"operations"` // of the clients of this soak
	Verdict    string       `json:"verdict"`    // by the clients' own clock
	Looked     int          `json:"looked_for"` // acknowledged writes that no other write can have followed
	Playground string       `json:"playground"` // the playground's verdict
	Why        string       `json:"why,omitempty"`
	Rest       float64      `json:"rest_seconds"` // from the last fault to rest
}

func begin(ctx context.Context, o options, out io.Writer) (*soak, error) {
	s := &soak{o: o, out: out, tally: newTally(), began: time.Now()}
	s.say("seed %d, for %v (again: scripts/soak --for %v --seed %d)", o.seed, o.span, o.span, o.seed)
	var err error
	if s.dir, err = os.MkdirTemp("", "soak-"); err != nil {
		return nil, err
	}
	if s.p, err = start(ctx, o, s.dir); err != nil {
		s.end()
		return nil, err
	}
	s.began = time.Now() // the time of the build does not count
	return s, nil
}

// end ends all processes and removes all files.
func (s *soak) end() {
	if s.p != nil {
		_, _ = s.p.Stop()
	}
	_ = os.RemoveAll(s.dir)
}

func (s *soak) say(format string, args ...any) {
	s.mu.Lock()
	defer s.mu.Unlock()
	_, _ = fmt.Fprintf(s.out, "%7s  %s\n", time.Since(s.began).Round(time.Second), fmt.Sprintf(format, args...))
}

// mostViolations is how many violations the summary keeps. All are printed.
const mostViolations = 200

func (s *soak) violation(format string, args ...any) {
	text := fmt.Sprintf(format, args...)
	s.say("VIOLATION %s", text)
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.violations) < mostViolations {
		s.violations = append(s.violations, fmt.Sprintf("%v: %s", time.Since(s.began).Round(time.Second), text))
	}
}

// soak runs rounds until the time is over, ctx ends, or the playground ends.
func (s *soak) soak(ctx context.Context) {
	ctx, cancel := context.WithDeadline(ctx, s.began.Add(s.o.span))
	defer cancel()
	var around sync.WaitGroup
	defer around.Wait()
	around.Go(func() { s.follow(ctx) })
	around.Go(func() { s.visit(ctx, s.random(1)) })
	around.Go(func() { s.deaf(ctx) })
	around.Go(func() { s.look(ctx) })
	around.Go(func() { s.observe(ctx) })
	around.Go(func() {
		select {
		case <-s.p.Ended():
			s.violation("the playground ended with %v; it last said: %s", s.p.Err(), s.p.Log())
			cancel()
		case <-ctx.Done():
		}
	})
	span := min(max(s.o.span/20, 8*time.Second), 90*time.Second)
	for n := 1; ctx.Err() == nil; n++ {
		s.round(ctx, n, span)
		if s.o.randomUser && n%randomUserEvery == 0 && ctx.Err() == nil {
			s.randomUserRound(ctx, n, span/2)
		}
	}
}

// randomUserEvery: after so many rounds there is a round of the random user.
const randomUserEvery = 3

// random returns the i-th random source of the soak's seed.
func (s *soak) random(i uint64) *rand.Rand { return rand.New(rand.NewPCG(s.o.seed, i)) }

// turns lists the modes of the rounds, in their order.
var turns = modes.Names()

func (s *soak) round(ctx context.Context, n int, span time.Duration) {
	r := round{N: n, Mode: turns[(n-1)%len(turns)]}
	if s.o.mode != "" {
		r.Mode = s.o.mode
	}
	began := time.Now()
	before, _ := s.tally.operations()
	s.ask("PUT", "/api/mode", fmt.Sprintf(`{"mode":%q}`, r.Mode))
	if s.o.rate > 0 {
		s.ask("POST", "/api/workload", fmt.Sprintf(`{"rate":%v,"clients":8,"keys":10,"read_ratio":0.5}`, s.o.rate))
	}
	w := newWitness(s.p, s.tally, n)
	active, cancel := context.WithTimeout(ctx, span)
	defer cancel()
	var wg sync.WaitGroup
	for i := range s.o.clients {
		wg.Go(func() { w.client(active, s.random(uint64(n)<<16|uint64(i)), i) })
	}
	wg.Go(func() {
		(&faultPlayer{soak: s, ctx: active, rnd: s.random(uint64(n)<<16 | 1<<15), mode: r.Mode, quorum: cluster.Quorum{N: 3, R: 2, W: 2}}).run()
	})
	wg.Wait()
	s.ask("DELETE", "/api/workload", "")
	resting := time.Now()
	// A round ends at rest, even if the time of the soak is over.
	if err := s.rest(context.WithoutCancel(ctx), r.Mode); err != nil {
		s.violation("round %d (%s) does not come to rest: %v", n, r.Mode, err)
	}
	r.Rest = time.Since(resting).Seconds()
	var wrong []string
	r.Verdict, wrong = w.judge(r.Mode)
	r.Looked = w.checked
	r.Playground, r.Why = s.verdict(r.Mode)
	for _, what := range wrong {
		s.violation("round %d (%s): %s", n, r.Mode, what)
	}
	after, _ := s.tally.operations()
	r.Operations, r.Seconds = after-before, time.Since(began).Seconds()
	at := s.sample()
	s.mu.Lock()
	s.rounds = append(s.rounds, r)
	s.resting = append(s.resting, at)
	s.mu.Unlock()
	s.say("round %d %s: %d operations, %s; the playground: %s%s; at rest after %.1f s", n, r.Mode, r.Operations, r.Verdict, r.Playground, r.Why, r.Rest)
}

// restSpan is how long a cluster may take to come to rest. Anti-entropy needs 50 s for
// an exchange with every peer.
const restSpan = 2 * time.Minute

// rest removes every fault and returns when the nodes agree.
func (s *soak) rest(ctx context.Context, mode cluster.Mode) error {
	s.ask("PUT", "/api/pace", `{"pace":"live"}`)
	s.ask("PUT", "/api/quorum", `{"n":3,"r":2,"w":2}`)
	s.ask("POST", "/api/heal", "")
	for _, m := range s.held() {
		s.ask("POST", "/api/messages/"+m+"/deliver", "", 404, 409)
	}
	now, err := s.p.ReadCluster()
	if err != nil {
		return err
	}
	for _, n := range now.Nodes {
		if n.Status == cluster.StatusKilled {
			s.ask("POST", fmt.Sprintf("/api/nodes/%d/restart", n.ID), "", 409)
		}
	}
	ctx, cancel := context.WithTimeout(ctx, restSpan)
	defer cancel()
	for {
		err := s.p.AllUp()
		if err == nil {
			err = s.p.AtRest(mode)
		}
		if err == nil {
			return nil
		}
		pause(ctx, 100*time.Millisecond)
		if ctx.Err() != nil {
			return err
		}
	}
}

// held lists the messages that a rule holds back.
func (s *soak) held() (ids []string) {
	var now struct {
		Messages []struct {
			Msg  string
			Held bool
		}
	}
	if s.p.Get(s.p.URL+"/api/inflight", &now) != nil {
		return nil
	}
	for _, m := range now.Messages {
		if m.Held {
			ids = append(ids, m.Msg)
		}
	}
	return ids
}

// verdictWait is a little longer than the time that the playground waits before it reports
// a red verdict of a key (Confirm in server/history).
const verdictWait = 4 * time.Second

// verdict is the verdict of the playground, once it is final.
func (s *soak) verdict(mode cluster.Mode) (verdict, why string) {
	var r history.Report
	deadline := time.Now().Add(verdictWait)
	for time.Now().Before(deadline) {
		if err := s.p.Get(s.p.URL+"/api/verdict", &r); err != nil {
			s.violation("no verdict: %v", err)
			return "none", ""
		}
		time.Sleep(500 * time.Millisecond)
	}
	var reasons []string
	for _, k := range r.Keys {
		if k.Verdict == history.Linearizable {
			continue
		}
		if reason := fmt.Sprintf("%s %s (%s)", k.Key, k.Verdict, k.Why); modes.Of(mode).Linearizable {
			reasons = append(reasons, reason)
		}
		if k.Verdict == history.NotLinearizable && modes.Of(mode).Linearizable {
			s.violation("the playground says of %s in %s: not linearizable since %s: %s", k.Key, mode, k.Since, k.Why)
		}
	}
	if len(reasons) > 0 {
		why = ": " + strings.Join(slices.Compact(reasons), ", ")
	}
	return r.Verdict, why
}

//go:build linux

package main_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"os"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"capplayground/cluster/nodeapi"
	"capplayground/server"
	"capplayground/server/servertest"
)

// The size of the overload.
const (
	halfOpen    = 300  // requests that never end, at the page and at a node
	idlers      = 1000 // connections that make one request and stay open, at each of the two
	watchers    = 1000 // viewers; a fifth of them never read
	saturation  = 64   // clients that keep the nodes fully busy
	overloading = 10 * saturation
)

// How many operations the playground accepts at once: maxRunning in server, maxOps in
// server/control.
const (
	runLimit  = 1000
	waitLimit = 256
	over      = 100 // how many more this test asks for
)

// TestOverload makes half-open requests, idle connections, many viewers, and more
// operations than nodes and playground accept. Then it runs ten times as many clients as
// they can serve. The page answers all the time. Each refused call gets an answer that says
// so. Every acknowledged write is kept, and memory stays within its bound.
func TestOverload(t *testing.T) {
	if testing.Short() {
		t.Skip("starts real processes and thousands of connections")
	}
	needDescriptors(t, 12_000)
	h := startFaultRun(t, "CP", 0)
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute) // a busy machine takes long to open thousands of connections
	defer cancel()
	s := &overload{
		faultRun: h, ctx: ctx, page: h.Place.Listen, node: h.Place.Nodes[0],
		keys: map[string]*written{}, answers: map[string]map[int]int{},
	}
	defer s.hangUp()

	able := s.flood(saturation, time.Second)
	watched := s.watch()
	defer watched() // also if the test ends early
	headers := append(s.begin(s.page, "POST /api/partition"), s.begin(s.node, "PUT /database/half")...)
	s.idle(s.page, "/api/cluster")
	s.idle(s.node, "/healthz")
	crowd := s.crowd()

	s.hold()
	s.manage("POST", "/api/workload", `{"rate":5000,"clients":64,"keys":10,"read_ratio":0}`)
	overloaded := s.flood(overloading, time.Second)
	s.manage("DELETE", "/api/workload", "")
	for _, l := range headers {
		if _, err := l.Read(make([]byte, 1)); err == nil || errors.Is(err, os.ErrDeadlineExceeded) {
			t.Errorf("a header that never ended was not cut off: %v", err)
		}
	}

	page, bare := watched()
	// A machine with other work sometimes delays a program.
	if late := page[len(page)*19/20]; late > max(time.Second, 4*bare) {
		s.tooLate("of the page and /api/cluster one in twenty took %v or more, a bare server %v at most", late, bare)
	}
	if n := crowd.lost.Load(); n > 0 {
		s.tooLate("%d viewers that read lost their streams, the first %v", n, crowd.end.Load())
	}
	s.complain(bare)
	peak := peakMiB(t, h.PID)
	if peak > server.MemoryLimit>>20+outside {
		t.Errorf("the playground took %d MiB, its limit is %d", peak, server.MemoryLimit>>20)
	}
	s.hangUp()
	s.verify()
	t.Logf("acknowledged: %.0f/s with %d clients, %.0f/s with %d beside a workload; %d looks at page and /api/cluster: median %v, slowest %v, bare server %v; a viewer saw event %d, playground at most %d MiB",
		able, saturation, overloaded, overloading, len(page), page[len(page)/2], page[len(page)-1], bare, crowd.seq.Load(), peak)
	for _, caller := range slices.Sorted(maps.Keys(s.answers)) {
		t.Logf("%s: %v", caller, s.answers[caller])
	}
}

// overload is a playground with a great many clients.
type overload struct {
	*faultRun
	ctx        context.Context
	page, node string       // addresses: of the playground and of node 1
	n          atomic.Int64 // values written

	mu      sync.Mutex
	late    []string // complaints of tooLate
	lines   []*line
	keys    map[string]*written
	answers map[string]map[int]int // by caller: status, how often
}

// starved is the time that a bare server takes for an answer on a machine that has too
// little processor time for this test.
const starved = time.Second / 2

// tooLate complains of a playground that was too slow. The playground cuts off a caller
// that takes too long, and on a starved machine all callers do. So each call of the
// overload that ends without an answer is such a complaint, and not a failure by itself.
func (s *overload) tooLate(format string, args ...any) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.late = append(s.late, fmt.Sprintf(format, args...))
}

// complain fails the test for the complaints of tooLate, unless a bare server in this
// process was slow at the same time.
func (s *overload) complain(bare time.Duration) {
	s.t.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.late) == 0 {
		return
	}
	say := s.t.Errorf
	if bare > starved {
		say = s.t.Logf
	}
	say("%d complaints while a bare server took up to %v, the first: %s", len(s.late), bare, s.late[0])
	s.late = nil
}

// written has the values of a key, as its only client knows them: the last value that was
// acknowledged, and the values of writes whose outcome is unknown.
type written struct {
	acked   string
	unknown []string
}

// heard counts an answer. A 504 is no refusal: the write may be done.
func (s *overload) heard(caller string, status int, body string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.answers[caller] == nil {
		s.answers[caller] = map[int]int{}
	}
	s.answers[caller][status]++
	told := status == 201 || status == 202 || (status == 503 || status == 504) && strings.Contains(body, `{"error":"`)
	if !told && s.answers[caller][status] == 1 {
		s.t.Errorf("%s: %d %q", caller, status, body)
	}
}

// refused returns how many calls of a caller were refused.
func (s *overload) refused(caller string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.answers[caller][503]
}

// write makes one write of the next value, with the call that it is given, and
// records the answer. No answer at all is an error.
func (s *overload) write(l *line, caller, key string, call func(val string) (method, path, body string)) {
	val := fmt.Sprint("v", s.n.Add(1))
	status, body, err := l.ask(call(val))
	if err != nil {
		s.tooLate("%s: no answer: %v", caller, err)
		s.mu.Lock()
		defer s.mu.Unlock()
		s.value(key).unknown = append(s.value(key).unknown, val)
		return
	}
	s.heard(caller, status, body)
	s.mu.Lock()
	defer s.mu.Unlock()
	w := s.value(key)
	switch status {
	case 201:
		w.acked = val
	case 202, 504:
		w.unknown = append(w.unknown, val)
	}
}

// value returns the values of a key. The caller holds mu.
func (s *overload) value(key string) *written {
	if s.keys[key] == nil {
		s.keys[key] = &written{}
	}
	return s.keys[key]
}

// direct is a write at a node. through is a write by the control API.
func direct(key string) func(string) (method, path, body string) {
	return func(val string) (string, string, string) { return "POST", "/database/" + key + "/" + val, "" }
}

func through(node int, key string, wait bool) func(string) (method, path, body string) {
	return func(val string) (string, string, string) {
		return "POST", "/api/ops", fmt.Sprintf(`{"node":%d,"kind":"write","key":%q,"val":%q,"wait":%v}`, node, key, val, wait)
	}
}

// manage makes a call of the control API that must succeed during the overload. It calls
// again if no answer came: each of these calls may be made twice.
func (s *overload) manage(method, path, body string) {
	s.t.Helper()
	if status, answer := s.insist(s.page, method, path, body); status != http.StatusOK {
		s.t.Errorf("%s %s: %d %s", method, path, status, answer)
	}
}

// insist makes a call again and again until it is answered. It complains of each call
// that is not. Without an answer before the end of the overload the status is 0.
func (s *overload) insist(addr, method, path, body string) (status int, answer string) {
	for s.ctx.Err() == nil {
		l := s.dial(addr)
		status, answer, err := l.ask(method, path, body)
		_ = l.Close()
		if err == nil {
			return status, answer
		}
		s.tooLate("%s %s: no answer: %v", method, path, err)
	}
	return 0, s.ctx.Err().Error()
}

// flood lets clients write for a while. Each writes a key of its own at one node, the
// next value as soon as the last write is answered. It returns how many writes were
// acknowledged per second.
func (s *overload) flood(clients int, span time.Duration) float64 {
	caller := fmt.Sprintf("%d clients at the nodes", clients)
	count := func() int {
		s.mu.Lock()
		defer s.mu.Unlock()
		return s.answers[caller][201]
	}
	before, began := count(), time.Now()
	var wg sync.WaitGroup
	for c := range clients {
		wg.Go(func() {
			l := s.dial(s.Place.Nodes[c%5])
			defer l.Close()
			for key := fmt.Sprint("flood", c); time.Since(began) < span && s.ctx.Err() == nil; {
				s.write(l, caller, key, direct(key))
			}
		})
	}
	wg.Wait()
	return float64(count()-before) / time.Since(began).Seconds()
}

// hold stops virtual time, so that no operation ends, and asks for more operations than
// node and playground accept. Those above the limit are refused at once. Reading the state
// and healing still work. Then virtual time goes on, and all waiting operations end at the
// same time.
func (s *overload) hold() {
	s.manage("PUT", "/api/pace", `{"pace":"step"}`)
	var wg sync.WaitGroup
	many := func(n int, addr, caller string, call func(i int, key string) func(string) (string, string, string)) {
		asked := 0
		ask := func(n int) {
			for range n {
				l, i := s.dial(addr), asked
				asked++
				wg.Go(func() {
					defer l.Close()
					key := fmt.Sprint(strings.Fields(caller)[0], i)
					s.write(l, caller, key, call(i, key))
				})
			}
		}
		ask(n)
		changed, before := time.Now(), 0
		s.Await("refusals", 4*time.Minute, func() error {
			got := s.refused(caller)
			if got >= over {
				return nil
			}
			if got > before {
				changed, before = time.Now(), got
			}
			// A call that was cut off frees its place for another call.
			if time.Since(changed) > time.Second {
				changed = time.Now()
				ask((over-got)/10 + 1)
			}
			return fmt.Errorf("%s: %d of %d refused", caller, got, asked)
		})
	}
	many(nodeapi.MaxRequests+over, s.node, "held writes at node 1", func(_ int, key string) func(string) (string, string, string) { return direct(key) })
	many(runLimit+over, s.page, "background /api/ops", func(i int, key string) func(string) (string, string, string) { return through(2+i%4, key, false) })
	many(waitLimit+over, s.page, "waiting /api/ops", func(i int, key string) func(string) (string, string, string) { return through(2+i%4, key, true) })
	s.manage("GET", "/api/cluster", "")
	s.manage("GET", "/api/inflight", "")
	s.manage("POST", "/api/heal", "")
	s.manage("PUT", "/api/pace", `{"pace":"live"}`)
	wg.Wait()
}

// verify reads every key. It must hold the last acknowledged value, or the value of a
// write whose outcome is unknown.
func (s *overload) verify() {
	s.Await("five nodes up", servertest.Patience, s.AllUp)
	keys := slices.Sorted(maps.Keys(s.keys))
	var acked atomic.Int64
	var wg sync.WaitGroup
	for c := range 16 {
		wg.Go(func() {
			l := s.dial(s.Place.Nodes[c%5])
			defer func() { _ = l.Close() }()
			for i := c; i < len(keys); i += 16 {
				w := s.keys[keys[i]]
				status, body, err := l.ask("GET", "/database/"+keys[i], "")
				for (err != nil || status == http.StatusServiceUnavailable) && s.ctx.Err() == nil { // such a read proves nothing
					if err != nil {
						_ = l.Close()
						l = s.dial(s.Place.Nodes[c%5])
					}
					status, body, err = l.ask("GET", "/database/"+keys[i], "")
				}
				var got servertest.Answer
				_ = json.Unmarshal([]byte(body), &got)
				switch {
				case w.acked != "":
					acked.Add(1)
					if err != nil || status != http.StatusOK || got.Val != w.acked && !slices.Contains(w.unknown, got.Val) {
						s.t.Errorf("%s: acknowledged %s, and reads %d %s %v", keys[i], w.acked, status, body, err)
					}
				case err != nil || status != http.StatusNotFound && !slices.Contains(w.unknown, got.Val):
					s.t.Errorf("%s: refused, and reads %d %s %v", keys[i], status, body, err)
				}
			}
		})
	}
	wg.Wait()
	s.t.Logf("%d keys read again, %d of them with acknowledged writes", len(keys), acked.Load())
}

package web_test

//lint:file-ignore SA1019 The project's owner fixed this path; its maintainers moved to another.

import (
	"context"
	"flag"
	"fmt"
	"net/http"
	"net/http/cookiejar"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"nhooyr.io/websocket"
)

var phonesFor = flag.Duration("phones", 0, "how long TestAThousandPhones measures the stage and the cluster, with no phone and with a thousand; 0 leaves it out")

const hall = 1000 // phones in the room

// TestAThousandPhones measures the cost of many phones: the frames of the stage, and how
// many operations the cluster answers. It measures first without a phone, then with 1,000
// phones that follow and vote:
//
//	go test ./web -run TestAThousandPhones -phones 10s -v
//
// The phones are sockets of this process, so they use the same processors.
func TestAThousandPhones(t *testing.T) {
	if *phonesFor == 0 {
		t.Skip("this measurement needs -phones")
	}
	r := launch(t, "--audience", "127.0.0.1:0")
	stage := open(t, r.URL+"/", 1920, 1080)
	stage.hasCount(5, "node", "status=up")
	r.Do(http.MethodPost, "/api/scenario", `{"name":"02-one-silent-node"}`)
	r.stepIsOver(1)

	alone := r.underLoad(stage)
	t.Logf("no phone: %s", alone)
	audience, _ := r.phonesOf()
	phones := follow(t, audience)
	r.Do(http.MethodPost, "/api/scenario/next", "")
	r.stepIsOver(2)
	began := time.Now()
	phones.vote()
	stage.reads("voted", fmt.Sprintf("%d have voted", hall))
	t.Logf("the stage showed %d votes %v after the first vote", hall, time.Since(began))
	r.Do(http.MethodPost, "/api/heal", "")
	t.Logf("%d phones: %s", hall, r.underLoad(stage))
	if lost := phones.lost.Load(); lost > 0 {
		t.Errorf("%d phones lost their stream", lost)
	}
}

// underLoad runs eight clients as fast as they get answers. It returns the figures of the
// stage and of the cluster in that time.
func (r *real) underLoad(stage *tab) string {
	r.t.Helper()
	ctx, cancel := context.WithCancel(r.t.Context())
	var clients sync.WaitGroup
	var answered atomic.Int64
	for i := range 8 {
		clients.Go(func() {
			url := fmt.Sprintf("%s/database/key%d", r.Node(i%5+1), i)
			for n := 0; ctx.Err() == nil; n++ {
				method, path := http.MethodGet, url
				if n%2 == 0 {
					method, path = http.MethodPost, fmt.Sprintf("%s/%d", url, n)
				}
				if status, _, err := r.Request(ctx, method, path, ""); err == nil && status < 300 {
					answered.Add(1)
				}
			}
		})
	}
	began, first := time.Now(), answered.Load()
	m := eval[measured](stage, fmt.Sprintf("window.__frames.measure(%d)", phonesFor.Milliseconds()))
	rate := float64(answered.Load()-first) / time.Since(began).Seconds()
	cancel()
	clients.Wait()
	return fmt.Sprintf("%.0f operations a second; frames p50 %.1f ms, p95 %.1f, p99 %.1f, longest %.1f; load average %s", rate, m.P50, m.P95, m.P99, m.Longest, load())
}

// crowdOfPhones are phones that follow and that can vote.
type crowdOfPhones struct {
	t       *testing.T
	voteURL string
	voters  []*http.Client
	lost    atomic.Int64 // streams that ended before the test did
}

// follow makes the phones. Each requests the audience's page, for the cookie, and opens the
// stream. It returns when every phone has received a frame.
func follow(t *testing.T, audience string) *crowdOfPhones {
	t.Helper()
	base := strings.TrimSuffix(audience, "/audience")
	c := &crowdOfPhones{t: t, voteURL: base + "/vote", voters: make([]*http.Client, hall)}
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	var reads sync.WaitGroup
	t.Cleanup(func() {
		cancel()
		reads.Wait()
	})
	var here atomic.Int64
	for i := range c.voters {
		jar, err := cookiejar.New(nil)
		if err != nil {
			t.Fatal(err)
		}
		c.voters[i] = &http.Client{Jar: jar, Timeout: patience}
		c.call(i, http.MethodGet, audience, "")
		conn, _, err := websocket.Dial(ctx, "ws"+strings.TrimPrefix(base, "http")+"/ws", &websocket.DialOptions{HTTPHeader: http.Header{"Origin": {base}}})
		if err != nil {
			t.Fatal(err)
		}
		conn.SetReadLimit(-1)
		t.Cleanup(func() { _ = conn.CloseNow() })
		reads.Go(func() {
			for first := true; ; first = false {
				if _, _, err := conn.Read(ctx); err != nil {
					if ctx.Err() == nil {
						c.lost.Add(1)
					}
					return
				}
				if first {
					here.Add(1)
				}
			}
		})
	}
	eventually(t, "every phone to follow", func() bool { return here.Load() == hall })
	return c
}

// vote lets every phone vote once, fifty at a time.
func (c *crowdOfPhones) vote() {
	c.t.Helper()
	next := make(chan int)
	var hands sync.WaitGroup
	for range 50 {
		hands.Go(func() {
			for i := range next {
				c.call(i, http.MethodPost, c.voteURL, fmt.Sprintf(`{"choice":%d}`, i%3+1))
			}
		})
	}
	for i := range c.voters {
		next <- i
	}
	close(next)
	hands.Wait()
}

// call makes a call from one phone. The answer must have status 200.
func (c *crowdOfPhones) call(i int, method, url, body string) {
	request, err := http.NewRequestWithContext(c.t.Context(), method, url, strings.NewReader(body))
	if err != nil {
		c.t.Error(err)
		return
	}
	if body != "" {
		request.Header.Set("Content-Type", "application/json")
	}
	resp, err := c.voters[i].Do(request)
	if err != nil {
		c.t.Error(err)
		return
	}
	_ = resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		c.t.Errorf("phone %d: %s %s: %s", i, method, url, resp.Status)
	}
}

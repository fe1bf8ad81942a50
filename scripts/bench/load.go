package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"
)

// figures are the results of one load.
type figures struct {
	perSecond float64
	p50, p99  time.Duration
	failed    int64         // answers with another status than the wanted one
	cpu       time.Duration // processor time of the measured processes per operation; 0: not known
}

func (f figures) String() string {
	s := fmt.Sprintf("%8.0f/s  p50 %6.2f ms  p99 %6.2f ms", f.perSecond, ms(f.p50), ms(f.p99))
	if f.cpu > 0 {
		s += fmt.Sprintf("  cpu %5d µs", f.cpu.Microseconds())
	}
	if f.failed > 0 {
		s += fmt.Sprintf("  (%d failed)", f.failed)
	}
	return s
}

func ms(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }

func micros(d time.Duration) float64 { return float64(d.Nanoseconds()) / 1000 }

// request makes the n-th request of a client. n starts at 0.
type request func(ctx context.Context, client, n int) (*http.Request, error)

// load runs clients for the time span, and returns their figures. Each client has one
// connection and one request at a time. Every answer counts in the latency. Only an
// answer with the wanted status counts as done.
func load(ctx context.Context, clients int, span time.Duration, want int, make request) (figures, error) {
	return steady(ctx, clients, 0, span, want, make)
}

// steady is load with a fixed rate. The rate is in requests per second, of all clients
// together. With rate 0 each client sends as fast as it can.
func steady(ctx context.Context, clients int, rate float64, span time.Duration, want int, make request) (figures, error) {
	transport := &http.Transport{MaxIdleConnsPerHost: clients, MaxConnsPerHost: 0}
	defer transport.CloseIdleConnections()
	caller := &http.Client{Transport: transport, Timeout: 10 * time.Second}

	var (
		mu     sync.Mutex
		all    = hdrhistogram.New(1, 10_000_000, 3) // microseconds
		done   int64
		failed int64
		broken error
	)
	began := time.Now()
	ctx, cancel := context.WithDeadline(ctx, began.Add(span))
	defer cancel()
	var wg sync.WaitGroup
	for c := range clients {
		wg.Go(func() {
			mine := hdrhistogram.New(1, 10_000_000, 3)
			var ok, bad int64
			for n := 0; ctx.Err() == nil; n++ {
				if rate > 0 && !until(ctx, began.Add(time.Duration(float64(n*clients+c)/rate*float64(time.Second)))) {
					break
				}
				sent := time.Now()
				status, err := call(ctx, caller, make, c, n)
				if ctx.Err() != nil {
					break
				}
				if err != nil {
					mu.Lock()
					broken = errors.Join(broken, err)
					mu.Unlock()
					return
				}
				_ = mine.RecordValue(max(1, time.Since(sent).Microseconds()))
				if status == want {
					ok++
				} else {
					bad++
				}
			}
			mu.Lock()
			defer mu.Unlock()
			all.Merge(mine)
			done += ok
			failed += bad
		})
	}
	wg.Wait()
	if broken != nil {
		return figures{}, broken
	}
	return figures{
		perSecond: float64(done) / time.Since(began).Seconds(),
		p50:       time.Duration(all.ValueAtQuantile(50)) * time.Microsecond,
		p99:       time.Duration(all.ValueAtQuantile(99)) * time.Microsecond,
		failed:    failed,
	}, nil
}

// until waits for the moment `when`. It returns false if ctx ends before that.
func until(ctx context.Context, when time.Time) bool {
	select {
	case <-ctx.Done():
		return false
	case <-time.After(time.Until(when)):
		return true
	}
}

func call(ctx context.Context, caller *http.Client, make request, client, n int) (int, error) {
	r, err := make(ctx, client, n)
	if err != nil {
		return 0, err
	}
	resp, err := caller.Do(r)
	if err != nil {
		return 0, err
	}
	defer resp.Body.Close()
	_, err = io.Copy(io.Discard, resp.Body)
	return resp.StatusCode, err
}

// awaitOK waits until url answers with status 200.
func awaitOK(ctx context.Context, url string, patience time.Duration) error {
	return awaitAnswer(ctx, http.MethodGet, url, http.StatusOK, patience)
}

// awaitAnswer waits until url answers with this status.
func awaitAnswer(ctx context.Context, method, url string, status int, patience time.Duration) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	tick := time.NewTicker(2 * time.Millisecond)
	defer tick.Stop()
	var last error
	for {
		r, err := http.NewRequestWithContext(ctx, method, url, nil)
		if err != nil {
			return err
		}
		resp, err := http.DefaultClient.Do(r)
		if err == nil {
			resp.Body.Close()
			if resp.StatusCode == status {
				return nil
			}
			err = errors.New(resp.Status)
		}
		if !strings.Contains(err.Error(), "context") {
			last = err
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("%s does not answer: %w", url, last)
		case <-tick.C:
		}
	}
}

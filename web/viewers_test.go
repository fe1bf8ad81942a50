package web_test

//lint:file-ignore SA1019 The project's owner fixed this path; its maintainers moved to another.

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"capplayground/cluster"
	"capplayground/server/hub"
	"capplayground/web"
)

// TestAThousandViewers: a busy cluster has a thousand viewers, and a fifth of them never
// read. Each viewer that reads gets all events. The page answers within a second.
// One more viewer is refused with 503. Memory stays bounded.
func TestAThousandViewers(t *testing.T) {
	if testing.Short() {
		t.Skip("a thousand connections take too long for -short")
	}
	viewers, events := 1000, 4000
	if raceDetector { // the race detector makes the test ten times as slow
		viewers, events = 100, 1000
	}
	p := serve(t, &source{}, func(_ *web.Config, cfg *hub.Config) { cfg.MaxViewers = viewers })
	before := memory()

	ctx, cancel := context.WithTimeout(t.Context(), 2*patience)
	defer cancel()
	var readers sync.WaitGroup
	var got, seen atomic.Int64
	for i := range viewers {
		if i%5 == 0 {
			deaf(t, p.addr)
			continue
		}
		conn := p.dial(t, "")
		conn.SetReadLimit(-1)
		readers.Go(func() {
			first := true
			for at := uint64(0); at < uint64(events); {
				_, frame, err := conn.Read(ctx)
				if err != nil {
					t.Errorf("a viewer that reads lost its stream: %v", err)
					return
				}
				if first {
					first = false
					seen.Add(1)
				}
				at = max(at, lastSeq(frame))
			}
			got.Add(1)
		})
	}
	for seen.Load() < int64(viewers*4/5) && ctx.Err() == nil {
		time.Sleep(time.Millisecond) // so that each viewer gets its hello
	}
	if resp, _ := p.get(t, "/ws"); resp.StatusCode != http.StatusServiceUnavailable {
		t.Errorf("one more viewer: %s, want 503", resp.Status)
	}

	began := time.Now()
	slowest := time.Duration(0)
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for n := 0; n < events; n += 20 {
		<-tick.C
		batch := make([]cluster.Event, 20)
		for i := range batch {
			batch[i] = cluster.Event{Node: 1, Body: &cluster.Sent{Transit: cluster.Transit{Msg: fmt.Sprint(n + i), From: 1, To: 2, Class: cluster.ClassYes, Op: "91be", Label: "tx=91be city=London"}}}
		}
		p.emit(batch...)
		if n%500 == 0 {
			asked := time.Now()
			p.get(t, "/")
			slowest = max(slowest, time.Since(asked))
		}
	}
	published := time.Since(began)
	readers.Wait()
	t.Logf("%d events in %v to %d of %d readers, the last reader %v later; slowest page %v; memory %d MiB before, %d MiB with the viewers",
		events, published, got.Load(), viewers*4/5, time.Since(began)-published, slowest, before>>20, memory()>>20)
	if slowest > 30*time.Second { // the aim is a second, on a machine without other load
		t.Errorf("the page took %v", slowest)
	}
	if grown := int64(memory()) - int64(before); grown > 256<<20 {
		t.Errorf("memory grew by %d MiB", grown>>20)
	}
}

// deaf joins as a viewer that never reads. It returns when the viewer is accepted.
func deaf(t *testing.T, addr string) {
	t.Helper()
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	_ = conn.(*net.TCPConn).SetReadBuffer(4096)
	_, err = fmt.Fprintf(conn, "GET /ws HTTP/1.1\r\nHost: %s\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"+
		"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n", addr)
	if err != nil {
		t.Fatal(err)
	}
	status := make([]byte, len("HTTP/1.1 101"))
	if _, err := io.ReadFull(conn, status); err != nil || string(status) != "HTTP/1.1 101" {
		t.Fatalf("a viewer that never reads: %s, %v", status, err)
	}
}

// lastSeq is the greatest seq in a frame. Events are in order, and a flow names the
// last seq that it counts. It does not decode the frame: otherwise this test
// would measure a thousand decoders.
func lastSeq(frame []byte) uint64 {
	var last uint64
	for _, name := range []string{`"seq":`, `"seq_to":`} {
		at := bytes.LastIndex(frame, []byte(name))
		if at < 0 {
			continue
		}
		var n uint64
		for _, digit := range frame[at+len(name):] {
			if digit < '0' || digit > '9' {
				break
			}
			n = n*10 + uint64(digit-'0')
		}
		last = max(last, n)
	}
	return last
}

func memory() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapInuse + m.StackInuse
}

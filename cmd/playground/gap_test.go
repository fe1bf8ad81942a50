//go:build linux

package main

import (
	"encoding/json"
	"fmt"
	"strings"
	"sync"
	"syscall"
	"testing"

	"capplayground/cluster"
	"capplayground/server/servertest"
)

// TestNothingStaysInTheAirAfterAGap stops the playground as Ctrl-Z does, makes so many
// writes at a node that the nodes must drop events, and continues the playground. The
// playground then asks the nodes which messages, timers and operations are under way, and
// reports the end of all others. The invoke, return and key events of the writes alone are
// more than a node keeps. A busy node reports its other events as sums.
func TestNothingStaysInTheAirAfterAGap(t *testing.T) {
	t.Parallel()
	p := servertest.Start(t, servertest.Options{Flags: []string{"--mode", "CP"}, KeepAlive: true})
	if err := p.Signal(syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	var writers sync.WaitGroup
	for w := range 12 {
		writers.Go(func() {
			for i := range 400 {
				p.Write(1, fmt.Sprintf("key-%d", w), fmt.Sprint(i))
			}
		})
	}
	writers.Wait()
	if err := p.Signal(syscall.SIGCONT); err != nil {
		t.Fatal(err)
	}
	p.Eventually("events were lost", func() bool {
		for _, e := range p.Events() {
			if e.Kind() == cluster.KindGap {
				return true
			}
		}
		return false
	})
	p.Await("no message, no timer and no operation is under way", servertest.Patience, func() error {
		messages, timers := p.Inflight()
		if ops := openOps(t, p); len(messages)+len(timers)+ops > 0 {
			return fmt.Errorf("%d messages, %d timers, %d operations", len(messages), len(timers), ops)
		}
		return nil
	})
	ended := 0
	for _, e := range p.Events() {
		if b, ok := e.Body.(*cluster.Lost); ok && b.Why == cluster.WhyGap {
			ended++
		}
	}
	t.Logf("%d messages had an end that was not reported", ended)
	p.MustWrite(1, "key-0", "after")
	p.Eventually("the write after the gap is shown, and the value of every node", func() bool {
		_, answer := p.Control("GET", "/api/keys/key-0", "")
		return strings.Count(answer, `"after"`) >= 3
	})
}

// openOps counts the operations that a page which opens now would draw as open.
func openOps(t *testing.T, p *servertest.Test) int {
	t.Helper()
	_, recording := p.Control("GET", "/api/recording", "")
	var hello struct{ Ops []json.RawMessage }
	if err := json.NewDecoder(strings.NewReader(recording)).Decode(&hello); err != nil {
		t.Fatal(err)
	}
	return len(hello.Ops)
}

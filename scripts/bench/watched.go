package main

//lint:file-ignore SA1019 The project's owner fixed this path; its maintainers moved to another.

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"slices"
	"sync"
	"time"

	"nhooyr.io/websocket"

	"capplayground/server/servertest"
)

// startPlayground starts a playground whose databases are on the disk.
func startPlayground(ctx context.Context, s subject, flags ...string) (*servertest.Playground, error) {
	return servertest.New(ctx, servertest.Options{Program: s.playground, Durability: "disk", Flags: flags})
}

// viewer connects to the stream of a playground. It returns when the viewer has its hello.
// After that it calls handle for each frame. So handle gets every event that begins after
// viewer has returned.
func viewer(ctx context.Context, listen string, handle func(frame []byte)) (stop func(), err error) {
	return greeted(ctx, listen, func([]byte) {}, handle)
}

// greeted does the same. It first calls greet with the frame of the hello.
func greeted(ctx context.Context, listen string, greet, handle func(frame []byte)) (stop func(), err error) {
	ws, _, err := websocket.Dial(ctx, "ws://"+listen+"/ws", nil)
	if err != nil {
		return nil, err
	}
	ws.SetReadLimit(64 << 20)
	_, hello, err := ws.Read(ctx)
	if err != nil {
		_ = ws.CloseNow()
		return nil, fmt.Errorf("no hello: %w", err)
	}
	greet(hello)
	go func() {
		for {
			_, frame, err := ws.Read(ctx)
			if err != nil {
				return
			}
			handle(frame)
		}
	}()
	return func() { _ = ws.CloseNow() }, nil
}

// A comparison puts the same load on three clusters of five nodes, which stand beside each
// other: alone without a playground, watched by a playground with one viewer, and copied by
// a program that only copies their events to a viewer. The load goes from one to the next
// in short slices, so that a change of the machine's speed changes all three. The clusters
// without the load are at rest.
type comparison struct{ alone, watched, copied *compared }

// compared is one cluster of a comparison.
type compared struct {
	addrs  []string
	pids   []int     // of all its processes
	own    []int     // of its playground
	slices []figures // one for each slice, with the processor time of pids
	owns   []time.Duration
}

// slice is how long the load stays on one cluster.
const slice = 500 * time.Millisecond

// compareWatched puts writes on the clusters of a comparison, each for l.span in all. rate
// is in writes per second; with 0 the clients write as fast as they can.
func compareWatched(ctx context.Context, l *bench, s subject, clients int, rate float64) (c comparison, err error) {
	five, err := startNodes(ctx, l, s, "CP")
	if err != nil {
		return c, err
	}
	defer five.stop()
	p, err := startPlayground(ctx, s, "--mode", "CP")
	if err != nil {
		return c, err
	}
	defer p.Stop()
	leave, err := viewer(ctx, p.Place.Listen, func([]byte) {})
	if err != nil {
		return c, err
	}
	defer leave()
	pids, err := allOf(p)
	if err != nil {
		return c, err
	}
	copied, err := startCopied(ctx, l, s)
	if err != nil {
		return c, err
	}
	defer copied.stop()
	c = comparison{
		alone:   &compared{addrs: five.addrs, pids: pidsOf(five.processes)},
		watched: &compared{addrs: p.Place.Nodes, pids: pids, own: []int{p.PID}},
		copied:  &compared{addrs: copied.addrs, pids: append(pidsOf(copied.processes), copied.copier)},
	}
	clusters := []*compared{c.alone, c.watched, c.copied}
	for turn := range max(2, int(l.span/slice)) {
		for i := range clusters {
			if err := clusters[(turn+i)%len(clusters)].write(ctx, turn, clients, rate); err != nil {
				return c, err
			}
		}
	}
	return c, nil
}

// write puts the load of one slice on the cluster. Each turn has keys of its own.
func (c *compared) write(ctx context.Context, turn, clients int, rate float64) error {
	const keysOfATurn = 1_000_000
	write := nodeRequest(c.addrs, "write", clients)
	began, before := time.Now(), cpuOf(c.own)
	f, err := measured(c.pids, func() (figures, error) {
		return steady(ctx, clients, rate, slice, http.StatusCreated, func(ctx context.Context, client, n int) (*http.Request, error) {
			return write(ctx, client, turn*keysOfATurn+n)
		})
	})
	if done := f.perSecond * time.Since(began).Seconds(); done > 0 {
		c.owns = append(c.owns, time.Duration(float64(cpuOf(c.own)-before)/done))
	}
	c.slices = append(c.slices, f)
	return err
}

// The figures that a comparison reads from a slice.
func perSecond(f figures) float64 { return f.perSecond }
func p50(f figures) float64       { return ms(f.p50) }
func p99(f figures) float64       { return ms(f.p99) }

// median is the median of a figure of all slices.
func (c *compared) median(of func(figures) float64) float64 {
	return c.medianOver(of, func(int) float64 { return 1 })
}

// over is the median of a figure of each slice, over that of the other cluster's slice of
// the same turn.
func (c *compared) over(other *compared, of func(figures) float64) float64 {
	return c.medianOver(of, func(turn int) float64 { return of(other.slices[turn]) })
}

func (c *compared) medianOver(of func(figures) float64, divisor func(turn int) float64) float64 {
	var all []float64
	for turn, f := range c.slices {
		all = append(all, of(f)/divisor(turn))
	}
	slices.Sort(all)
	return all[len(all)/2]
}

// mean is the mean processor time of all slices. It is not a median, because the system
// counts processor time in steps of clockTick.
func mean(all []time.Duration) time.Duration {
	var sum time.Duration
	for _, d := range all {
		sum += d
	}
	return sum / time.Duration(max(1, len(all)))
}

func (c *compared) processorTime() time.Duration {
	var all []time.Duration
	for _, f := range c.slices {
		all = append(all, f.cpu)
	}
	return mean(all)
}

func (c comparison) processorTimes(what string) []figure {
	return []figure{
		{what + ", unwatched: processor time of the nodes", micros(c.alone.processorTime()), "µs"},
		{what + ", watched: processor time of the nodes and the playground", micros(c.watched.processorTime()), "µs"},
		{what + ", watched: processor time of the playground alone", micros(mean(c.watched.owns)), "µs"},
		{"floor: " + what + ", the events only copied: processor time of the nodes and the copy", micros(c.copied.processorTime()), "µs"},
	}
}

// allOf returns the process ids of a playground and of its nodes.
func allOf(p *servertest.Playground) ([]int, error) {
	c, err := p.ReadCluster()
	if err != nil {
		return nil, err
	}
	pids := []int{p.PID}
	for _, n := range c.Nodes {
		pids = append(pids, n.PID)
	}
	return pids, nil
}

// steadyRate is the rate of the steady load, in writes per second.
const steadyRate = 200

func measureSteady(ctx context.Context, l *bench, s subject) ([]figure, error) {
	const what = "CP writes at a steady 200/s"
	c, err := compareWatched(ctx, l, s, 10, steadyRate)
	if err != nil {
		return nil, err
	}
	return append([]figure{
		{what + ", unwatched: p50", c.alone.median(p50), "ms"},
		{what + ", watched: p50", c.watched.median(p50), "ms"},
		{what + ": p50 watched over unwatched", c.watched.over(c.alone, p50), "times"},
		{"floor: " + what + ", the events only copied to a viewer: p50 over unwatched", c.copied.over(c.alone, p50), "times"},
		{what + ", unwatched: p99", c.alone.median(p99), "ms"},
		{what + ", watched: p99", c.watched.median(p99), "ms"},
	}, c.processorTimes(what)...), nil
}

func measureWatched(ctx context.Context, l *bench, s subject) ([]figure, error) {
	const what = "CP writes, 16 clients"
	c, err := compareWatched(ctx, l, s, 16, 0)
	if err != nil {
		return nil, err
	}
	return append([]figure{
		{what + ", unwatched", c.alone.median(perSecond), "/s"},
		{what + ", watched", c.watched.median(perSecond), "/s"},
		{what + ": watched over unwatched", c.watched.over(c.alone, perSecond), "times"},
		{"floor: " + what + ", the events only copied to a viewer, over unwatched", c.copied.over(c.alone, perSecond), "times"},
	}, c.processorTimes(what)...), nil
}

// measureStart measures the time from the start of the program until five nodes serve
// and the page answers. It compares the time with that of five bare HTTP processes. Then
// it measures the memory of the processes.
func measureStart(ctx context.Context, _ *bench, s subject) ([]figure, error) {
	bare, err := fiveBare(ctx)
	if err != nil {
		return nil, err
	}
	p, err := startPlayground(ctx, s)
	if err != nil {
		return nil, err
	}
	defer p.Stop()
	began := time.Now()
	resp, err := p.HTTP.Get(p.URL + "/")
	if err != nil {
		return nil, err
	}
	_, err = io.Copy(io.Discard, resp.Body)
	_ = resp.Body.Close()
	if err != nil {
		return nil, err
	}
	whole := p.Took + time.Since(began)
	c, err := p.ReadCluster()
	if err != nil {
		return nil, err
	}
	var most float64
	for _, n := range c.Nodes {
		most = max(most, residentMiB(n.PID))
	}
	return []figure{
		{"start: five bare processes", ms(bare), "ms"},
		{"start: five nodes and the page", ms(whole), "ms"},
		{"start: five nodes and the page over five bare processes", float64(whole) / float64(bare), "times"},
		{"resident memory after the start: the playground", residentMiB(p.PID), "MiB"},
		{"resident memory after the start: a node, the most", most, "MiB"},
	}, nil
}

// fiveBare is the time from the start of five bare HTTP processes until all have answered.
func fiveBare(ctx context.Context) (time.Duration, error) {
	began := time.Now()
	var wg sync.WaitGroup
	errs := make(chan error, nodes)
	stops := make(chan func(), nodes)
	for range nodes {
		wg.Go(func() {
			addr, _, stop, err := again(ctx, "bare-http")
			if err != nil {
				errs <- err
				return
			}
			stops <- stop
			resp, err := http.Get("http://" + addr)
			if err != nil {
				errs <- err
				return
			}
			_ = resp.Body.Close()
		})
	}
	wg.Wait()
	took := time.Since(began)
	close(stops)
	for stop := range stops {
		stop()
	}
	select {
	case err := <-errs:
		return 0, err
	default:
		return took, nil
	}
}

package main

//lint:file-ignore SA1019 The project's owner fixed this path; its maintainers moved to another.

import (
	"context"
	"fmt"
	"io"
	"net/http"
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

// comparison has the figures of one load on five nodes: alone without a playground,
// watched by a playground with one viewer, copied by a program that only copies their
// events to a viewer. The processor time includes that of the playground or of the program.
type comparison struct {
	alone, watched, copied figures
	own                    time.Duration // processor time of the playground alone, per operation
}

func (c comparison) processorTimes(what string) []figure {
	return []figure{
		{what + ", unwatched: processor time of the nodes", micros(c.alone.cpu), "µs"},
		{what + ", watched: processor time of the nodes and the playground", micros(c.watched.cpu), "µs"},
		{what + ", watched: processor time of the playground alone", micros(c.own), "µs"},
		{"floor: " + what + ", the events only copied: processor time of the nodes and the copy", micros(c.copied.cpu), "µs"},
	}
}

// compareWatched puts a load on nodes in the three ways of a comparison, one after another.
func compareWatched(ctx context.Context, l *bench, s subject, load func(addrs []string) (figures, error)) (c comparison, err error) {
	five, err := startNodes(ctx, l, s, "CP")
	if err != nil {
		return c, err
	}
	c.alone, err = measured(pidsOf(five.processes), func() (figures, error) { return load(five.addrs) })
	five.stop()
	if err != nil {
		return c, err
	}
	if c.watched, c.own, err = besidePlayground(ctx, s, load); err != nil {
		return c, err
	}
	c.copied, err = besideBareCopy(ctx, l, s, load)
	return c, err
}

// besidePlayground measures a load on the nodes of a playground with one viewer. own is
// the processor time of the playground alone, per operation.
func besidePlayground(ctx context.Context, s subject, load func(addrs []string) (figures, error)) (watched figures, own time.Duration, err error) {
	p, err := startPlayground(ctx, s, "--mode", "CP")
	if err != nil {
		return watched, 0, err
	}
	defer p.Stop()
	leave, err := viewer(ctx, p.Place.Listen, func([]byte) {})
	if err != nil {
		return watched, 0, err
	}
	defer leave()
	pids, err := allOf(p)
	if err != nil {
		return watched, 0, err
	}
	began, before := time.Now(), cpuOf([]int{p.PID})
	watched, err = measured(pids, func() (figures, error) { return load(p.Place.Nodes) })
	if done := watched.perSecond * time.Since(began).Seconds(); done > 0 {
		own = time.Duration(float64(cpuOf([]int{p.PID})-before) / done)
	}
	return watched, own, err
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
	c, err := compareWatched(ctx, l, s, func(addrs []string) (figures, error) {
		return steady(ctx, 10, steadyRate, l.span, http.StatusCreated, nodeRequest(addrs, "write", 10))
	})
	return append([]figure{
		{what + ", unwatched: p50", ms(c.alone.p50), "ms"},
		{what + ", watched: p50", ms(c.watched.p50), "ms"},
		{what + ": p50 watched over unwatched", float64(c.watched.p50) / float64(c.alone.p50), "times"},
		{"floor: " + what + ", the events only copied to a viewer: p50 over unwatched", float64(c.copied.p50) / float64(c.alone.p50), "times"},
	}, c.processorTimes(what)...), err
}

func measureWatched(ctx context.Context, l *bench, s subject) ([]figure, error) {
	const what = "CP writes, 16 clients"
	c, err := compareWatched(ctx, l, s, func(addrs []string) (figures, error) {
		return load(ctx, 16, l.span, http.StatusCreated, nodeRequest(addrs, "write", 16))
	})
	return append([]figure{
		{what + ", unwatched", c.alone.perSecond, "/s"},
		{what + ", watched", c.watched.perSecond, "/s"},
		{what + ": watched over unwatched", c.watched.perSecond / c.alone.perSecond, "times"},
		{"floor: " + what + ", the events only copied to a viewer, over unwatched", c.copied.perSecond / c.alone.perSecond, "times"},
	}, c.processorTimes(what)...), err
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

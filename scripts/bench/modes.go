package main

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"capplayground/cluster/loopback"
)

const nodes = 5

// clientCounts are the numbers of clients. For each number there is one load, one after
// another.
var clientCounts = []int{1, 16, 64}

// count is a number of clients in words.
func count(clients int) string {
	if clients == 1 {
		return "1 client"
	}
	return fmt.Sprint(clients, " clients")
}

// measureFloorsOnly measures the floors by themselves, and bare nodes in the place of the
// nodes of each mode.
func measureFloorsOnly(ctx context.Context, l *bench, _ subject) ([]figure, error) {
	f, err := measureFloors(ctx, l.dir)
	if err != nil {
		return nil, err
	}
	all := []figure{
		{"floor: bare HTTP request", ms(f.http), "ms"},
		{"floor: round trip on a bare stream", ms(f.stream), "ms"},
		{"floor: synced 4 KiB write, alone", ms(f.sync[1]), "ms"},
		{"floor: synced 4 KiB write, three at once", ms(f.sync[3]), "ms"},
		{"floor: synced 4 KiB write, five at once", ms(f.sync[5]), "ms"},
		{"floor: processor time of a bare HTTP request, the server's", micros(f.cpu.http), "µs"},
		{"floor: processor time of a message on a bare stream", micros(f.cpu.message), "µs"},
		{"floor: processor time of a synced 4 KiB write", micros(f.cpu.sync), "µs"},
	}
	for mode := range strings.SplitSeq(l.modes, ",") {
		all = append(all, figure{"floor: " + mode + " write: processor time of its parts", micros(needOf(mode, "write").cpu(f.cpu)), "µs"})
		bare, err := measureBareNodes(ctx, l, mode, f)
		if err != nil {
			return nil, err
		}
		all = append(all, bare...)
	}
	return all, nil
}

// measureModes measures the chosen modes without a viewer. It runs five processes of
// cmd/node with durability disk. Each write has a new key. The clients are spread over
// all nodes.
func measureModes(ctx context.Context, l *bench, s subject) (all []figure, err error) {
	floor, err := measureFloors(ctx, l.dir)
	if err != nil {
		return nil, err
	}
	for mode := range strings.SplitSeq(l.modes, ",") {
		figures, err := measureMode(ctx, l, s, mode, floor)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", mode, err)
		}
		all = append(all, figures...)
	}
	return all, nil
}

func measureMode(ctx context.Context, l *bench, s subject, mode string, floor floors) (all []figure, err error) {
	five, err := startNodes(ctx, l, s, mode)
	if err != nil {
		return nil, err
	}
	defer five.stop()
	for _, kind := range []string{"write", "read"} {
		what := mode + " " + kind
		for _, clients := range clientCounts {
			f, err := five.load(ctx, l.span, clients, kind)
			if err != nil {
				return nil, err
			}
			with := what + ", " + count(clients) + ": "
			if clients == 1 {
				all = append(all, figure{with + "p50", ms(f.p50), "ms"}, figure{with + "p50 over its floor", float64(f.p50) / float64(needOf(mode, kind).floor(floor)), "times"})
			}
			all = append(all, figure{with + "operations", f.perSecond, "/s"}, figure{with + "processor time of the nodes", float64(f.cpu.Microseconds()), "µs"})
		}
	}
	return all, nil
}

// nodeProcesses are five node processes without a playground.
type nodeProcesses struct {
	addrs     []string
	processes []*exec.Cmd
	block     *loopback.Block
}

// startNodes starts five nodes with empty databases, and returns when each node has
// accepted a write. A mode that elects a leader has a leader then.
func startNodes(ctx context.Context, l *bench, s subject, mode string) (*nodeProcesses, error) {
	return startLinkedNodes(ctx, l, s, mode, nil)
}

// startLinkedNodes does the same. If links is not nil, node i reports its events to
// links[i-1], as to a playground.
func startLinkedNodes(ctx context.Context, l *bench, s subject, mode string, links []*link) (_ *nodeProcesses, err error) {
	f := &nodeProcesses{}
	if f.block, err = loopback.Reserve(nodes); err != nil {
		return nil, err
	}
	f.addrs = f.block.Addrs
	dir, err := os.MkdirTemp(l.dir, mode)
	if err != nil {
		return nil, err
	}
	for i := range nodes {
		cmd := exec.CommandContext(ctx, s.node, fmt.Sprint(i+1), "--peers", strings.Join(f.addrs, ","), "--data", filepath.Join(dir, fmt.Sprint(i+1)), "--durability", "disk")
		cmd.Env = append(os.Environ(), "MODE="+mode, "CAP_TOKEN=")
		if links != nil {
			cmd.Args = append(cmd.Args, "--link", "stdio")
			cmd.Stdin, cmd.Stdout = links[i].theirIn, links[i].theirOut
		}
		if err := cmd.Start(); err != nil {
			f.stop()
			return nil, err
		}
		f.processes = append(f.processes, cmd)
	}
	for _, addr := range f.addrs {
		if err := awaitOK(ctx, "http://"+addr+"/healthz", 10*time.Second); err != nil {
			f.stop()
			return nil, err
		}
	}
	return f, f.acceptWrites(ctx)
}

// acceptWrites waits until each node has accepted a write.
func (f *nodeProcesses) acceptWrites(ctx context.Context) error {
	for i, addr := range f.addrs {
		err := awaitAnswer(ctx, http.MethodPost, fmt.Sprintf("http://%s/database/ready%d/yes", addr, i), http.StatusCreated, 10*time.Second)
		if err != nil {
			f.stop()
			return err
		}
	}
	return nil
}

func (f *nodeProcesses) stop() {
	for _, cmd := range f.processes {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	}
	_ = f.block.Close()
}

// wanted is the status of an operation that succeeded, by its kind.
var wanted = map[string]int{"write": http.StatusCreated, "read": http.StatusOK}

// load runs clients as fast as they can. They write, or they read their own keys.
func (f *nodeProcesses) load(ctx context.Context, span time.Duration, clients int, kind string) (figures, error) {
	return measured(pidsOf(f.processes), func() (figures, error) {
		return load(ctx, clients, span, wanted[kind], nodeRequest(f.addrs, kind, clients))
	})
}

// nodeRequest makes the requests of a load. A write has a new key each time. A read
// asks for the first key that the client wrote.
func nodeRequest(addrs []string, kind string, clients int) request {
	return func(ctx context.Context, client, n int) (*http.Request, error) {
		addr := addrs[client%len(addrs)]
		if kind == "read" {
			return http.NewRequestWithContext(ctx, http.MethodGet, fmt.Sprintf("http://%s/database/k%d-%d-0", addr, clients, client), nil)
		}
		return http.NewRequestWithContext(ctx, http.MethodPost, fmt.Sprintf("http://%s/database/k%d-%d-%d/v%d", addr, clients, client, n, n), nil)
	}
}

package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

const nodes = 5

// modes measures every mode, unwatched: five processes of cmd/node, durability
// disk, distinct keys, clients spread over all nodes.
func modes(ctx context.Context, args []string, stdout io.Writer) error {
	flags := flag.NewFlagSet("modes", flag.ContinueOnError)
	span := flags.Duration("span", 5*time.Second, "how long each load lasts")
	only := flags.String("only", "CA,AP,CP,etcd", "what to measure, comma-separated")
	dir := flags.String("dir", "", "a directory on the disk to measure (default: a temporary one)")
	if err := flags.Parse(args); err != nil {
		return err
	}
	scratch, err := os.MkdirTemp(*dir, "bench")
	if err != nil {
		return err
	}
	defer os.RemoveAll(scratch)
	binary := filepath.Join(scratch, "node")
	if out, err := exec.CommandContext(ctx, "go", "build", "-o", binary, "./cmd/node").CombinedOutput(); err != nil {
		return fmt.Errorf("building cmd/node: %w\n%s", err, out)
	}
	floor, err := measureFloors(ctx, scratch)
	if err != nil {
		return err
	}
	fmt.Fprintf(stdout, "floors: %s\n", floor)
	t := &table{}
	for _, name := range strings.Split(*only, ",") {
		if name == "etcd" {
			err = measureEtcd(ctx, scratch, *span, t, stdout)
		} else {
			err = measureMode(ctx, name, binary, filepath.Join(scratch, name), *span, floor, t, stdout)
		}
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	fmt.Fprintf(stdout, "\n%s\n", t)
	return nil
}

// clientCounts are how many clients call at a time, one load after another.
var clientCounts = []int{1, 16, 64}

// floorOf is what one operation with one client needs at least: its own HTTP
// request, its message round trips one after another, and its synced writes
// one after another (side by side, as many as there are replicas).
func floorOf(mode, kind string, f floors) (time.Duration, string) {
	switch mode + " " + kind {
	case "CA write": // prepare is logged by all, then the decision by the coordinator
		return f.http + f.stream + f.sync[5] + f.sync[1], "http + 1 round trip + 5 syncs at once + 1 sync"
	case "AP write": // to the coordinator, then to the homes
		return f.http + 2*f.stream + f.sync[3], "http + 2 round trips + 3 syncs at once"
	case "CP write": // the highest tag, then the store
		return f.http + 2*f.stream + f.sync[5], "http + 2 round trips + 5 syncs at once"
	case "AP read":
		return f.http + 2*f.stream, "http + 2 round trips"
	case "CP read":
		return f.http + f.stream, "http + 1 round trip"
	default: // CA reads its own copy
		return f.http, "http"
	}
}

func measureMode(ctx context.Context, mode, binary, dir string, span time.Duration, floor floors, t *table, stdout io.Writer) error {
	addrs, members, stop, err := startNodes(ctx, mode, binary, dir)
	if err != nil {
		return err
	}
	defer stop()
	for _, kind := range []string{"write", "read"} {
		least, parts := floorOf(mode, kind, floor)
		fmt.Fprintf(stdout, "%s %s: floor %.2f ms = %s\n", mode, kind, ms(least), parts)
		r := row{name: mode + " " + kind, floor: least}
		for _, clients := range clientCounts {
			f, err := measured(members, func() (figures, error) {
				return load(ctx, clients, span, map[string]int{"write": 201, "read": 200}[kind], nodeRequest(addrs, kind, clients))
			})
			if err != nil {
				return err
			}
			r.figures = append(r.figures, f)
			fmt.Fprintf(stdout, "%s %-5s %2d clients %s", mode, kind, clients, f)
			if clients == 1 {
				fmt.Fprintf(stdout, "  %.2f times the floor", float64(f.p50)/float64(least))
			}
			fmt.Fprintln(stdout)
		}
		t.rows = append(t.rows, r)
	}
	return nil
}

// nodeRequest writes a key of its own per client and turn, and reads back the
// first that the client wrote.
func nodeRequest(addrs []string, kind string, clients int) request {
	return func(ctx context.Context, client, n int) (*http.Request, error) {
		addr := addrs[client%len(addrs)]
		if kind == "read" {
			return http.NewRequestWithContext(ctx, http.MethodGet, fmt.Sprintf("http://%s/database/k%d-%d-0", addr, clients, client), nil)
		}
		return http.NewRequestWithContext(ctx, http.MethodPost, fmt.Sprintf("http://%s/database/k%d-%d-%d/v%d", addr, clients, client, n, n), nil)
	}
}

func startNodes(ctx context.Context, mode, binary, dir string) (addrs []string, running []*exec.Cmd, stop func(), err error) {
	for i := 1; i <= nodes; i++ {
		addrs = append(addrs, fmt.Sprintf("127.77.0.%d:300%d", i, i))
	}
	stop = func() {
		for _, cmd := range running {
			_ = cmd.Process.Kill()
			_ = cmd.Wait()
		}
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, nil, nil, err
	}
	for i := 1; i <= nodes; i++ {
		cmd := exec.CommandContext(ctx, binary, fmt.Sprintf("300%d", i), "--peers", strings.Join(addrs, ","), "--data", dir, "--durability", "disk")
		cmd.Env = append(os.Environ(), "MODE="+mode)
		if err := cmd.Start(); err != nil {
			stop()
			return nil, nil, nil, err
		}
		running = append(running, cmd)
	}
	for _, addr := range addrs {
		if err := awaitOK(ctx, "http://"+addr+"/healthz", 10*time.Second); err != nil {
			stop()
			return nil, nil, nil, err
		}
	}
	return addrs, running, stop, nil
}

package main

//lint:file-ignore SA1019 The project's owner fixed this path; its maintainers moved to another.

import (
	"context"
	"flag"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"time"

	"nhooyr.io/websocket"
)

// watched measures what it costs to be watched: the same load on five bare
// nodes, and on five nodes of a playground with one viewer.
func watched(ctx context.Context, args []string, stdout io.Writer) error {
	flags := flag.NewFlagSet("watched", flag.ContinueOnError)
	span := flags.Duration("span", 5*time.Second, "how long each load lasts")
	rate := flags.Float64("rate", 200, "writes per second of the steady load")
	if err := flags.Parse(args); err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "bench-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	binary, err := buildPlayground(ctx, dir)
	if err != nil {
		return err
	}
	node := filepath.Join(dir, "node")
	if out, err := exec.CommandContext(ctx, "go", "build", "-o", node, "./cmd/node").CombinedOutput(); err != nil {
		return fmt.Errorf("building cmd/node: %w\n%s", err, out)
	}
	alone, err := measureAlone(ctx, node, filepath.Join(dir, "alone"), *rate, *span)
	if err != nil {
		return err
	}
	seen, err := measureWatched(ctx, binary, *rate, *span)
	if err != nil {
		return err
	}
	fmt.Fprintf(stdout, "CP writes, steady %.0f/s: unwatched%s\n", *rate, alone.steady)
	fmt.Fprintf(stdout, "CP writes, steady %.0f/s: watched  %s (%.2f times the p50)\n", *rate, seen.steady, float64(seen.steady.p50)/float64(alone.steady.p50))
	fmt.Fprintf(stdout, "CP writes, 16 clients: unwatched%s\n", alone.most)
	fmt.Fprintf(stdout, "CP writes, 16 clients: watched  %s (%.2f times as many)\n", seen.most, seen.most.perSecond/alone.most.perSecond)
	return nil
}

// cost is what five nodes did under a steady load, and at most.
type cost struct{ steady, most figures }

func measureAlone(ctx context.Context, binary, dir string, rate float64, span time.Duration) (cost, error) {
	addrs, members, stop, err := startNodes(ctx, "CP", binary, dir)
	if err != nil {
		return cost{}, err
	}
	defer stop()
	return measureCost(ctx, addrs, members, rate, span)
}

func measureWatched(ctx context.Context, binary string, rate float64, span time.Duration) (cost, error) {
	p, _, err := startPlayground(ctx, binary, "--mode", "CP")
	if err != nil {
		return cost{}, err
	}
	defer p.stop()
	ws, _, err := websocket.Dial(ctx, "ws://"+p.block.Playground+"/ws", nil)
	if err != nil {
		return cost{}, err
	}
	defer ws.CloseNow()
	ws.SetReadLimit(64 << 20)
	go func() {
		for {
			_, frame, err := ws.Reader(ctx)
			if err != nil {
				return
			}
			if _, err := io.Copy(io.Discard, frame); err != nil {
				return
			}
		}
	}()
	return measureCost(ctx, p.block.Addrs, nil, rate, span)
}

func measureCost(ctx context.Context, addrs []string, members []*exec.Cmd, rate float64, span time.Duration) (cost, error) {
	var c cost
	var err error
	c.steady, err = measured(members, func() (figures, error) {
		return steady(ctx, 10, rate, span, http.StatusCreated, nodeRequest(addrs, "write", 10))
	})
	if err == nil {
		c.most, err = measured(members, func() (figures, error) {
			return load(ctx, 16, span, http.StatusCreated, nodeRequest(addrs, "write", 16))
		})
	}
	return c, err
}

// all measures everything, in the order of the README.
func all(ctx context.Context, args []string, stdout io.Writer) error {
	for _, run := range []func(context.Context, []string, io.Writer) error{modes, watched, startUp, events} {
		if err := run(ctx, args, stdout); err != nil {
			return err
		}
		args = nil
	}
	return nil
}

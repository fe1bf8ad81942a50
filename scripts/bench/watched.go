package main

//lint:file-ignore SA1019 The project's owner fixed this path; its maintainers moved to another.

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"nhooyr.io/websocket"

	"capplayground/cluster"
	"capplayground/cluster/loopback"
)

// startUp measures from the start of the built binary until five nodes serve
// and the page answers, beside five bare HTTP processes, and what the nodes
// then take of memory.
func startUp(ctx context.Context, args []string, stdout io.Writer) error {
	flags := flag.NewFlagSet("start", flag.ContinueOnError)
	runs := flags.Int("runs", 11, "how often; the median counts")
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
	var bare, whole []time.Duration
	for range *runs {
		took, err := fiveBare(ctx)
		if err != nil {
			return err
		}
		bare = append(bare, took)
		p, took, err := startPlayground(ctx, binary)
		if err != nil {
			return err
		}
		whole = append(whole, took)
		if len(whole) == *runs {
			err = p.memory(stdout)
		}
		p.stop()
		if err != nil {
			return err
		}
	}
	b, w := at(bare, 0.5), at(whole, 0.5)
	fmt.Fprintf(stdout, "start: five bare HTTP processes %.0f ms; playground with five nodes and its page %.0f ms (%.1f times); medians of %d\n",
		ms(b), ms(w), float64(w)/float64(b), *runs)
	return nil
}

// writesPerSecond is how often events writes: some 20 events at each node.
const writesPerSecond = 40

// events measures how long an event takes from its origin in a node to a
// viewer on the same machine, whose clock is the same.
func events(ctx context.Context, args []string, stdout io.Writer) error {
	flags := flag.NewFlagSet("events", flag.ContinueOnError)
	writes := flags.Int("writes", 300, "CA writes, 40 a second")
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
	p, _, err := startPlayground(ctx, binary)
	if err != nil {
		return err
	}
	defer p.stop()
	ws, _, err := websocket.Dial(ctx, "ws://"+p.block.Playground+"/ws", nil)
	if err != nil {
		return err
	}
	defer ws.CloseNow()
	ws.SetReadLimit(64 << 20)
	var mu sync.Mutex
	var took []time.Duration
	go func() {
		for {
			_, frame, err := ws.Read(ctx)
			now := time.Now().UnixMicro()
			if err != nil {
				return
			}
			var events []struct {
				Kind cluster.EventKind `json:"kind"`
				T    int64             `json:"t"`
			}
			if json.Unmarshal(frame, &events) != nil {
				continue
			}
			mu.Lock()
			for _, e := range events {
				if e.Kind == cluster.KindSent {
					took = append(took, time.Duration(now-e.T)*time.Microsecond)
				}
			}
			mu.Unlock()
		}
	}()
	want := 0
	began := time.Now()
	for i := range *writes {
		// Above 2,000 events a second nodes would tell of messages in sums.
		if !until(ctx, began.Add(time.Duration(i)*time.Second/writesPerSecond)) {
			return ctx.Err()
		}
		url := fmt.Sprintf("http://%s/database/city/v%d", p.block.Addrs[i%len(p.block.Addrs)], i)
		resp, err := http.Post(url, "", nil)
		if err != nil {
			return err
		}
		_ = resp.Body.Close()
		if resp.StatusCode == http.StatusCreated {
			want += 16 // 4 each of prepare, yes, commit and ack
		}
	}
	deadline := time.Now().Add(5 * time.Second)
	for {
		mu.Lock()
		got := slices.Clone(took)
		mu.Unlock()
		if len(got) >= want {
			fmt.Fprintf(stdout, "a message leaving its sender to its event at a WebSocket client: p50 %.2f ms, p99 %.2f ms, most %.2f ms (%d messages)\n",
				ms(at(got, 0.5)), ms(at(got, 0.99)), ms(at(got, 1)), len(got))
			return nil
		}
		if time.Now().After(deadline) {
			return fmt.Errorf("%d of %d messages were seen", len(got), want)
		}
		time.Sleep(10 * time.Millisecond)
	}
}

func buildPlayground(ctx context.Context, dir string) (string, error) {
	binary := filepath.Join(dir, "playground")
	if out, err := exec.CommandContext(ctx, "go", "build", "-o", binary, "./cmd/playground").CombinedOutput(); err != nil {
		return "", fmt.Errorf("build: %w: %s", err, out)
	}
	return binary, nil
}

// playground is a whole one, running.
type playground struct {
	cmd   *exec.Cmd
	block *loopback.Block
}

// startPlayground returns when it says that it serves, and how long that took.
func startPlayground(ctx context.Context, binary string, flags ...string) (*playground, time.Duration, error) {
	block, err := loopback.Reserve(5)
	if err != nil {
		return nil, 0, err
	}
	p := &playground{cmd: exec.CommandContext(ctx, binary, append(flags, "--listen", block.Playground, "--peers", strings.Join(block.Addrs, ","))...), block: block}
	out, err := p.cmd.StdoutPipe()
	if err != nil {
		return nil, 0, err
	}
	p.cmd.Stderr = io.Discard
	began := time.Now()
	if err := p.cmd.Start(); err != nil {
		return nil, 0, err
	}
	if !bufio.NewScanner(out).Scan() {
		p.stop()
		return nil, 0, errors.New("the playground did not start")
	}
	resp, err := http.Get("http://" + block.Playground + "/")
	if err != nil {
		p.stop()
		return nil, 0, err
	}
	_ = resp.Body.Close()
	return p, time.Since(began), nil
}

func (p *playground) stop() {
	_ = p.cmd.Process.Signal(os.Interrupt)
	_ = p.cmd.Wait()
	_ = p.block.Close()
}

// memory prints what each process holds, from /proc.
func (p *playground) memory(stdout io.Writer) error {
	resp, err := http.Get("http://" + p.block.Playground + "/api/cluster")
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	var c struct{ Nodes []struct{ PID int } }
	if err := json.NewDecoder(resp.Body).Decode(&c); err != nil {
		return err
	}
	var nodes []string
	for _, n := range c.Nodes {
		nodes = append(nodes, residentMiB(n.PID))
	}
	fmt.Fprintf(stdout, "resident memory, MiB: nodes %s; playground %s\n", strings.Join(nodes, ", "), residentMiB(p.cmd.Process.Pid))
	return nil
}

func residentMiB(pid int) string {
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return "?"
	}
	for line := range strings.Lines(string(status)) {
		if f := strings.Fields(line); len(f) > 1 && f[0] == "VmRSS:" {
			kib, _ := strconv.Atoi(f[1])
			return fmt.Sprintf("%.1f", float64(kib)/1024)
		}
	}
	return "?"
}

// fiveBare is how long five bare HTTP processes need until all have answered.
func fiveBare(ctx context.Context) (time.Duration, error) {
	began := time.Now()
	var wg sync.WaitGroup
	errs := make(chan error, 5)
	stops := make(chan func(), 5)
	for range 5 {
		wg.Go(func() {
			addr, stop, err := again(ctx, "bare-http")
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

// at is a quantile.
func at(all []time.Duration, q float64) time.Duration {
	sorted := slices.Sorted(slices.Values(all))
	return sorted[int(q*float64(len(sorted)-1))]
}

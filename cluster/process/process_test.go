package process

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"capplayground/cluster/console"
	"capplayground/cluster/loopback"
)

func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m, goleak.IgnoreTopFunction("os/signal.loop"))
}

// screen collects the output of a node. Parts of the node may still print after it has ended.
type screen struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (s *screen) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.Write(p)
}

func (s *screen) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.String()
}

// TestStartStop runs one node alone, from its greeting to a graceful end that
// leaves no goroutine.
func TestStartStop(t *testing.T) {
	t.Parallel()
	block := loopback.Test(t, 3)
	data := filepath.Join(t.TempDir(), "d")
	for range 2 {
		ctx, cancel := context.WithCancel(context.Background())
		var stdout screen
		ended := make(chan int)
		go func() {
			ended <- Main(ctx, "node", System{
				Args:   []string{"2", "--mode", "CP", "--data", data, "--peers", strings.Join(block.Addrs, ",")},
				Getenv: env(), Stdin: strings.NewReader(""), Stdout: &stdout, Stderr: io.Discard,
			})
		}()
		client := http.Client{Timeout: time.Second, Transport: &http.Transport{DisableKeepAlives: true}}
		for deadline := time.Now().Add(20 * time.Second); ; time.Sleep(10 * time.Millisecond) {
			if resp, err := client.Get("http://" + block.Addrs[1] + "/healthz"); err == nil {
				_ = resp.Body.Close()
				if resp.StatusCode == http.StatusOK {
					break
				}
			}
			if time.Now().After(deadline) {
				t.Fatal("never ready")
			}
		}
		cancel()
		if code := <-ended; code != ExitOK {
			t.Errorf("exit %d", code)
		}
		want := "node 2, mode CP, at http://" + block.Addrs[1] + "\ndata in " + data + "\n"
		if !strings.HasPrefix(stdout.String(), want) {
			t.Errorf("it printed %q, want %q", stdout.String(), want)
		}
	}
}

// TestLaunched is a node that a playground launches: standard input and output
// are the link, and the end of input is the end of the process.
func TestLaunched(t *testing.T) {
	t.Parallel()
	block := loopback.Test(t, 3)
	in, write := io.Pipe()
	read, out := io.Pipe()
	ended := make(chan int)
	go func() {
		code := Main(context.Background(), "playground node", System{
			Args:   []string{"1", "--mode", "CA", "--data", t.TempDir(), "--peers", strings.Join(block.Addrs, ","), "--link", "stdio", "--durability", "process", "--epoch", "4"},
			Getenv: env(), Stdin: in, Stdout: out, Stderr: io.Discard,
		})
		_ = out.Close()
		ended <- code
	}()
	first := make([]byte, 9)
	if _, err := io.ReadFull(read, first); err != nil || string(first) != `{"hello":` {
		t.Errorf("the link begins with %q, %v", first, err)
	}
	go func() { _, _ = io.Copy(io.Discard, read) }()
	_ = write.Close()
	if code := <-ended; code != ExitError {
		t.Errorf("exit %d", code)
	}
}

// unread is a terminal or a pipe from which no process reads. A write ends when the test ends.
type unread chan struct{}

func (u unread) Write(p []byte) (int, error) {
	<-u
	return len(p), nil
}

// TestATerminalThatIsNotReadStopsNoNode: a node goes on after Ctrl-S in its terminal, or if
// its output goes to a full pipe.
func TestATerminalThatIsNotReadStopsNoNode(t *testing.T) {
	t.Parallel()
	block := loopback.Test(t, 1)
	terminal := make(unread)
	defer close(terminal)
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan int)
	go func() {
		ended <- Main(ctx, "node", System{
			Args:   []string{"1", "--mode", "CP", "--data", t.TempDir(), "--durability", "process", "--peers", block.Addrs[0]},
			Getenv: env(), Stdin: strings.NewReader(""), Stdout: terminal, Stderr: terminal,
		})
	}()
	client := http.Client{Timeout: 20 * time.Second}
	defer client.CloseIdleConnections()
	url := "http://" + block.Addrs[0] + "/database/" + strings.Repeat("k", 256) + "/v"
	written := 0
	// Each write prints more than 512 bytes. Together this is more than a console keeps.
	const patience = time.Minute // for the next answer: a busy machine answers few writes a second
	for deadline := time.Now().Add(patience); written < 2*console.Size/512; {
		resp, err := client.Post(url, "", nil)
		if err == nil {
			_ = resp.Body.Close()
			if resp.StatusCode == http.StatusCreated {
				written++
				deadline = time.Now().Add(patience)
			}
		}
		if time.Now().After(deadline) {
			t.Fatalf("%d writes were answered, and then none", written)
		}
	}
	cancel()
	if code := <-ended; code != ExitOK {
		t.Errorf("exit %d", code)
	}
}

package simulated

import (
	"bytes"
	"crypto/sha256"
	"flag"
	"fmt"
	"hash"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"capplayground/cluster"
	"capplayground/cluster/link"
	"capplayground/cluster/modes"
)

// seeds is how many runs in each mode are compared between this system and WebAssembly.
var seeds = flag.Int("seeds", 3, "runs in each mode that are compared with WebAssembly")

// began is the wall time at the start of the runs.
const began = 1_800_000_000_000_000

// run makes a run with random actions, which the seed decides.
type run struct {
	*Cluster
	dice     *rand.Rand
	at       int64
	sum      hash.Hash
	events   int
	replies  int
	settings []link.Settings
}

// transcript makes a run with random actions and returns a line that names it, with the
// hash of all its events.
func transcript(mode cluster.Mode, seed uint64) string {
	r := newRun(mode, seed)
	for range 120 {
		r.act()
	}
	r.Advance(began + r.at + 10_000_000)
	return fmt.Sprintf("%s %d: %d events, %d replies, %x", mode, seed, r.events, r.replies, r.sum.Sum(nil)[:8])
}

func newRun(mode cluster.Mode, seed uint64) *run {
	r := &run{dice: rand.New(rand.NewPCG(seed, 1)), sum: sha256.New(), settings: make([]link.Settings, 5)}
	r.Cluster = New(Config{
		Seed: seed, Nodes: 5, Began: began, Replied: func(cluster.NodeID, cluster.Reply) { r.replies++ },
		Events: func(events []cluster.Event) {
			for i := range events {
				r.sum.Write(events[i].AppendJSON(nil))
			}
			r.events += len(events)
		},
	})
	for i := range r.settings {
		r.settings[i].Pace, r.settings[i].Quorum = cluster.LivePace(), cluster.DefaultQuorum()
	}
	_ = r.Do(Action{Do: DoEpoch, Epoch: &cluster.Epoch{N: 1, Mode: mode}})
	_ = r.Do(Action{Do: DoSettings, Settings: r.settings})
	for id := cluster.NodeID(1); id <= 5; id++ {
		_ = r.Do(Action{Do: DoStart, Node: id})
	}
	return r
}

// act carries out one random action after a random time.
func (r *run) act() {
	r.at += r.dice.Int64N(400_000)
	node := cluster.NodeID(r.dice.IntN(5) + 1)
	a := Action{At: r.at, Node: node}
	switch n := r.dice.IntN(20); {
	case n < 12:
		kind := cluster.OpWrite
		if n < 4 {
			kind = cluster.OpRead
		}
		a.Do, a.Client = DoRequest, "test"
		a.Request = &cluster.Request{Op: cluster.OpID(fmt.Sprintf("%08x", r.dice.Uint32())), Kind: kind, Key: fmt.Sprint("k", r.dice.IntN(2)), Val: fmt.Sprint(n, r.at)}
		if kind == cluster.OpRead {
			a.Request.Val = ""
		}
	case n < 14:
		a.Do = []string{DoFreeze, DoThaw}[n-12]
	case n < 17:
		a.Do = []string{DoKill, DoStart, DoStart}[n-14]
	default:
		a.Do, a.Settings = DoSettings, r.change()
	}
	_ = r.Do(a) // some actions are refused, as one at a killed node
}

// change returns changed settings: another pace, or another link.
func (r *run) change() []link.Settings {
	if r.dice.IntN(3) == 0 {
		rate := []float64{1, 1, 0.1, 0.05}[r.dice.IntN(4)]
		pace := cluster.Pace{Name: cluster.PaceSlow, Rate: rate, Latency: cluster.SlowLatency, T0: began + r.at, V0: r.pace.At(began + r.at)}
		for i := range r.settings {
			r.settings[i].Pace = pace
		}
		return r.settings
	}
	l := cluster.Link{From: cluster.NodeID(r.dice.IntN(5) + 1), To: cluster.NodeID(r.dice.IntN(5) + 1), DelayMS: float64(r.dice.IntN(50)), JitterMS: 20, Loss: r.dice.Float64() / 3}
	for i := range r.settings {
		if id := cluster.NodeID(i + 1); id == l.From || id == l.To {
			r.settings[i].Links = []cluster.Link{l}
		}
	}
	return r.settings
}

// transcripts returns the lines of all runs.
func transcripts(count int) string {
	var b strings.Builder
	for _, mode := range modes.Names() {
		for seed := range count {
			b.WriteString(transcript(mode, uint64(seed+1)) + "\n")
		}
	}
	return b.String()
}

// TestRunsRepeat: a run gives the same events again, and another seed gives others.
func TestRunsRepeat(t *testing.T) {
	t.Parallel()
	for _, mode := range modes.Names() {
		first := transcript(mode, 1)
		if again := transcript(mode, 1); again != first {
			t.Errorf("%s\nagain\n%s", first, again)
		}
		if _, rest, _ := strings.Cut(transcript(mode, 2), ":"); strings.HasSuffix(first, rest) {
			t.Errorf("%s, and seed 2 gives the same", first)
		}
	}
}

// inside is the environment variable with the number of runs that the test binary prints
// in WebAssembly.
const inside = "PRINT_TRANSCRIPTS"

func TestMain(m *testing.M) {
	flag.Parse()
	var count int
	if _, err := fmt.Sscan(os.Getenv(inside), &count); err == nil {
		fmt.Print(transcripts(count))
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// TestTheSameRunInWebAssembly: the same seeds and actions give the same events here and
// in WebAssembly.
func TestTheSameRunInWebAssembly(t *testing.T) {
	t.Parallel()
	node, err := exec.LookPath("node")
	if err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal("no Node.js: install it")
		}
		t.Skip("no Node.js: install it")
	}
	root, err := exec.Command("go", "env", "GOROOT").Output()
	if err != nil {
		t.Fatal(err)
	}
	binary := filepath.Join(t.TempDir(), "simulated.test.wasm")
	build := exec.Command("go", "test", "-c", "-o", binary, ".")
	build.Env = append(os.Environ(), "GOOS=js", "GOARCH=wasm")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	there := exec.Command(node, filepath.Join(strings.TrimSpace(string(root)), "lib", "wasm", "wasm_exec_node.js"), binary)
	there.Env = append(os.Environ(), fmt.Sprint(inside, "=", *seeds))
	out, err := there.Output()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	here := []byte(transcripts(*seeds))
	if !bytes.Equal(out, here) {
		t.Errorf("here\n%sin WebAssembly\n%s", here, out)
	}
	t.Logf("%s", here)
}

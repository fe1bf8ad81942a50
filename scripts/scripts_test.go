// Package scripts_test runs the shell scripts against real nodes.
package scripts_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"capplayground/cluster/loopback"
	"capplayground/cluster/process"
	"capplayground/server/servertest"
)

// TestMain lets the test binary also run as a node.
func TestMain(m *testing.M) {
	if os.Getenv("CAP_TEST_NODE") != "" {
		os.Exit(process.Main(context.Background(), "node", process.OS(os.Args[1:])))
	}
	status := m.Run()
	servertest.Cleanup()
	os.Exit(status)
}

// nodes starts five nodes, and returns when a write succeeds.
func nodes(t *testing.T, mode string, addrs []string) {
	t.Helper()
	data := t.TempDir()
	for i := range addrs {
		cmd := exec.Command(os.Args[0], fmt.Sprint(i+1), "--mode", mode, "--peers", strings.Join(addrs, ","), "--data", filepath.Join(data, fmt.Sprint(i)), "--durability", "process")
		cmd.Env = append(os.Environ(), "CAP_TEST_NODE=1")
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = cmd.Process.Kill(); _ = cmd.Wait() })
	}
	for _, addr := range addrs { // a quorum may succeed before all nodes have started
		until(t, "a write succeeds at "+addr, func() bool { return write(addr) == 201 })
	}
}

func until(t *testing.T, what string, done func() bool) {
	t.Helper()
	for end := time.Now().Add(servertest.Patience); !done(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("waited in vain for: %s", what)
		}
	}
}

// impatient has a short timeout: if a packet filter drops all packets, no answer comes.
var impatient = http.Client{Timeout: 3 * time.Second, Transport: &http.Transport{DisableKeepAlives: true}}

func write(addr string) int {
	resp, err := impatient.Post("http://"+addr+"/database/first/write", "", nil)
	if err != nil {
		return 0
	}
	_ = resp.Body.Close()
	return resp.StatusCode
}

// runner runs scripts. env is added to the environment.
type runner struct {
	t   *testing.T
	env []string
}

// run returns what the script printed and its exit status.
func (r runner) run(script string, args ...string) (string, int) {
	r.t.Helper()
	cmd := exec.Command("./"+script, args...)
	cmd.Env = append(os.Environ(), r.env...)
	out, err := cmd.CombinedOutput()
	if exit, ok := errors.AsType[*exec.ExitError](err); ok {
		return string(out), exit.ExitCode()
	}
	if err != nil {
		r.t.Fatal(err)
	}
	return string(out), 0
}

// tooLate matches the answers of a healthy cluster that refuses an operation because a
// node was not scheduled in time.
var tooLate = regexp.MustCompile(`"error":"quorum not reached: .* in time"|"outcome":"unknown"`)

// want runs a script. The exit status must be this one, and the output must contain these
// words. On a busy machine an operation that should succeed may be refused. Then the
// script is run again.
func (r runner) want(status int, words, script string, args ...string) string {
	r.t.Helper()
	out, got := r.run(script, args...)
	for tries := 1; tries < 4 && got != status && status == 0 && tooLate.MatchString(out); tries++ {
		r.t.Logf("%s %q runs again, because it printed %s", script, args, out)
		out, got = r.run(script, args...)
	}
	if got != status || !strings.Contains(out, words) {
		r.t.Errorf("%s %q: exit %d, %s\nwant exit %d and %q", script, args, got, out, status, words)
	}
	return out
}

func needTools(t *testing.T) {
	for _, tool := range []string{"bash", "curl"} {
		if _, err := exec.LookPath(tool); err != nil {
			t.Skip(err)
		}
	}
}

func TestUsage(t *testing.T) {
	t.Parallel()
	needTools(t)
	scripts, err := filepath.Glob("*.sh")
	if err != nil || len(scripts) < 10 {
		t.Fatal(scripts, err)
	}
	r := runner{t, []string{"NODES=127.0.0.1:1"}}
	for _, script := range scripts {
		r.want(0, "scripts/"+script, script, "-h")
		r.want(0, "exit status", script, "--help")
		r.want(2, "unknown option", script, "--nonsense")
		r.want(2, "", script, strings.Fields(strings.Repeat("x ", 12))...)
	}
	for _, script := range []string{"propose.sh", "commit.sh", "rollback.sh", "trick-value.sh", "freeze.sh"} {
		r.want(2, "wrong number", script)
	}
	r.want(2, "no node with port 9", "freeze.sh", "9")
	r.want(1, "127.0.0.1", "get-value.sh") // the message of curl
	r.want(1, "no node answers", "set-value.sh")
}

func TestValues(t *testing.T) {
	t.Parallel()
	needTools(t)
	block := loopback.Test(t, 5)
	nodes(t, "CA", block.Addrs)
	r := runner{t, []string{"NODES=" + strings.Join(block.Addrs, " ")}}
	port := func(i int) string { _, p, _ := net.SplitHostPort(block.Addrs[i-1]); return p }

	r.want(0, `"val":"value-`, "set-value.sh")
	r.want(0, `"val":"value-`, "get-value.sh")
	for _, text := range []string{"London", "a/b c?", "..", "日本", `"quoted" \ &`, "100%"} {
		quoted := strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(text)
		r.want(0, fmt.Sprintf(`"key":"%s","val":"%s"`, quoted, quoted), "set-value.sh", text, text, port(2))
		r.want(0, fmt.Sprintf(`"key":"%s","val":"%s"`, quoted, quoted), "get-value.sh", text, port(4))
	}
	r.want(1, "no value", "get-value.sh", "nothing")
	if out := r.want(0, "", "dump.sh"); strings.Count(out, `"val":"London"`) != 5 {
		t.Errorf("dump: %s", out)
	}
	r.want(0, `{"node":3`, "dump.sh", port(3))
	if out := r.want(0, "", "clean.sh"); strings.Count(out, `{"node":`) != 5 {
		t.Errorf("clean: %s", out)
	}

	out := strings.TrimSpace(r.want(0, `"vote":"yes"`, "propose.sh", "city", `a "b"`))
	id := out[strings.LastIndexByte(out, '\n')+1:]
	if strings.Count(out, `"vote":"yes"`) != 5 {
		t.Errorf("propose: %s", out)
	}
	r.want(1, "refused", "set-value.sh", "city", "Paris")
	r.want(0, id, "commit.sh", id)
	r.want(0, `"val":"a \"b\""`, "get-value.sh", "city")
	r.want(1, "no such transaction", "commit.sh", "never")
	out = strings.TrimSpace(r.want(0, `"vote":"yes"`, "propose.sh", "city", "Rome", port(2)))
	r.want(0, "", "rollback.sh", out[strings.LastIndexByte(out, '\n')+1:], port(2))
	r.want(0, `"val":"a \"b\""`, "get-value.sh", "city", port(2))
	r.want(1, "AP", "trick-value.sh", port(1))
}

// TestProposeKeepsItsID: propose.sh uses the id of the variable ID. Other variables of
// the environment, and a port that is named twice, do not change that.
func TestProposeKeepsItsID(t *testing.T) {
	t.Parallel()
	needTools(t)
	block := loopback.Test(t, 5)
	nodes(t, "CA", block.Addrs)
	_, first, _ := net.SplitHostPort(block.Addrs[0])
	_, second, _ := net.SplitHostPort(block.Addrs[1])
	r := runner{t, []string{"NODES=" + strings.Join(block.Addrs, " "), "ID=zwei",
		// Variables that the scripts set themselves, or did in an earlier version.
		"NUMBER=9", "ADDRESS=nowhere", "ALL=none", "CHOSEN=none", "LIVE=none", "STATUS=500", "ANSWER=no", "id=wrong", "port=1", "key=k", "val=v", "failed=1"}}
	out := strings.TrimSpace(r.want(0, `"vote":"yes"`, "propose.sh", "city", "Oslo", first, second, first, "2"))
	if lines := strings.Split(out, "\n"); lines[len(lines)-1] != "zwei" || strings.Count(out, `"vote":"yes"`) != 4 {
		t.Errorf("propose: %s\nwant four votes and the id zwei", out)
	}
	r.want(0, "zwei", "rollback.sh", "zwei", first, second)
	r.env[1] = "ID=drei"
	r.want(0, "drei", "propose.sh", "city", "Oslo", first, second) // the rollback has unlocked the key
	r.want(0, "drei", "commit.sh", "drei", first, second)
	r.want(0, `"val":"Oslo"`, "get-value.sh", "city", second)
	r.env = r.env[:1]
	one, two := r.want(0, "hand-", "propose.sh", "town", "A", first), r.want(1, "hand-", "propose.sh", "town", "B", first)
	if one == two {
		t.Errorf("two transactions have one id: %s", one)
	}
}

// TestScriptsSayWhatTheyDidNotReach: a script that does not reach all chosen nodes
// prints their addresses and fails. It does not use a proxy of the environment.
func TestScriptsSayWhatTheyDidNotReach(t *testing.T) {
	t.Parallel()
	needTools(t)
	block := loopback.Test(t, 5)
	nodes(t, "AP", block.Addrs)
	const proxy = "http://127.0.0.1:1"
	env := []string{"http_proxy=" + proxy, "HTTP_PROXY=" + proxy, "ALL_PROXY=" + proxy, "no_proxy=localhost,127.0.0.1"}
	r := runner{t, append(env, "NODES="+strings.Join(block.Addrs, " "))}
	r.want(0, `"val":"London"`, "set-value.sh", "city", "London")
	r.want(0, `"val":"London"`, "get-value.sh")
	if out := r.want(0, "", "dump.sh"); strings.Count(out, `{"node":`) != 5 {
		t.Errorf("dump: %s", out)
	}
	dead := []string{"127.0.0.1:1", "127.0.0.1:2", "127.0.0.1:3", "127.0.0.1:4"}
	r.env[len(env)] = "NODES=" + block.Addrs[0] + " " + strings.Join(dead, " ")
	for _, script := range []string{"dump.sh", "clean.sh"} {
		out := r.want(1, "4 of 5 nodes did not answer: "+strings.Join(dead, " "), script)
		if !strings.Contains(out, `{"node":1`) {
			t.Errorf("%s does not name the node that answered: %s", script, out)
		}
	}
	r.want(1, "4 of 5 nodes did not answer", "commit.sh", "U")
	r.want(1, "4 of 5 nodes did not answer", "propose.sh", "city", "Rome")
}

// TestScriptsUnderAnotherShell: the scripts need bash. Under another shell they start
// bash.
func TestScriptsUnderAnotherShell(t *testing.T) {
	t.Parallel()
	needTools(t)
	scripts, err := filepath.Glob("*.sh")
	if err != nil || len(scripts) < 10 {
		t.Fatal(scripts, err)
	}
	shells := []string{"sh", "dash", "busybox"}
	for _, shell := range shells {
		if _, err := exec.LookPath(shell); err != nil {
			continue
		}
		for _, script := range append(scripts, "test", "fuzz") {
			args := []string{script, "-h"}
			if shell == "busybox" {
				args = append([]string{"sh"}, args...)
			}
			out, err := exec.Command(shell, args...).CombinedOutput()
			if err != nil || !strings.Contains(string(out), "scripts/"+script) {
				t.Errorf("%s %s -h: %v %s", shell, script, err, out)
			}
			if strings.Contains(string(out), "yntax error") || strings.Contains(string(out), "llegal option") {
				t.Errorf("%s %s: %s", shell, script, out)
			}
		}
	}
}

// TestScriptsBringTheToken: if the playground has a token, all scripts work with
// CAP_TOKEN. Without CAP_TOKEN, or with a wrong one, they tell the user to set it.
func TestScriptsBringTheToken(t *testing.T) {
	t.Parallel()
	needTools(t)
	p := servertest.Start(t, servertest.Options{Token: "s3cret", Flags: []string{"--mode", "AP"}})
	r := runner{t, []string{"PLAYGROUND=" + p.URL, "CAP_TOKEN=s3cret"}}
	r.want(0, `"val":"London"`, "set-value.sh", "city", "London")
	r.want(0, "is frozen", "freeze.sh", "3")
	r.want(1, "1 of 5 nodes did not answer: "+p.Place.Nodes[2], "dump.sh")
	r.want(0, "is thawed", "unfreeze.sh")
	r.want(0, `"val":"trick"`, "trick-value.sh", "2")
	r.env[1] = "CAP_TOKEN="
	r.want(1, "set CAP_TOKEN", "set-value.sh", "city", "London")
	r.want(1, "set CAP_TOKEN", "freeze.sh", "3")
	r.env[1] = "CAP_TOKEN=wrong"
	r.want(1, "set CAP_TOKEN", "dump.sh")
}

func TestTrick(t *testing.T) {
	t.Parallel()
	needTools(t)
	block := loopback.Test(t, 5)
	nodes(t, "AP", block.Addrs)
	r := runner{t, []string{"NODES=" + strings.Join(block.Addrs, " ")}}
	r.want(0, `"val":"trick"`, "trick-value.sh", "2")
	r.want(0, `"val":"other"`, "trick-value.sh", "2", "a b", "other")
}

// TestFreeze freezes nodes through a fake playground that has only the control API.
func TestFreeze(t *testing.T) {
	t.Parallel()
	needTools(t)
	var mu sync.Mutex
	var calls []string
	fake := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		switch {
		case r.Method == "GET" && r.URL.Path == "/api/cluster":
			_ = json.NewEncoder(w).Encode(map[string]any{"nodes": []any{
				map[string]any{"id": 1, "url": "http://127.0.0.1:4001"}, map[string]any{"id": 2, "url": "http://127.0.0.2:4002"}, map[string]any{"id": 3, "url": "http://127.0.0.3:4003"},
			}})
			return
		case r.URL.Path == "/api/nodes/3/freeze", r.URL.Path == "/api/nodes/3/unfreeze":
			w.WriteHeader(http.StatusConflict)
			_, _ = w.Write([]byte(`{"error":"node 3 is killed"}`))
			return
		}
		calls = append(calls, r.Method+" "+r.URL.Path)
		_, _ = w.Write([]byte("{}"))
	}))
	defer fake.Close()
	r := runner{t, []string{"PLAYGROUND=" + fake.URL}}
	r.want(0, "", "freeze.sh", "4002")
	r.want(0, "", "freeze.sh", "1")
	r.want(1, "node 3 is killed", "freeze.sh", "4003")
	r.want(2, "no node with port 3001", "freeze.sh", "3001")
	r.want(0, "", "unfreeze.sh", "4002")
	r.want(0, "", "unfreeze.sh")
	want := "POST /api/nodes/2/freeze, POST /api/nodes/1/freeze, POST /api/nodes/2/unfreeze, POST /api/nodes/1/unfreeze, POST /api/nodes/2/unfreeze"
	if got := strings.Join(calls, ", "); got != want {
		t.Errorf("called %s\nwant %s", got, want)
	}
	runner{t, []string{"PLAYGROUND=http://127.0.0.1:1", "NODES=127.0.0.1:4001"}}.want(1, "no playground answers", "freeze.sh", "4001")
}

// TestFilter runs TestFilterInside in a network namespace of its own.
func TestFilter(t *testing.T) {
	t.Parallel()
	needTools(t)
	runInNetworkOfItsOwn(t, "TestFilterInside", "CAP_TEST_FILTER=1")
}

// runInNetworkOfItsOwn runs one test of this program in a network namespace of its own. There
// the test may change the packet filter. The environment variable is set only there.
func runInNetworkOfItsOwn(t *testing.T, test, variable string) {
	t.Helper()
	if runtime.GOOS != "linux" || os.Getuid() != 0 {
		t.Skip("needs root on Linux")
	}
	probe := exec.Command("unshare", "--net", "iptables", "--list", "INPUT")
	if out, err := probe.CombinedOutput(); err != nil {
		t.Skipf("no packet filter in a network of its own: %v %s", err, out)
	}
	cmd := exec.Command("unshare", "--net", "bash", "-c", `ip link set lo up && exec "$0" -test.run="^$1$" -test.v`, os.Args[0], test)
	cmd.Env = append(os.Environ(), variable)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
	} else {
		t.Logf("%s", out)
	}
}

func TestFilterInside(t *testing.T) {
	if os.Getenv("CAP_TEST_FILTER") == "" {
		t.Skip("only inside TestFilter")
	}
	addrs, _ := loopback.Default(5)
	nodes(t, "CA", addrs)
	other, err := net.Listen("tcp", "127.0.0.1:8080") // the usual address of the playground
	if err != nil {
		t.Fatal(err)
	}
	go func() { _ = http.Serve(other, http.NotFoundHandler()) }()
	iptables := func(args ...string) string {
		t.Helper()
		out, err := exec.Command("iptables", args...).CombinedOutput()
		if err != nil {
			t.Fatalf("iptables %q: %s", args, out)
		}
		return string(out)
	}
	iptables("-A", "INPUT", "-s", "10.9.8.7", "-j", "DROP") // a rule of another program
	before := iptables("-S")
	answers := func(addr, path string) bool {
		resp, err := (&http.Client{Timeout: time.Second, Transport: &http.Transport{DisableKeepAlives: true}}).Get("http://" + addr + path)
		if err == nil {
			_ = resp.Body.Close()
		}
		return err == nil
	}
	r := runner{t, []string{"NODES=" + strings.Join(addrs, " ")}}
	for frozen, port := range map[int]string{1: "3001", 3: "3003"} {
		r.want(0, "is frozen: its packets are dropped", "freeze.sh", port, "--iptables")
		rules := iptables("-S")
		r.want(0, "frozen already", "freeze.sh", "--iptables", port)
		if again := iptables("-S"); again != rules {
			t.Errorf("the rules after the second freeze:\n%s\nafter the first:\n%s", again, rules)
		}
		for i, addr := range addrs {
			if i+1 == frozen {
				if answers(addr, "/healthz") {
					t.Errorf("%s is frozen, but it answers", port)
				}
				continue
			}
			until(t, addr+" answers while "+port+" is frozen", func() bool { return answers(addr, "/healthz") })
		}
		until(t, "the playground answers while "+port+" is frozen", func() bool { return answers("127.0.0.1:8080", "/") })
		until(t, "a write at node 2 is refused while "+port+" is frozen", func() bool {
			got := write(addrs[1])
			if got == 201 {
				t.Fatalf("%s is frozen, but node 2 accepts a write", port)
			}
			return got == 503
		})
		r.want(0, "is thawed", "unfreeze.sh", port, "--iptables")
		r.want(0, "is thawed", "unfreeze.sh", port, "--iptables")
		if after := iptables("-S"); after != before {
			t.Errorf("%s is thawed: the rules are\n%s\nwant the rules from before\n%s", port, after, before)
		}
		began := time.Now()
		until(t, "a write after the thaw", func() bool { return write(addrs[1]) == 201 })
		t.Logf("%s is thawed: writes succeed after %v", port, time.Since(began))
	}

	// Node 1 shares its address with every client. The filter must drop the packets of
	// its streams all the same: of the open streams and of new ones.
	r.want(0, "is frozen", "freeze.sh", "3001", "--iptables")
	if rules := iptables("-S", "CAP_PLAYGROUND"); strings.Count(rules, "--sport 3") < 4 || strings.Count(rules, "X-Cap-Node: 1") != 4 {
		t.Errorf("the rules for node 1's streams are missing:\n%s", rules)
	}
	r.want(0, "is frozen", "freeze.sh", "3004", "--iptables")
	r.want(0, "is thawed", "unfreeze.sh", "3001", "--iptables")
	until(t, "node 1 answers", func() bool { return answers(addrs[0], "/healthz") })
	if answers(addrs[3], "/healthz") {
		t.Error("thawing node 1 also thawed node 4")
	}
	r.want(0, "", "unfreeze.sh", "--iptables")
	if after := iptables("-S"); after != before {
		t.Errorf("all nodes are thawed: the rules are\n%s\nwant the rules from before\n%s", after, before)
	}
	until(t, "a write at the end", func() bool { return write(addrs[0]) == 201 })
}

package scripts_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/goccy/go-yaml"

	"capplayground/cluster"
	"capplayground/server/collect"
	"capplayground/server/history"
)

// TestContainers builds the image. It starts the image alone, from compose.yaml and from
// kubernetes.yaml. It takes one or two minutes, so it runs only with CAP_TEST_CONTAINERS=1.
func TestContainers(t *testing.T) {
	if os.Getenv("CAP_TEST_CONTAINERS") == "" {
		t.Skip("takes one or two minutes: set CAP_TEST_CONTAINERS=1")
	}
	p := newPodman(t)
	build := exec.Command("./deploy/image", "localhost/capplayground", "v0.0.0-test")
	build.Env = append(os.Environ(), "ENGINE=podman "+strings.Join(p.options, " "), "CONTAINERS_CONF="+p.conf)
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	if text := p.run("run", "--rm", "--network", "none", "capplayground", "--version"); !strings.Contains(text, "v0.0.0-test, commit ") {
		t.Errorf("--version: %s", text)
	}
	for name, test := range map[string]func(*podman, *testing.T){"alone": (*podman).alone, "compose": (*podman).compose, "kubernetes": (*podman).kubernetes} {
		t.Run(name, func(t *testing.T) {
			own := *p
			own.t = t
			t.Cleanup(own.removeAll)
			test(&own, t)
		})
	}
}

// podman runs containers with directories of their own, apart from the machine's containers.
type podman struct {
	t       *testing.T // the test of the part that runs now
	options []string
	conf    string
	old     bool // before 4.4
}

// newPodman skips the test where podman cannot run.
func newPodman(t *testing.T) *podman {
	if runtime.GOOS != "linux" || os.Getuid() != 0 {
		t.Skip("needs root on Linux")
	}
	version, err := exec.Command("podman", "--version").Output()
	if err != nil {
		t.Skipf("podman cannot run (Debian: podman runc netavark aardvark-dns catatonit): %v", err)
	}
	dir, err := os.MkdirTemp("", "cap-podman")
	if err != nil {
		t.Fatal(err)
	}
	p := &podman{t: t, conf: filepath.Join(dir, "containers.conf"), options: []string{
		"--root", filepath.Join(dir, "root"), "--runroot", filepath.Join(dir, "run"), "--storage-driver", "vfs",
	}}
	p.old = regexp.MustCompile(` (3|4\.[0-3])\.`).Match(version)
	conf := "[containers]\ndefault_ulimits = [\"nofile=4096:4096\", \"nproc=1024:1024\"]\n[network]\nnetwork_backend = \"netavark\"\n"
	if _, err := os.Stat("/sys/fs/cgroup/cgroup.controllers"); err != nil { // no unified cgroups
		conf += "[engine]\nruntime = \"runc\"\ncgroup_manager = \"cgroupfs\"\n"
	}
	if err := os.WriteFile(p.conf, []byte(conf), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		p.removeAll()
		_ = p.command("network", "rm", "-f", p.network()).Run()
		if err := os.RemoveAll(dir); err != nil {
			t.Error(err)
		}
	})
	if out, err := p.command("network", "create", p.network()).CombinedOutput(); err != nil {
		t.Skipf("podman cannot make a network: %v %s", err, out)
	}
	return p
}

// network returns a network name that no other test on this machine uses.
func (p *podman) network() string { return fmt.Sprintf("cap%d", os.Getpid()) }

// removeAll removes all containers of this test.
func (p *podman) removeAll() {
	if p.t.Failed() {
		out, _ := p.command("ps", "-a", "--format", "{{.Names}} {{.Status}}").CombinedOutput()
		p.t.Logf("%s", out)
		for _, name := range []string{"playground", "node1"} {
			out, _ = p.command("logs", name).CombinedOutput()
			p.t.Logf("%s:\n%s", name, out)
		}
	}
	_ = p.command("pod", "rm", "-fa", "-t", "0").Run()
	_ = p.command("rm", "-fa", "-t", "0").Run()
}

func (p *podman) command(args ...string) *exec.Cmd {
	cmd := exec.Command("podman", append(slices.Clone(p.options), args...)...)
	cmd.Env = append(os.Environ(), "CONTAINERS_CONF="+p.conf)
	return cmd
}

// run runs a command of podman and returns its output.
func (p *podman) run(args ...string) string {
	p.t.Helper()
	var stderr bytes.Buffer
	cmd := p.command(args...)
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		p.t.Fatalf("podman %q: %v\n%s%s", args, err, out, &stderr)
	}
	return strings.TrimSpace(string(out))
}

// page makes calls to the playground in a container, through a port of this machine.
type page struct{ address, token string }

// open waits until the playground prints its address, with the token in it.
func (p *podman) open(container, address string) *page {
	p.t.Helper()
	token := regexp.MustCompile(`\?token=(\w+)`)
	var found []string
	until(p.t, "the playground prints its address", func() bool {
		out, _ := p.command("logs", container).CombinedOutput()
		found = token.FindStringSubmatch(string(out))
		return found != nil
	})
	return &page{address, found[1]}
}

// call returns the status of a call of the control API, and decodes its answer into v.
func (c *page) call(method, path, body string, v any) (int, error) {
	req, err := http.NewRequest(method, "http://"+c.address+"/api/"+path, strings.NewReader(body))
	if err != nil {
		return 0, err
	}
	req.Host = "localhost:8080" // the name in the address that the playground prints
	req.Header.Set("Authorization", "Bearer "+c.token)
	req.Header.Set("Content-Type", "application/json")
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return 0, err
	}
	defer func() { _ = res.Body.Close() }()
	text, err := io.ReadAll(res.Body)
	if err == nil && v != nil {
		err = json.Unmarshal(text, v)
	}
	if res.StatusCode >= 400 && v == nil {
		err = errors.Join(err, errors.New(string(text)))
	}
	return res.StatusCode, err
}

// node returns a node as the page shows it.
func (c *page) node(id int) (n collect.Node) {
	var all struct{ Nodes []collect.Node }
	if _, err := c.call("GET", "cluster", "", &all); err == nil && len(all.Nodes) >= id {
		n = all.Nodes[id-1]
	}
	return n
}

func (c *page) await(t *testing.T, what string, id int, is func(collect.Node) bool) {
	t.Helper()
	began := time.Now()
	defer func() {
		if t.Failed() {
			t.Logf("node %d is %+v", id, c.node(id))
		}
	}()
	until(t, what, func() bool { return is(c.node(id)) })
	t.Logf("%s after %v", what, time.Since(began).Round(time.Millisecond))
}

func isUp(n collect.Node) bool     { return n.Status == cluster.StatusUp && !n.Silent }
func isSilent(n collect.Node) bool { return n.Status == cluster.StatusUp && n.Silent }
func isKilled(n collect.Node) bool { return n.Status == cluster.StatusKilled }

func (c *page) awaitAll(t *testing.T) {
	t.Helper()
	for id := 1; id <= 5; id++ {
		c.await(t, fmt.Sprintf("node %d is up", id), id, isUp)
	}
}

// write writes a key at a node. The write must be acknowledged.
func (c *page) write(t *testing.T, node int, val string) {
	t.Helper()
	until(t, "a write is acknowledged", func() bool {
		status, err := c.call("POST", "ops", fmt.Sprintf(`{"node":%d,"kind":"write","key":"city","val":%q,"wait":true}`, node, val), nil)
		return err == nil && status == 201
	})
}

// shot saves a picture of the page, if SHOTS names a directory. The playground answers only to
// the name localhost:8080, so the browser resolves this name to the published address.
func (c *page) shot(t *testing.T, name string) {
	t.Helper()
	dir := os.Getenv("SHOTS")
	if dir == "" {
		return
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	allocator, stop := chromedp.NewExecAllocator(ctx, append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.UserDataDir(t.TempDir()), chromedp.NoSandbox, chromedp.DisableGPU,
		chromedp.Flag("host-resolver-rules", "MAP localhost "+c.address))...)
	defer stop()
	ctx, cancel = chromedp.NewContext(allocator)
	defer cancel()
	err := chromedp.Do(ctx, chromedp.EmulateViewport(1920, 1080), chromedp.Navigate("http://localhost:8080/?token="+c.token))
	shown := false
	until(t, "the page shows the silent node", func() bool {
		shown, err = chromedp.Run(ctx, chromedp.Evaluate[bool](`!!document.querySelector("[data-testid=node][data-node='2'][data-silent]")`))
		return shown || err != nil
	})
	var picture []byte
	if err == nil {
		picture, err = chromedp.Run(ctx, chromedp.CaptureScreenshot())
	}
	if err == nil {
		err = os.WriteFile(filepath.Join(dir, name+".png"), picture, 0o644)
	}
	if err != nil {
		t.Errorf("the picture: %v", err)
	}
}

func freePort(t *testing.T) string {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = ln.Close() }()
	return ln.Addr().String()
}

// alone: the image without arguments is a playground with five processes.
func (p *podman) alone(t *testing.T) {
	address := freePort(t)
	p.run("run", "-d", "--name", "alone", "-p", address+":8080", "capplayground")
	page := p.open("alone", address)
	page.awaitAll(t)
	page.write(t, 1, "Linz")
	for verb, is := range map[string]func(collect.Node) bool{
		"kill":   isKilled,
		"freeze": func(n collect.Node) bool { return n.Status == cluster.StatusFrozen && n.Freeze == "signal" },
	} {
		if status, err := page.call("POST", "nodes/2/"+verb, "", nil); status != 200 {
			t.Fatal(verb, status, err)
		}
		page.await(t, verb, 2, is)
		if status, err := page.call("POST", "nodes/2/restart", "", nil); status != 200 {
			t.Fatal("restart", status, err)
		}
	}
	page.await(t, "restart", 2, isUp)
}

// service has the fields of a service of compose.yaml that this test supports. Any other
// field is an error.
type service struct {
	Image, Hostname string
	Command         []string
	Environment     map[string]string
	Secrets         []string
	Ports, Volumes  []string
	DependsOn       []string `yaml:"depends_on"`
}

// compose starts the services of compose.yaml as docker compose does. While clients make
// calls, it freezes, kills and disconnects containers by commands.
func (p *podman) compose(t *testing.T) {
	text, err := os.ReadFile("deploy/compose.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var file struct {
		Name             string
		Services         map[string]service
		Secrets, Volumes map[string]any
	}
	if err := yaml.UnmarshalWithOptions(text, &file, yaml.Strict()); err != nil {
		t.Fatal(err)
	}
	secret := filepath.Join(t.TempDir(), "token")
	if err := os.WriteFile(secret, []byte("asecretofthistest\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	p.run("secret", "create", "token", secret)
	address := freePort(t)
	start := func(name string) {
		s := file.Services[name]
		args := []string{"run", "-d", "--name", name, "--hostname", s.Hostname, "--network", p.network()}
		for _, one := range s.Secrets {
			args = append(args, "--secret", one)
		}
		for key, val := range s.Environment {
			args = append(args, "-e", key+"="+val)
		}
		for _, one := range s.Volumes {
			args = append(args, "-v", one)
		}
		if name == "playground" {
			args = append(args, "-p", address+":8080")
		}
		p.run(append(append(args, s.Image), s.Command...)...)
	}
	start("playground")
	for i := 1; i <= 5; i++ {
		start(fmt.Sprintf("node%d", i))
	}
	page := p.open("playground", address)
	page.awaitAll(t)
	if status, err := page.call("POST", "workload", `{"rate":50,"clients":5,"keys":30,"read_ratio":0.5}`, nil); status >= 300 || err != nil {
		t.Fatal(status, err)
	}
	for _, c := range []struct {
		what     string
		do, undo []string
		node     int
		is       func(collect.Node) bool
	}{
		{"a paused container is silent", []string{"pause", "node2"}, []string{"unpause", "node2"}, 2, isSilent},
		{"a killed container is killed", []string{"kill", "node3"}, []string{"start", "node3"}, 3, isKilled},
		{"a container without its network is silent", []string{"network", "disconnect", p.network(), "node4"}, []string{"network", "connect", p.network(), "node4"}, 4, isSilent},
	} {
		p.run(c.do...)
		page.await(t, fmt.Sprintf("after %s, node %d is not shown as up", c.do[0], c.node), c.node, func(n collect.Node) bool { return !isUp(n) })
		page.await(t, c.what, c.node, c.is)
		if c.do[0] == "pause" {
			page.shot(t, "containers")
		}
		page.write(t, 1, c.what) // a majority of the nodes runs
		p.run(c.undo...)
		page.await(t, fmt.Sprintf("after %s, node %d is up", c.undo[0], c.node), c.node, isUp)
	}
	if status, err := page.call("POST", "nodes/2/kill", "", nil); status != 200 {
		t.Fatal("kill", status, err)
	}
	page.await(t, "the page killed node 2", 2, isKilled)
	p.run("start", "node2")
	page.await(t, "node 2 is up", 2, isUp)
	if status, err := page.call("POST", "partition", `{"groups":[[1,2],[3,4,5]]}`, nil); status != 200 {
		t.Fatal(status, err)
	}
	page.write(t, 4, "in a majority")
	for _, path := range []string{"heal", "nodes/5/freeze", "nodes/5/unfreeze"} {
		if status, err := page.call("POST", path, "", nil); status != 200 {
			t.Fatal(path, status, err)
		}
	}
	page.write(t, 5, "thawed")
	if status, err := page.call("DELETE", "workload", "", nil); status >= 300 || err != nil {
		t.Fatal(status, err)
	}
	page.judge(t)
}

// judge waits for the verdict. The clocks of two containers count as different, and on an
// overloaded machine events come late. For these reasons the order of some operations may be
// unknown. Then their key gets no verdict, and judge does not wait for it. All other keys must
// be linearizable.
func (c *page) judge(t *testing.T) {
	t.Helper()
	var report history.Report
	until(t, "a verdict", func() bool {
		_, err := c.call("GET", "verdict", "", &report)
		return err == nil && !slices.ContainsFunc(report.Keys, func(k history.KeyVerdict) bool { return k.Verdict == history.TooMany || k.Suspect })
	})
	good := 0
	for _, k := range report.Keys {
		switch k.Verdict {
		case history.Linearizable:
			good++
		case history.NotLinearizable:
			t.Errorf("key %s: verdict %s since operation %s", k.Key, k.Verdict, k.Since)
		default:
			t.Logf("key %s: %s %s", k.Key, k.Verdict, k.Why)
		}
	}
	t.Logf("%d of %d keys are linearizable", good, len(report.Keys))
	if good == 0 {
		t.Error("no key got a verdict")
	}
}

// kubernetes starts kubernetes.yaml with podman kube play. podman does not support services,
// so the nodes reach the playground by the name of its pod.
func (p *podman) kubernetes(t *testing.T) {
	text, err := os.ReadFile("deploy/kubernetes.yaml")
	if err != nil {
		t.Fatal(err)
	}
	pod := "playground-pod"
	if p.old {
		pod = "playground-pod-0"
	}
	token := base64.StdEncoding.EncodeToString([]byte("asecret"))
	manifest := strings.ReplaceAll(strings.Replace(string(text), "token: ''", "token: "+token, 1), "playground:8080", pod+":8080")
	// podman would also open the container's port on this machine, where it may be in use.
	manifest = regexp.MustCompile(`(?m)^ *ports: \[\{containerPort: .*\n`).ReplaceAllString(manifest, "")
	if p.old { // this version reads a secret in another form than it writes it
		documents := slices.DeleteFunc(strings.Split(manifest, "\n---\n"), func(d string) bool { return strings.Contains(d, "kind: Secret") })
		manifest = strings.Join(documents, "\n---\n")
		create := p.command("secret", "create", "cap-token", "-")
		create.Stdin = strings.NewReader(`{"token":"` + token + `"}`)
		if out, err := create.CombinedOutput(); err != nil {
			t.Fatalf("%v %s", err, out)
		}
	}
	file := filepath.Join(t.TempDir(), "kubernetes.yaml")
	if err := os.WriteFile(file, []byte(manifest), 0o600); err != nil {
		t.Fatal(err)
	}
	p.run("kube", "play", "--network", p.network(), file)
	container := pod + "-playground"
	address := p.run("inspect", "--format", "{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}", p.infra(pod)) + ":8080"
	page := p.open(container, address)
	page.awaitAll(t)
	page.write(t, 3, "Linz")
	before := page.node(2)
	if status, err := page.call("POST", "nodes/2/kill", "", nil); status != 200 {
		t.Fatal("kill", status, err)
	}
	page.await(t, "Kubernetes starts the killed node again", 2, func(n collect.Node) bool { return isUp(n) && n.Incarnation != before.Incarnation })
	page.write(t, 2, "Graz")
}

// infra returns the container that holds the network of a pod.
func (p *podman) infra(pod string) string {
	return p.run("pod", "inspect", "--format", "{{.InfraContainerID}}", pod)
}

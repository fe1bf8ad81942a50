package servertest

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"

	"capplayground/cluster"
	"capplayground/cluster/loopback"
)

// Patience bounds each wait for a condition. It is long, because the machine
// that runs the tests may be busy: a node alone may take 30 s to start.
const Patience = 2 * time.Minute

// Place is where a playground listens.
type Place struct {
	// Listen is the host:port of the page and the control API.
	Listen string
	// Nodes holds the host:port of each node's REST API, in the nodes' order.
	Nodes []string
}

// Options say what to start. The zero value is a playground of five nodes.
type Options struct {
	// Flags are added to the command line of the playground.
	Flags []string
	// Env is added to its environment, as NAME=value.
	Env []string
	// Place is where it listens. The zero value takes free addresses.
	Place Place
	// Program is a built cmd/playground. "" builds it, once per process.
	Program string
	// Data is the directory of the databases. With "" the playground takes a
	// fresh one, which it removes at its end.
	Data string
	// Token is asked of all callers. "" asks for none.
	Token string
	// Durability is "disk" or "process". "" is "process": kill -9 loses
	// nothing, a power cut does, and tests are quicker.
	Durability string
	// KeepAlive keeps connections open between calls, as a load wants it. The
	// first call after a node's death may then fail on an old connection.
	KeepAlive bool
	// Attributes changes the command before it starts, such as its process group.
	Attributes func(*exec.Cmd)
	// Lanes are the modes of clusters side by side; nil is one cluster. Place.Nodes
	// then has the nodes of all lanes, lane by lane. In this process it is for the
	// caller to make the lanes.
	Lanes []cluster.Mode
	// InProcess serves a playground in this process instead of starting a
	// program. It calls ready once, when all nodes serve, and returns nil soon
	// after ctx ended. Program, Flags, Env and Attributes mean nothing then.
	InProcess func(ctx context.Context, place Place, ready func()) error
}

// Playground is a running playground.
type Playground struct {
	// URL is that of the page, without a slash at its end.
	URL string
	// Place has the addresses.
	Place Place
	// Program is the file that was started. It is "" in this process.
	Program string
	// PID is the playground's. It is 0 in this process.
	PID int
	// Took is the time from the start of the program until it printed that all
	// nodes serve. The time to build the program is not part of it.
	Took time.Duration
	// HTTP makes all calls. It brings the token, and uses no proxy.
	HTTP *http.Client

	token string
	log   Log
	cmd   *exec.Cmd
	end   func()        // asks it to end
	ended chan struct{} // closed when it has ended, and err is set
	err   error
	undo  []func() // gives back what New took, last first
}

// New starts a playground and returns when all its nodes serve. Stop must
// follow.
func New(ctx context.Context, o Options) (*Playground, error) {
	p := &Playground{Place: o.Place, token: o.Token, ended: make(chan struct{})}
	if err := p.start(ctx, o); err != nil {
		p.giveBack()
		return nil, err
	}
	return p, nil
}

// At is a playground that something else has started, and will stop.
//
// Its Stop only closes connections, and ends the attempts to connect to a host that
// does not answer: net/http lets them go on when their request ends.
func At(place Place, token string) *Playground {
	p := &Playground{Place: place, token: token}
	p.client(false)
	life, end := context.WithCancel(context.Background())
	p.undo = append(p.undo, end)
	p.HTTP.Transport.(bearer).next.DialContext = func(ctx context.Context, network, addr string) (net.Conn, error) {
		ctx, stop := context.WithCancel(ctx)
		defer stop()
		defer context.AfterFunc(life, stop)()
		return new(net.Dialer).DialContext(ctx, network, addr)
	}
	return p
}

func (p *Playground) start(ctx context.Context, o Options) error {
	if p.Place.Listen == "" {
		for range max(1, len(o.Lanes)) {
			block, err := loopback.Reserve(5)
			if err != nil {
				return err
			}
			p.undo = append(p.undo, func() { _ = block.Close() })
			p.Place = Place{Listen: block.Playground, Nodes: append(p.Place.Nodes, block.Addrs...)}
		}
	}
	p.client(o.KeepAlive)
	if o.InProcess == nil && o.Program == "" {
		var err error
		if o.Program, err = Program(ctx); err != nil {
			return err
		}
	}
	ready := make(chan struct{})
	began := time.Now()
	if o.InProcess != nil {
		p.serve(o.InProcess, ready)
	} else if err := p.launch(o, ready); err != nil {
		return err
	}
	select {
	case <-ready:
		p.Took = time.Since(began)
		return nil
	case <-p.ended:
		return fmt.Errorf("the playground did not start: %w\n%s", errors.Join(p.err, errEnded), p.Log())
	case <-ctx.Done():
	case <-time.After(2 * Patience): // the playground itself gives up earlier, and says why
	}
	_, _ = p.Stop()
	return fmt.Errorf("the playground did not start within %v\n%s", time.Since(began).Round(time.Millisecond), p.Log())
}

var errEnded = errors.New("it ended")

// callTimeout is longer than any operation takes, also in slow motion.
const callTimeout = 2 * time.Minute

func (p *Playground) client(keepAlive bool) {
	p.URL = "http://" + p.Place.Listen
	transport := &http.Transport{MaxIdleConnsPerHost: 64, DisableKeepAlives: !keepAlive}
	p.HTTP = &http.Client{Timeout: callTimeout, Transport: bearer{p.token, transport}}
}

// bearer brings the token, if there is one and the request names none.
type bearer struct {
	token string
	next  *http.Transport
}

func (b bearer) RoundTrip(r *http.Request) (*http.Response, error) {
	if _, named := r.Header["Authorization"]; b.token != "" && !named {
		r = r.Clone(r.Context())
		r.Header.Set("Authorization", "Bearer "+b.token)
	}
	return b.next.RoundTrip(r)
}

func (b bearer) CloseIdleConnections() { b.next.CloseIdleConnections() }

// serve runs the playground in this process.
func (p *Playground) serve(run func(context.Context, Place, func()) error, ready chan struct{}) {
	ctx, stop := context.WithCancel(context.Background())
	p.end = stop
	go func() {
		defer close(p.ended)
		p.err = run(ctx, p.Place, sync.OnceFunc(func() { close(ready) }))
	}()
}

// launch starts the program.
func (p *Playground) launch(o Options, ready chan struct{}) error {
	p.Program = o.Program
	durability := o.Durability
	if durability == "" {
		durability = "process"
	}
	var flags []string
	if o.Lanes != nil {
		names := make([]string, len(o.Lanes))
		for i, mode := range o.Lanes {
			names[i] = string(mode)
		}
		flags = []string{"lanes", "--modes", strings.Join(names, ",")}
	}
	flags = append(flags, "--listen", p.Place.Listen, "--peers", strings.Join(p.Place.Nodes, ","), "--durability", durability)
	if o.Data != "" {
		flags = append(flags, "--data-dir", o.Data)
	}
	p.cmd = exec.Command(p.Program, append(flags, o.Flags...)...)
	p.cmd.Env = slices.Concat(os.Environ(), []string{"CAP_TOKEN=" + o.Token}, o.Env)
	if o.Attributes != nil {
		o.Attributes(p.cmd)
	}
	p.cmd.Stderr = &p.log
	out, err := p.cmd.StdoutPipe()
	if err != nil {
		return err
	}
	if err := p.cmd.Start(); err != nil {
		return err
	}
	p.PID = p.cmd.Process.Pid
	p.end = func() { _ = p.cmd.Process.Signal(os.Interrupt) }
	go func() {
		defer close(p.ended)
		lines := bufio.NewReader(out)
		if first, err := lines.ReadString('\n'); err == nil { // what to open: it serves
			_, _ = io.WriteString(&p.log, first)
			close(ready)
		}
		_, _ = io.Copy(&p.log, lines)
		p.err = p.cmd.Wait()
	}()
	return nil
}

// Signal sends a signal to the program.
func (p *Playground) Signal(s os.Signal) error { return p.cmd.Process.Signal(s) }

// Ended is closed when the playground has ended.
func (p *Playground) Ended() <-chan struct{} { return p.ended }

// Err is how the playground ended, once it has: nil after a graceful end.
func (p *Playground) Err() error {
	<-p.ended
	return p.err
}

// Log is the last of what the playground wrote to its standard output and
// standard error.
func (p *Playground) Log() string { return p.log.String() }

// Stop ends the playground as Ctrl-C does, and gives back its addresses and
// files. It returns how long the end took, and the error with which the
// playground ended. A second call does nothing.
func (p *Playground) Stop() (took time.Duration, err error) {
	began := time.Now()
	if p.end != nil {
		p.end()
		select {
		case <-p.ended:
			err = p.err
		case <-time.After(Patience):
			err = fmt.Errorf("the playground did not end within %v", Patience)
			p.kill()
		}
		p.end = nil
	}
	took = time.Since(began)
	p.giveBack()
	return took, err
}

// kill ends the program without asking. First it has the program write the
// stacks of all goroutines to its log: they show where it hangs.
func (p *Playground) kill() {
	if p.cmd == nil {
		return
	}
	_ = p.cmd.Process.Signal(syscall.SIGQUIT)
	select {
	case <-p.ended:
	case <-time.After(2 * time.Second):
		_ = p.cmd.Process.Kill()
		<-p.ended
	}
}

func (p *Playground) giveBack() {
	if p.HTTP != nil {
		p.HTTP.CloseIdleConnections()
	}
	for _, undo := range slices.Backward(p.undo) {
		undo()
	}
	p.undo = nil
}

// Log keeps the last that was written to it, without the lines of level INFO:
// nodes write one for each stream that ends.
type Log struct {
	reading sync.RWMutex // held by a reader that stopped reading
	mu      sync.Mutex
	text    []byte
}

// StopReading keeps the program's output unread until resume is called, as a
// terminal after Ctrl-S does: soon the program's pipe is full.
func (p *Playground) StopReading() (resume func()) {
	p.log.reading.Lock()
	return p.log.reading.Unlock
}

const logBytes = 128 << 10

func (l *Log) Write(b []byte) (int, error) {
	l.reading.RLock()
	defer l.reading.RUnlock()
	l.mu.Lock()
	defer l.mu.Unlock()
	for line := range strings.Lines(string(b)) {
		if !strings.Contains(line, "level=INFO") {
			l.text = append(l.text, line...)
		}
	}
	if over := len(l.text) - logBytes; over > 0 {
		l.text = slices.Delete(l.text, 0, over)
	}
	return len(b), nil
}

func (l *Log) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return strings.TrimSpace(string(l.text))
}

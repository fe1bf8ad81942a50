package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"
)

// floors are the median times of the parts of an operation on this machine. No
// operation can be faster than the sum of its parts.
type floors struct {
	http   time.Duration         // one request to a bare Go server in another process
	stream time.Duration         // the round trip of one JSON line between two processes
	sync   map[int]time.Duration // one synced write of 4 KiB; the key is the number of files at once
	cpu    cpuFloors
}

// cpuFloors are the processor times of the parts of an operation.
type cpuFloors struct {
	http    time.Duration // the server's time for one request
	message time.Duration // the time of sender and receiver for one message on a bare stream
	sync    time.Duration // the time for one synced write of 4 KiB
}

func measureFloors(ctx context.Context, dir string) (floors, error) {
	f := floors{sync: map[int]time.Duration{}}
	var err error
	if f.http, f.cpu.http, err = httpFloor(ctx); err != nil {
		return f, fmt.Errorf("bare http: %w", err)
	}
	if f.stream, f.cpu.message, err = streamFloor(ctx); err != nil {
		return f, fmt.Errorf("bare stream: %w", err)
	}
	for _, files := range []int{1, 3, 5} {
		began := cpuOf([]int{os.Getpid()})
		if f.sync[files], err = syncFloor(dir, files); err != nil {
			return f, fmt.Errorf("synced write: %w", err)
		}
		f.cpu.sync = (cpuOf([]int{os.Getpid()}) - began) / time.Duration(files*syncedWrites)
	}
	return f, nil
}

// bareHTTP is an HTTP server that does no work for its answer. It prints its address.
func bareHTTP(ctx context.Context, _ []string, stdout io.Writer) error {
	listener, err := listen(stdout)
	if err != nil {
		return err
	}
	server := &http.Server{ReadHeaderTimeout: 5 * time.Second, Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		io.WriteString(w, "ok\n")
	})}
	context.AfterFunc(ctx, func() { server.Close() })
	if err := server.Serve(listener); err != http.ErrServerClosed {
		return err
	}
	return nil
}

// listen listens on a free port, and prints the address for the process that started this one.
func listen(stdout io.Writer) (net.Listener, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	_, err = fmt.Fprintln(stdout, listener.Addr())
	return listener, err
}

// acceptOne listens like listen, and returns the first connection.
func acceptOne(stdout io.Writer) (net.Conn, error) {
	listener, err := listen(stdout)
	if err != nil {
		return nil, err
	}
	defer listener.Close()
	return listener.Accept()
}

// bareStream is a server for one connection. It prints its address, and sends back all
// that it receives.
func bareStream(_ context.Context, _ []string, stdout io.Writer) error {
	conn, err := acceptOne(stdout)
	if err != nil {
		return err
	}
	defer conn.Close()
	_, err = io.Copy(conn, conn)
	return err
}

// again starts this program as another process with the given subcommand and its
// arguments. It returns the address that the process prints and its process id. stop ends
// it.
func again(ctx context.Context, command ...string) (addr string, pid int, stop func(), err error) {
	return againWith(ctx, nil, command...)
}

// againWith does the same. The process also has these files, the first as descriptor 3.
func againWith(ctx context.Context, files []*os.File, command ...string) (addr string, pid int, stop func(), err error) {
	self, err := os.Executable()
	if err != nil {
		return "", 0, nil, err
	}
	cmd := exec.CommandContext(ctx, self, command...)
	cmd.ExtraFiles = files
	out, err := cmd.StdoutPipe()
	if err != nil {
		return "", 0, nil, err
	}
	if err := cmd.Start(); err != nil {
		return "", 0, nil, err
	}
	stop = func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		stop()
		return "", 0, nil, err
	}
	return strings.TrimSpace(line), cmd.Process.Pid, stop, nil
}

func httpFloor(ctx context.Context) (p50, cpu time.Duration, err error) {
	addr, pid, stop, err := again(ctx, "bare-http")
	if err != nil {
		return 0, 0, err
	}
	defer stop()
	f, err := measured([]int{pid}, func() (figures, error) {
		return load(ctx, 1, 2*time.Second, http.StatusOK, func(ctx context.Context, _, _ int) (*http.Request, error) {
			return http.NewRequestWithContext(ctx, http.MethodGet, "http://"+addr+"/", nil)
		})
	})
	return f.p50, f.cpu, err
}

// roundTrips is how many round trips on a bare stream are measured.
const roundTrips = 20_000

func streamFloor(ctx context.Context) (p50, cpu time.Duration, err error) {
	addr, pid, stop, err := again(ctx, "bare-stream")
	if err != nil {
		return 0, 0, err
	}
	defer stop()
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		return 0, 0, err
	}
	defer conn.Close()
	line := []byte(`{"from":1,"to":2,"type":"prepare","op":"00000000-0000-0000-0000-000000000000","body":{"key":"city","val":"Lisboa"}}` + "\n")
	in := bufio.NewReader(conn)
	both := []int{pid, os.Getpid()}
	began := cpuOf(both)
	p50, err = median(roundTrips, func() error {
		if _, err := conn.Write(line); err != nil {
			return err
		}
		_, err := in.ReadSlice('\n')
		return err
	})
	return p50, (cpuOf(both) - began) / (2 * roundTrips), err
}

// syncedWrites is how many synced writes to one file are measured.
const syncedWrites = 500

// syncFloor is the median time of one synced append of 4 KiB. As many files as `files`
// says are written at the same time.
func syncFloor(dir string, files int) (time.Duration, error) {
	medians := make([]time.Duration, files)
	errs := make([]error, files)
	var wg sync.WaitGroup
	for i := range files {
		wg.Go(func() { medians[i], errs[i] = syncOne(filepath.Join(dir, fmt.Sprintf("floor%d", i))) })
	}
	wg.Wait()
	for _, err := range errs {
		if err != nil {
			return 0, err
		}
	}
	slices.Sort(medians)
	return medians[files/2], nil
}

func syncOne(path string) (time.Duration, error) {
	file, err := os.Create(path)
	if err != nil {
		return 0, err
	}
	defer os.Remove(path)
	defer file.Close()
	block := make([]byte, 4096)
	return median(syncedWrites, func() error {
		if _, err := file.Write(block); err != nil {
			return err
		}
		return file.Sync()
	})
}

func median(times int, do func() error) (time.Duration, error) {
	spans := make([]time.Duration, times)
	for i := range spans {
		began := time.Now()
		if err := do(); err != nil {
			return 0, err
		}
		spans[i] = time.Since(began)
	}
	slices.Sort(spans)
	return spans[times/2], nil
}

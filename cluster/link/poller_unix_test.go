//go:build unix

package link

import (
	"os"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// A node that waits for a line of the playground must not wait in a system call: that
// would keep its only processor. Standard input is a pipe that Go's poller does not watch
// by itself, as here.
func TestReadingWaitsInThePoller(t *testing.T) {
	t.Parallel()
	var fds [2]int
	if err := syscall.Pipe(fds[:]); err != nil {
		t.Fatal(err)
	}
	in, out := os.NewFile(uintptr(fds[0]), "in"), os.NewFile(uintptr(fds[1]), "out")
	c := newPipeConn(in, nil)
	standardInputs.Store(in, c)
	ended := make(chan error)
	go func() { ended <- readOne(c) }()
	var state string
	for state = stateOf("link.readOne("); !strings.HasPrefix(state, "IO wait"); state = stateOf("link.readOne(") {
		if strings.HasPrefix(state, "syscall") {
			t.Error("the read waits in a system call")
			break
		}
		time.Sleep(time.Millisecond)
	}
	if err := out.Close(); err != nil {
		t.Error(err)
	}
	if err := <-ended; err != ErrClosed {
		t.Errorf("the read ended with %v", err)
	}
}

// standardInputs are the read ends that a test made. They stay open, as standard input
// does: two files have the same descriptor, and would both close it.
var standardInputs sync.Map

func readOne(c *Conn) error {
	_, err := c.ReadDown()
	return err
}

// stateOf returns the state of the goroutine in which function is running, "" without one.
func stateOf(function string) string {
	all := make([]byte, 1<<20)
	all = all[:runtime.Stack(all, true)]
	for stack := range strings.SplitSeq(string(all), "\n\n") {
		if head, rest, _ := strings.Cut(stack, "\n"); strings.Contains(rest, function) {
			_, state, _ := strings.Cut(head, "[")
			return state
		}
	}
	return ""
}

package timerslack

import (
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"syscall"
	"testing"
	"time"
)

// TestMain lets this program be its own child. The child sets its slack, and prints the slack
// of the thread that runs main.
func TestMain(m *testing.M) {
	if os.Getenv("SLACK_CHILD") != "" {
		SetProcess(Node)
		now, _, _ := syscall.RawSyscall(syscall.SYS_PRCTL, prGetTimerSlack, 0, 0)
		os.Stdout.WriteString(strconv.Itoa(int(now)) + " " + os.Getenv(tried))
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// TestSlack checks the slack of processes that were started with another slack, and of one
// that was started with the slack of a node. This one must not start itself again.
func TestSlack(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name   string
		parent time.Duration
		want   string
	}{
		{"started by a shell", 50 * time.Microsecond, "5000000 5ms"},
		{"started by a playground", Playground, "5000000 5ms"},
		{"started by the thread for nodes", Node, "5000000 1ms"},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := make(chan string, 1)
			go func() {
				runtime.LockOSThread() // never unlocked: the thread ends with the goroutine
				if !SetThread(c.parent) {
					got <- "the system refused the slack"
					return
				}
				cmd := exec.Command(os.Args[0])
				cmd.Env = append(os.Environ(), "SLACK_CHILD=1", tried+"="+Playground.String())
				out, err := cmd.CombinedOutput()
				if err != nil {
					out = append(out, err.Error()...)
				}
				got <- string(out)
			}()
			if got := <-got; got != c.want {
				t.Errorf("the slack and the value of the variable: %q, want %q", got, c.want)
			}
		})
	}
}

package process

import (
	"os"
	"runtime"
	"syscall"
)

// A thread of the Go runtime (sysmon) looks at the others every 20 µs while
// goroutines run. In a process that wakes up for each message this is a fifth to a
// third of all its work. The kernel may make the sleeps of a thread longer by its
// timer slack (prctl(2), PR_SET_TIMERSLACK). Only the thread itself can set the
// slack, and this thread starts before main; but it inherits the slack through
// clone and execve.
const (
	prSetTimerSlack = 29
	prGetTimerSlack = 30
	slack           = 1_000_000 // ns; the default is 50,000

	slackTried = "CAP_TIMER_SLACK" // in the environment: it was tried
)

// SetTimerSlack sets the timer slack of this process to one millisecond and starts the
// program again (execve), if the slack was less. Where that fails it does nothing.
// A millisecond does not matter to any timer of a node. main calls it before
// anything else.
func SetTimerSlack() {
	now, _, errno := syscall.RawSyscall(syscall.SYS_PRCTL, prGetTimerSlack, 0, 0)
	if errno != 0 || now >= slack || os.Getenv(slackTried) != "" {
		return
	}
	self, err := os.Executable()
	if err != nil || os.Setenv(slackTried, "1") != nil {
		return
	}
	runtime.LockOSThread() // the thread that calls execve is the one that stays
	defer runtime.UnlockOSThread()
	if _, _, errno := syscall.RawSyscall(syscall.SYS_PRCTL, prSetTimerSlack, slack, 0); errno == 0 {
		_ = syscall.Exec(self, os.Args, os.Environ())
	}
}

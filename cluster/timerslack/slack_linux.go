package timerslack

import (
	"os"
	"runtime"
	"syscall"
	"time"
)

const (
	prSetTimerSlack = 29
	prGetTimerSlack = 30

	tried = "CAP_TIMER_SLACK" // in the environment: this slack was tried
)

// SetProcess sets the slack of this process and starts the program again (execve),
// unless the slack is large enough already. Only a thread can set its own slack, and
// sysmon starts before main. But sysmon inherits the slack through clone and execve. If
// the slack cannot be set, SetProcess does nothing. main calls it before anything else.
func SetProcess(slack time.Duration) {
	now, _, errno := syscall.RawSyscall(syscall.SYS_PRCTL, prGetTimerSlack, 0, 0)
	if errno != 0 || time.Duration(now) >= slack || os.Getenv(tried) == slack.String() {
		return
	}
	self, err := os.Executable()
	if err != nil || os.Setenv(tried, slack.String()) != nil {
		return
	}
	runtime.LockOSThread() // the thread that calls execve is the one that stays
	defer runtime.UnlockOSThread()
	if SetThread(slack) {
		_ = syscall.Exec(self, os.Args, os.Environ())
	}
}

// SetThread sets the slack of the calling thread. The processes that it starts inherit
// the slack. SetThread returns false if the slack cannot be set.
func SetThread(slack time.Duration) bool {
	_, _, errno := syscall.RawSyscall(syscall.SYS_PRCTL, prSetTimerSlack, uintptr(slack), 0)
	return errno == 0
}

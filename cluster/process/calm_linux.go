package process

import (
	"os"
	"runtime"
	"syscall"
)

// The Go runtime has a thread that looks around every 20 µs while goroutines
// run, and first whenever they begin to. In a process that wakes up for each
// message that is a fifth to a third of all its work. The kernel may round the
// thread's sleeps up by its timer slack (prctl(2), PR_SET_TIMERSLACK), but only
// a thread itself can set that, and this one is there before main. It inherits
// it, though, through clone and execve.
const (
	prSetTimerSlack = 29
	prGetTimerSlack = 30
	slack           = 1_000_000 // ns; the default is 50,000

	calmed = "CAP_CALM" // in the environment: it was tried
)

// Calm sets this process's timer slack to one millisecond and begins the
// program again, if it was less; else, and where it cannot, it does nothing.
// No timer of ours minds a millisecond. It is for main, and before anything
// else there.
func Calm() {
	now, _, errno := syscall.RawSyscall(syscall.SYS_PRCTL, prGetTimerSlack, 0, 0)
	if errno != 0 || now >= slack || os.Getenv(calmed) != "" {
		return
	}
	self, err := os.Executable()
	if err != nil || os.Setenv(calmed, "1") != nil {
		return
	}
	runtime.LockOSThread() // the thread that calls execve is the one that stays
	defer runtime.UnlockOSThread()
	if _, _, errno := syscall.RawSyscall(syscall.SYS_PRCTL, prSetTimerSlack, slack, 0); errno == 0 {
		_ = syscall.Exec(self, os.Args, os.Environ())
	}
}

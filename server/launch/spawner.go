package launch

import (
	"os/exec"
	"runtime"
	"sync"

	"capplayground/cluster"
	"capplayground/cluster/timerslack"
)

// spawner starts processes from one thread that lives until close. Linux sends
// the parent-death signal when the thread that started the child ends, not when
// the parent process ends (prctl(2), PR_SET_PDEATHSIG). The Go runtime may end any
// thread that is not locked. The children inherit the timer slack of the thread: a node
// would otherwise have to start its program again.
type spawner struct {
	jobs chan job
	done chan struct{}
	once sync.Once
}

type job struct {
	cmd *exec.Cmd
	err chan error
}

func newSpawner() *spawner {
	s := &spawner{jobs: make(chan job), done: make(chan struct{})}
	go func() {
		runtime.LockOSThread() // never unlocked: the thread ends with the goroutine
		timerslack.SetThread(timerslack.Node)
		for {
			select {
			case j := <-s.jobs:
				j.err <- j.cmd.Start()
			case <-s.done:
				return
			}
		}
	}()
	return s
}

func (s *spawner) start(cmd *exec.Cmd) error {
	j := job{cmd, make(chan error, 1)}
	select {
	case s.jobs <- j:
		return <-j.err
	case <-s.done:
		return cluster.ErrStopping
	}
}

// close ends the thread. On Linux this also kills the running processes that the
// thread started.
func (s *spawner) close() { s.once.Do(func() { close(s.done) }) }

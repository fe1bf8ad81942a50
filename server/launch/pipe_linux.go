package launch

import (
	"errors"
	"os"
	"syscall"
	"time"
)

// lazyPipe is the read end of a pipe. A write to the pipe wakes up a thread of this
// process only while a Read waits and the writer is not busy. In Go's poller each write
// would wake one up, also while the reader pauses (see beat).
type lazyPipe struct {
	// busy: Read looks at an empty pipe for some beats before it waits for a write. Then
	// the node has rested, and is not busy any more.
	busy bool

	pipe  *os.File // not in Go's poller, and a read of the empty pipe returns EAGAIN
	fd    int      // of pipe
	epoll *os.File // in Go's poller; it watches pipe while a Read waits (EPOLLONESHOT, epoll_ctl(2))
	raw   syscall.RawConn
}

// newLazyPipe makes a pipe. Close ends a Read that waits: its error is os.ErrClosed.
func newLazyPipe() (*lazyPipe, *os.File, error) {
	var fds [2]int
	if err := syscall.Pipe2(fds[:], syscall.O_CLOEXEC); err != nil {
		return nil, nil, os.NewSyscallError("pipe2", err)
	}
	// NewFile leaves a descriptor whose reads block out of Go's poller.
	p := &lazyPipe{pipe: os.NewFile(uintptr(fds[0]), "pipe"), fd: fds[0]}
	w := os.NewFile(uintptr(fds[1]), "pipe")
	err := syscall.SetNonblock(p.fd, true)
	if err == nil {
		err = p.watch()
	}
	if err != nil {
		_ = errors.Join(p.Close(), w.Close())
		return nil, nil, err
	}
	return p, w, nil
}

// watch makes the epoll, which does not watch the pipe yet.
func (p *lazyPipe) watch() error {
	fd, err := syscall.EpollCreate1(syscall.EPOLL_CLOEXEC)
	if err != nil {
		return os.NewSyscallError("epoll_create1", err)
	}
	blocks := syscall.SetNonblock(fd, true)
	p.epoll = os.NewFile(uintptr(fd), "epoll")
	p.raw, err = p.epoll.SyscallConn()
	return errors.Join(blocks, err, syscall.EpollCtl(fd, syscall.EPOLL_CTL_ADD, p.fd, &syscall.EpollEvent{}))
}

// looks is how many times a Read looks at the pipe of a busy node, once in each beat.
const looks = 5

// Read implements io.Reader.
func (p *lazyPipe) Read(b []byte) (n int, err error) {
	for look := 0; p.busy && look < looks; look++ {
		if n, err = p.pipe.Read(b); !errors.Is(err, syscall.EAGAIN) {
			return n, err
		}
		awaitBeat(time.Now())
	}
	p.busy = false
	return p.wait(b)
}

// wait reads, and waits for a write if the pipe is empty.
func (p *lazyPipe) wait(b []byte) (n int, err error) {
	var event [1]syscall.EpollEvent
	watched := false
	closed := p.raw.Read(func(epoll uintptr) (done bool) {
		if watched {
			_, _ = syscall.EpollWait(int(epoll), event[:], 0) // this ends the watching
		}
		if n, err = p.pipe.Read(b); !errors.Is(err, syscall.EAGAIN) {
			return true
		}
		watched = true
		event[0] = syscall.EpollEvent{Events: syscall.EPOLLIN | syscall.EPOLLONESHOT}
		err = syscall.EpollCtl(int(epoll), syscall.EPOLL_CTL_MOD, p.fd, &event[0])
		return err != nil
	})
	if closed != nil {
		return 0, os.ErrClosed
	}
	return n, err
}

// Close closes the pipe.
func (p *lazyPipe) Close() error { return errors.Join(p.epoll.Close(), p.pipe.Close()) }

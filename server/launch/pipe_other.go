//go:build !linux

package launch

import "os"

// lazyPipe is the read end of a pipe. Each write to it wakes up a thread of this process:
// only Linux has epoll.
type lazyPipe struct {
	*os.File
	busy bool // of no use here
}

// newLazyPipe is os.Pipe.
func newLazyPipe() (*lazyPipe, *os.File, error) {
	r, w, err := os.Pipe()
	if err != nil {
		return nil, nil, err
	}
	return &lazyPipe{File: r}, w, nil
}

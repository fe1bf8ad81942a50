//go:build !linux

package launch

import (
	"io"
	"os"
)

// newLazyPipe is os.Pipe: only Linux has epoll.
func newLazyPipe() (io.ReadCloser, *os.File, error) {
	r, w, err := os.Pipe()
	if err != nil {
		return nil, nil, err
	}
	return r, w, nil
}

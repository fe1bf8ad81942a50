//go:build unix && !linux

package store

import (
	"os"
	"syscall"
)

// deleted says whether the open file has no name in any directory any more.
func deleted(f *os.File) bool {
	info, err := f.Stat()
	if err != nil {
		return false
	}
	stat, ok := info.Sys().(*syscall.Stat_t)
	return ok && stat.Nlink == 0
}

package launch

import (
	"bytes"
	"os"
	"strconv"
	"syscall"
)

// attributes puts a node into its own process group, so that a Ctrl-C in the
// terminal reaches only the playground. The parent-death signal kills the node when
// the playground ends.
func attributes() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
}

// isStopped reports whether the process is in state T (proc_pid_stat(5)). known is
// false if the state cannot be read.
func isStopped(pid int) (stopped, known bool) {
	stat, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
	if err != nil {
		return false, false
	}
	// The name before the state is in parentheses and may contain any character.
	end := bytes.LastIndexByte(stat, ')')
	if end < 0 || end+2 >= len(stat) {
		return false, false
	}
	return stat[end+2] == 'T', true
}

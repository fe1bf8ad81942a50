package main

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"time"
)

// measured adds to what f finds the time that the processes had of the
// processors, per operation: on a machine that others use as well it says more
// than how fast they were.
func measured(processes []*exec.Cmd, f func() (figures, error)) (figures, error) {
	before := cpuOf(processes)
	began := time.Now()
	found, err := f()
	if done := found.perSecond * time.Since(began).Seconds(); done > 0 {
		found.cpu = time.Duration(float64(cpuOf(processes)-before) / done)
	}
	return found, err
}

// clockTick is the unit of times in /proc, which is the same on every Linux.
const clockTick = 10 * time.Millisecond

// cpuOf is what the processes had so far, from proc_pid_stat(5): utime and
// stime; 0 where there is no /proc.
func cpuOf(processes []*exec.Cmd) (total time.Duration) {
	for _, p := range processes {
		stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", p.Process.Pid))
		if err != nil {
			return 0
		}
		// The name before these fields is in parentheses and may hold spaces.
		fields := bytes.Fields(stat[bytes.LastIndexByte(stat, ')')+1:])
		for _, field := range fields[11:13] {
			ticks, _ := strconv.Atoi(string(field))
			total += time.Duration(ticks) * clockTick
		}
	}
	return total
}

// residentMiB is the memory that a process has resident, in MiB; 0 where there
// is no /proc.
func residentMiB(pid int) float64 {
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0
	}
	for line := range strings.Lines(string(status)) {
		if f := strings.Fields(line); len(f) > 1 && f[0] == "VmRSS:" {
			kib, _ := strconv.Atoi(f[1])
			return float64(kib) / 1024
		}
	}
	return 0
}

// at is a quantile.
func at(all []time.Duration, q float64) time.Duration {
	sorted := slices.Sorted(slices.Values(all))
	return sorted[int(q*float64(len(sorted)-1))]
}

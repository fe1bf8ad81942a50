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

// measured runs the load f. It adds the processor time per operation of these
// processes to the figures. If other programs use the machine too, the processor time
// says more than the speed.
func measured(pids []int, f func() (figures, error)) (figures, error) {
	before := cpuOf(pids)
	began := time.Now()
	found, err := f()
	if done := found.perSecond * time.Since(began).Seconds(); done > 0 {
		found.cpu = time.Duration(float64(cpuOf(pids)-before) / done)
	}
	return found, err
}

// clockTick is the unit of times in /proc, which is the same on every Linux.
const clockTick = 10 * time.Millisecond

// pidsOf are the ids of started commands.
func pidsOf(processes []*exec.Cmd) (pids []int) {
	for _, p := range processes {
		pids = append(pids, p.Process.Pid)
	}
	return pids
}

// cpuOf is the processor time of the processes since their start: utime and stime in
// proc_pid_stat(5). It is 0 on a system without /proc.
func cpuOf(pids []int) (total time.Duration) {
	for _, pid := range pids {
		stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
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

// residentMiB is the resident memory of a process, in MiB. It is 0 on a system without
// /proc.
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

// at returns the quantile q of all, 0 ≤ q ≤ 1.
func at(all []time.Duration, q float64) time.Duration {
	sorted := slices.Sorted(slices.Values(all))
	return sorted[int(q*float64(len(sorted)-1))]
}

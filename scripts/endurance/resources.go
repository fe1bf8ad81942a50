package main

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"capplayground/cluster"
)

// resources counts the resources of one process. -1: the figure is not known.
type resources struct {
	Goroutines int     `json:"goroutines"`
	Files      int     `json:"files"` // open descriptors
	MiB        float64 `json:"mib"`   // resident memory
	Threads    int     `json:"threads"`
}

// most returns the greater value of each figure.
func (h resources) most(o resources) resources {
	return resources{max(h.Goroutines, o.Goroutines), max(h.Files, o.Files), max(h.MiB, o.MiB), max(h.Threads, o.Threads)}
}

var unknown = resources{-1, -1, -1, -1}

// resourcesOf counts the resources of the process pid. vitals is nil if the process does not
// answer.
func resourcesOf(pid int, vitals *cluster.Vitals) resources {
	h := unknown
	if vitals != nil {
		h.Goroutines = vitals.Goroutines
	}
	proc := filepath.Join("/proc", strconv.Itoa(pid))
	if fds, err := os.ReadDir(filepath.Join(proc, "fd")); err == nil {
		h.Files = len(fds)
	}
	status, err := os.ReadFile(filepath.Join(proc, "status"))
	if err != nil {
		return h
	}
	for line := range strings.Lines(string(status)) {
		f := strings.Fields(line)
		if len(f) < 2 {
			continue
		}
		n, _ := strconv.Atoi(f[1])
		switch f[0] {
		case "VmRSS:":
			h.MiB = float64(n) / 1024
		case "Threads:":
			h.Threads = n
		}
	}
	return h
}

// running maps the process ids of a program to the ids of their parents. Zombies hold
// no resources, so they are left out.
func running(binary string) map[int]int {
	parents := map[int]int{}
	dirs, _ := filepath.Glob("/proc/[0-9]*")
	for _, dir := range dirs {
		if exe, err := os.Readlink(filepath.Join(dir, "exe")); err != nil || strings.TrimSuffix(exe, " (deleted)") != binary {
			continue
		}
		stat, err := os.ReadFile(filepath.Join(dir, "stat"))
		if err != nil {
			continue
		}
		// The name before the state is in parentheses and may hold anything.
		after := strings.Fields(string(stat[strings.LastIndexByte(string(stat), ')')+1:]))
		pid, err := strconv.Atoi(filepath.Base(dir))
		if err != nil || len(after) < 2 || after[0] == "Z" {
			continue
		}
		parents[pid], _ = strconv.Atoi(after[1])
	}
	return parents
}

// orphans counts the processes of the program that are neither the playground nor its
// children.
func (s *soak) orphans() int {
	n := 0
	us := s.p.PID
	for pid, parent := range running(s.p.Program) {
		if pid != us && parent != us {
			n++
		}
	}
	return n
}

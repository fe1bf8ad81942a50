package loopback

import (
	"encoding/hex"
	"fmt"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// HolderOf finds the process that listens at addr, a host:port. It finds
// processes of the same user; root finds all.
func HolderOf(addr string) Holder {
	for _, inode := range listeners(addr) {
		sockets, _ := filepath.Glob("/proc/[0-9]*/fd/*")
		for _, fd := range sockets {
			if target, err := os.Readlink(fd); err == nil && target == "socket:["+inode+"]" {
				return process(filepath.Dir(filepath.Dir(fd)))
			}
		}
	}
	return Holder{}
}

// process describes the process of a directory in /proc. A node that a playground
// started is described by the playground: that is the process to end.
func process(dir string) Holder {
	for up := parent(dir); sameProgram(dir, up); up = parent(dir) {
		dir = up
	}
	pid, _ := strconv.Atoi(filepath.Base(dir))
	line, _ := os.ReadFile(filepath.Join(dir, "cmdline"))
	words := strings.Fields(strings.ReplaceAll(string(line), "\x00", " "))
	command := strings.Join(words, " ")
	const most = 80
	if len(command) > most {
		command = strings.ToValidUTF8(command[:most], "") + "…"
	}
	return Holder{PID: pid, Command: command}
}

// parent is the directory of the parent of a process, see proc_pid_stat(5).
func parent(dir string) string {
	stat, _ := os.ReadFile(filepath.Join(dir, "stat"))
	// The name before these fields is in parentheses and may hold blanks.
	if f := strings.Fields(string(stat[strings.LastIndexByte(string(stat), ')')+1:])); len(f) > 1 {
		return filepath.Join("/proc", f[1])
	}
	return ""
}

func sameProgram(dir, other string) bool {
	a, err := os.Readlink(filepath.Join(dir, "exe"))
	b, err2 := os.Readlink(filepath.Join(other, "exe"))
	return err == nil && err2 == nil && a == b
}

// listeners are the inodes of the sockets that keep others from listening at
// addr: those at its port and at its own or the unspecified address. See
// proc_net_tcp(5).
func listeners(addr string) (inodes []string) {
	resolved, err := net.ResolveTCPAddr("tcp", addr)
	if err != nil {
		return nil
	}
	own, _ := netip.AddrFromSlice(resolved.IP)
	for _, table := range []string{"/proc/net/tcp", "/proc/net/tcp6"} {
		text, _ := os.ReadFile(table)
		for line := range strings.Lines(string(text)) {
			f := strings.Fields(line)
			if len(f) < 10 || f[3] != "0A" { // LISTEN
				continue
			}
			host, port, _ := strings.Cut(f[1], ":")
			if port != fmt.Sprintf("%04X", resolved.Port) {
				continue
			}
			at := socketAddr(host)
			if at == own.Unmap() || at.IsUnspecified() || own.IsUnspecified() || !own.IsValid() {
				inodes = append(inodes, f[9])
			}
		}
	}
	return inodes
}

// socketAddr reads an address as /proc has it: 32-bit words in the byte order of
// this machine, which is little-endian on all that run this program.
func socketAddr(text string) netip.Addr {
	raw, err := hex.DecodeString(text)
	if err != nil || len(raw)%4 != 0 {
		return netip.Addr{}
	}
	for word := range slices.Chunk(raw, 4) {
		slices.Reverse(word)
	}
	addr, _ := netip.AddrFromSlice(raw)
	return addr.Unmap()
}

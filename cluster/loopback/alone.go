package loopback

import (
	"fmt"
	"slices"
	"strings"
)

// Alone returns what a person should know if all nodes listen at 127.0.0.1, because the
// other addresses cannot be bound: why, what is missing then, and the commands that add
// the addresses. system is runtime.GOOS, lanes and n are those of Lanes.
func Alone(system string, lanes, n int) string {
	var text strings.Builder
	_, _ = fmt.Fprintf(&text, "127.0.0.2 and the other addresses of nodes cannot be used here: all nodes listen at 127.0.0.1, from port %d on.\n", BasePort+1)
	if !slices.Contains([]string{"darwin", "dragonfly", "freebsd", "netbsd", "openbsd"}, system) {
		return text.String()
	}
	text.WriteString("Everything works, but a packet filter cannot stop one node alone. If you want that, add the addresses.\nThey last until this machine restarts:\n")
	for k := range lanes {
		for i := 1; i <= n; i++ {
			if k > 0 || i > 1 {
				_, _ = fmt.Fprintf(&text, "  sudo ifconfig lo0 alias 127.0.%d.%d up\n", k, i)
			}
		}
	}
	return text.String()
}

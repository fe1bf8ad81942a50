package loopback_test

import (
	"strings"
	"testing"

	"capplayground/cluster/loopback"
)

func TestAloneNamesTheCommandsForTheMissingAddresses(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		system   string
		lanes, n int
		commands []string
	}{
		{"darwin", 1, 3, []string{"sudo ifconfig lo0 alias 127.0.0.2 up", "sudo ifconfig lo0 alias 127.0.0.3 up"}},
		{"darwin", 2, 2, []string{"sudo ifconfig lo0 alias 127.0.0.2 up", "sudo ifconfig lo0 alias 127.0.1.1 up", "sudo ifconfig lo0 alias 127.0.1.2 up"}},
		{"plan9", 1, 3, nil},
	} {
		text := loopback.Alone(row.system, row.lanes, row.n)
		var commands []string
		for line := range strings.Lines(text) {
			if strings.Contains(line, "ifconfig") {
				commands = append(commands, strings.TrimSpace(line))
			}
		}
		if !strings.Contains(text, "127.0.0.1, from port 3001 on") || strings.Join(commands, "; ") != strings.Join(row.commands, "; ") {
			t.Errorf("%s, %d lanes of %d nodes:\n%s", row.system, row.lanes, row.n, text)
		}
	}
}

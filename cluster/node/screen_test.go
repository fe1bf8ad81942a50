package node

import (
	"strings"
	"testing"

	"capplayground/cluster"
	"capplayground/cluster/driver"
)

// The screen of a node is a terminal. Text of clients and peers must not control it, and must
// not look like lines of the node.
func TestScreensAreInert(t *testing.T) {
	t.Parallel()
	const evil = "a\x1b[2J\nn9 holds 0 keys\u202e\u009b31m\r\x00"
	for name, text := range map[string]string{
		"a dump": driver.DumpText(1, cluster.Snapshot{
			Keys:      []cluster.KeyState{{Key: evil, Val: evil, Siblings: []cluster.Sibling{{Val: evil}}}},
			Undecided: []cluster.Undecided{{Tx: "7", Key: evil, Val: evil}}, Hints: []cluster.Hint{{For: 4, Key: evil, Val: evil}},
		}),
	} {
		lines := strings.Split(text, "\n")
		want := map[string]int{"a dump": 5}[name]
		if len(lines) != max(1, want) {
			t.Errorf("%s takes %d lines: %q", name, len(lines), lines)
		}
		for _, line := range lines {
			if line != cluster.Visible(line) {
				t.Errorf("%s: %q", name, line)
			}
		}
	}
	r := newRig(t, 1, nil)
	r.nodes[1].Print("first\x1b[31m\nsecond\x07")
	eventually(t, "both lines on the screen", func() bool {
		s := r.nodes[1].Screen()
		return len(s) >= 2 && s[len(s)-2] == "first␛[31m" && s[len(s)-1] == "second␇"
	})
}

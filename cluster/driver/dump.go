package driver

import (
	"fmt"
	"strings"

	"capplayground/cluster"
)

// Blank is so many blank lines that a terminal shows nothing else, without the last
// line end.
var Blank = strings.Repeat("\n", blankLines-1)

const blankLines = 40

// DumpText returns a node's database as people read it.
func DumpText(id cluster.NodeID, s cluster.Snapshot) string {
	var b strings.Builder
	keys := "keys"
	if len(s.Keys) == 1 {
		keys = "key"
	}
	fmt.Fprintf(&b, "%v holds %d %s", id, len(s.Keys), keys)
	for _, k := range s.Keys {
		fmt.Fprintf(&b, "\n  %s = %s", cluster.Visible(k.Key), valueText(k.Val))
		if k.Version != "" {
			fmt.Fprintf(&b, "  (version %s)", k.Version)
		}
		if k.LockedBy != "" {
			fmt.Fprintf(&b, "  locked by %s", k.LockedBy.Short())
		}
		for _, sib := range k.Siblings {
			fmt.Fprintf(&b, "\n    beside it %s  (version %s)", valueText(sib.Val), sib.Version)
		}
	}
	for _, u := range s.Undecided {
		fmt.Fprintf(&b, "\n  undecided %s: %s = %s", u.Tx.Short(), cluster.Visible(u.Key), valueText(u.Val))
	}
	for _, h := range s.Hints {
		fmt.Fprintf(&b, "\n  hint for %v: %s = %s", h.For, cluster.Visible(h.Key), valueText(h.Val))
	}
	return b.String()
}

// valueText returns a value on one line, cut to the space of a screen.
func valueText(val string) string { return cluster.Visible(cluster.Cut(val, cluster.MaxEventVal)) }

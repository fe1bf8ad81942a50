package node

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"

	"capplayground/cluster"
)

// Bounds of a screen, in lines.
const (
	screenLines = 500 // kept
	blankLines  = 40  // that push the rest out of sight
)

// screen is what a node prints: one readable line for each message and operation,
// as on the terminals of the original.
type screen struct {
	out io.Writer // never waits; nil for none

	mu    sync.Mutex
	kept  []string // the newest screenLines, and for a while some older ones
	block []byte   // space for the lines of one write
}

func (s *screen) print(lines []string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.kept) >= 2*screenLines {
		s.kept = append(s.kept[:0], s.kept[len(s.kept)-screenLines:]...)
	}
	s.kept = append(s.kept, lines...)
	if s.out == nil || len(lines) == 0 {
		return
	}
	s.block = s.block[:0]
	for _, line := range lines {
		s.block = append(append(s.block, line...), '\n')
	}
	_, _ = s.out.Write(s.block)
}

// all returns the newest lines.
func (s *screen) all() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.kept[max(0, len(s.kept)-screenLines):])
}

// dumpText is a node's database as people read it.
func dumpText(id cluster.NodeID, s cluster.Snapshot) string {
	var b strings.Builder
	keys := "keys"
	if len(s.Keys) == 1 {
		keys = "key"
	}
	fmt.Fprintf(&b, "%v holds %d %s", id, len(s.Keys), keys)
	for _, k := range s.Keys {
		fmt.Fprintf(&b, "\n  %s = %s", cluster.Visible(k.Key), shown(k.Val))
		if k.Version != "" {
			fmt.Fprintf(&b, "  (version %s)", k.Version)
		}
		if k.LockedBy != "" {
			fmt.Fprintf(&b, "  locked by %s", k.LockedBy.Short())
		}
		for _, sib := range k.Siblings {
			fmt.Fprintf(&b, "\n    beside it %s  (version %s)", shown(sib.Val), sib.Version)
		}
	}
	for _, u := range s.Undecided {
		fmt.Fprintf(&b, "\n  undecided %s: %s = %s", u.Tx.Short(), cluster.Visible(u.Key), shown(u.Val))
	}
	for _, h := range s.Hints {
		fmt.Fprintf(&b, "\n  hint for %v: %s = %s", h.For, cluster.Visible(h.Key), shown(h.Val))
	}
	return b.String()
}

// shown is a value as a screen has room for it, on one line.
func shown(val string) string { return cluster.Visible(cluster.Cut(val, cluster.MaxEventVal)) }

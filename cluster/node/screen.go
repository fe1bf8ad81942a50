package node

import (
	"io"
	"slices"
	"sync"
)

// screenLines is the number of lines of a screen that are kept.
const screenLines = 500

// screen holds what a node prints: one readable line for each message and operation, as
// on the terminals of the original.
type screen struct {
	out io.Writer // its Write never waits; nil: there is none

	mu    sync.Mutex
	kept  []string // the newest screenLines, and sometimes some older ones
	block []byte   // memory for the lines of one write
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

package strict

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// Fault is one thing that is wrong in a file.
type Fault struct {
	Line, Column int // from 1; 0 where the place is not known
	Text         string
}

// Error holds everything that is wrong in a file, in the order of the lines.
type Error struct {
	File   string // as the person named it; may be empty
	Faults []Fault
}

// maxFaults bounds how many faults an Error holds: after the first ones the
// others mostly follow from them.
const maxFaults = 10

// Error returns one line for each fault, as compilers write them:
// "talk.yaml:12:9: …".
func (e *Error) Error() string {
	lines := make([]string, len(e.Faults))
	for i, f := range e.Faults {
		file := cmp.Or(e.File, "line")
		switch {
		case f.Line == 0:
			lines[i] = file + ": " + f.Text
		case e.File == "":
			lines[i] = fmt.Sprintf("line %d, column %d: %s", f.Line, f.Column, f.Text)
		default:
			lines[i] = fmt.Sprintf("%s:%d:%d: %s", e.File, f.Line, f.Column, f.Text)
		}
	}
	return strings.Join(lines, "\n")
}

// sorted puts the faults in the order of the file and bounds their number.
func sorted(faults []Fault) []Fault {
	slices.SortStableFunc(faults, func(a, b Fault) int {
		return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column))
	})
	return faults[:min(len(faults), maxFaults)]
}

package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// reasons is a package's testdata/mutants: the mutants that no test can notice. A
// reason begins with "# ". The lines below it are the mutants to which it applies, each
// "FILE KIND LINE OF THE SOURCE" with » before the operator. There are no line numbers,
// because every edit above a line would change them.
type reasons struct {
	lines map[string]bool // the key is the line; true: a survivor was found for it
}

func readReasons(dir string) (*reasons, error) {
	r := &reasons{lines: map[string]bool{}}
	text, err := os.ReadFile(filepath.Join(dir, "testdata", "mutants"))
	if errors.Is(err, fs.ErrNotExist) {
		return r, nil
	}
	if err != nil {
		return nil, err
	}
	reason := false
	for n, line := range strings.Split(string(text), "\n") {
		line = strings.TrimSpace(line)
		switch {
		case line == "":
			reason = false
		case strings.HasPrefix(line, "# "):
			reason = true
		case !reason:
			return nil, fmt.Errorf("testdata/mutants:%d: no reason stands above this line", n+1)
		default:
			r.lines[line] = false
		}
	}
	return r, nil
}

// take reports whether the list explains a survivor.
func (r *reasons) take(m *mutant) bool {
	line := fmt.Sprintf("%s %s %s", m.file, m.kind, m.text)
	if _, listed := r.lines[line]; !listed {
		return false
	}
	r.lines[line] = true
	return true
}

// left returns the lines for which no survivor was found.
func (r *reasons) left() []string {
	var left []string
	for line, found := range r.lines {
		if !found {
			left = append(left, line)
		}
	}
	return left
}

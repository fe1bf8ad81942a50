// Command transcripts runs the text scripts of all protocols and prints the events of
// each run as JSON lines, in the form of playground sim --events. The page's test of
// its sentences reads them.
package main

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"capplayground/cluster"
	"capplayground/cluster/modes"
	"capplayground/cluster/script"
)

// checks matches the lines of a script that call checks of its protocol's tests.
var checks = regexp.MustCompile("(?m)^check.*\n")

func main() {
	out := bufio.NewWriter(os.Stdout)
	err := run(".", out)
	if err == nil {
		err = out.Flush()
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "transcripts:", err)
		os.Exit(1)
	}
}

// run prints the events of all scripts below the project's folder.
func run(top string, out io.Writer) error {
	for _, mode := range modes.All() {
		folder := packageOf(mode)
		paths, err := filepath.Glob(filepath.Join(top, "cluster", folder, "testdata", "*.txt"))
		if err != nil || len(paths) == 0 {
			return fmt.Errorf("no scripts of %s (%v)", folder, err)
		}
		for _, path := range paths {
			if err := printRun(mode.Name, path, out); err != nil {
				return fmt.Errorf("%s: %w", path, err)
			}
		}
	}
	return nil
}

// packageOf returns the name of the package with a mode's state machine. The scripts of the
// mode are in the directory of this package.
func packageOf(mode cluster.Descriptor) string {
	machine := fmt.Sprintf("%T", mode.New(cluster.Config{ID: 1, Nodes: []cluster.NodeID{1}}))
	return strings.TrimPrefix(strings.Split(machine, ".")[0], "*")
}

// printRun prints one line that names the run, then one for each event.
func printRun(mode cluster.Mode, path string, out io.Writer) error {
	text, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	if _, err := fmt.Fprintf(out, "{\"run\":{\"mode\":%q,\"script\":%q}}\n", mode, filepath.Base(path)); err != nil {
		return err
	}
	var seq uint64
	var failed error
	world := script.New(script.Config{
		New: func(cfg cluster.Config) cluster.Machine {
			cfg.Tight = true // as in the tests of the protocols
			return modes.Of(mode).New(cfg)
		},
		Record: func(e cluster.Event) {
			seq++
			e.Seq = seq
			line, err := e.MarshalJSON()
			if err == nil {
				_, err = fmt.Fprintf(out, "%s\n", line)
			}
			if err != nil {
				failed = err
			}
		},
	})
	if _, err := world.Run(checks.ReplaceAllString(string(text), "")); err != nil {
		return err
	}
	return failed
}

package main

import (
	"flag"
	"fmt"
	"io"
	"os"
	"strings"

	"capplayground/cluster"
	"capplayground/server/export"
)

const exportHelp = `Usage: playground export FILE --format FORMAT [flags]

Writes a recording in the format of another tool: mermaid (a sequence diagram of one
operation), perfetto (a trace for ui.perfetto.dev), shiviz (a log with vector
clocks), edn (the history of one key in Jepsen's form). See server/export/README.md.

`

// exportRecording is the command export.
func exportRecording(args []string, stdout, stderr io.Writer) error {
	flags := flag.NewFlagSet("playground export", flag.ContinueOnError)
	flags.SetOutput(io.Discard) // main prints errors, in one place
	format := flags.String("format", "", "`format` of the file: one of "+strings.Join(export.Names(), ", "))
	op := flags.String("op", "", "`id` of the operation that mermaid draws (default: the last one)")
	key := flags.String("key", "", "`key` whose history edn has (default: that of the last operation)")
	file := flags.String("o", "", "`file` to write (default: standard output)")
	files, done, err := parseFlags(flags, args, exportHelp, stdout)
	if done || err != nil {
		return err
	}
	rec, err := readRecording(files)
	if err != nil {
		return err
	}
	for _, text := range rec.Missing {
		_, _ = fmt.Fprintln(stderr, "playground:", text)
	}
	out, err := export.Write(*format, rec, export.Selection{Op: cluster.OpID(*op), Key: *key})
	if err != nil {
		return fmt.Errorf("%w: %w", errUsage, err)
	}
	if *file != "" {
		return os.WriteFile(*file, out.Text, 0o644)
	}
	_, err = stdout.Write(out.Text)
	return err
}

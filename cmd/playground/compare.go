package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"

	"capplayground/cluster"
	"capplayground/cluster/modes"
	"capplayground/server"
	"capplayground/server/compare"
	"capplayground/web/comparison"
)

const compareUsage = `Usage: playground compare [flags]

Plays one script of faults and load under several modes, one after another, and
prints what the clients saw side by side. The exit status is 0 when it was
played, whatever the verdicts.

A file of faults is YAML: how long a lane is, the load, and what is done when:

    length: 9s
    load: {rate: 120, clients: 64, keys: 10, read_ratio: 0.5}
    faults:
      - {at: 1s, do: freeze, node: 4}
      - {at: 2.5s, do: thaw, node: 4}
      - {at: 3.5s, do: partition, groups: [[1, 2], [3, 4, 5]]}
      - {at: 5.5s, do: heal}
      - {at: 6.5s, do: kill, node: 3}
      - {at: 7.5s, do: restart, node: 3}

`

// comparing is the command line of compare.
type comparing struct {
	options
	faults, lanes, json, html string
}

// playCompare is the command compare.
func playCompare(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	o := comparing{options: options{mode: string(modes.Default())}}
	flags := o.flags("playground compare")
	flags.StringVar(&o.faults, "faults", "", "`file` of the script (default: the one above)")
	flags.StringVar(&o.lanes, "modes", "", "`modes` to compare, in the order given, of "+list(modes.Names())+" (default "+list(modes.Compared())+")")
	flags.StringVar(&o.json, "json", "", "`file` to save the result in, as JSON")
	flags.StringVar(&o.html, "html", "", "`file` to save the result in, as a page that needs nothing else")
	flags.BoolVar(&o.open, "open", false, "open the page of the result in a browser")
	if done, err := o.read(flags, args, compareUsage, stdout); err != nil || done {
		return err
	}
	script := compare.Default()
	if o.faults != "" {
		text, err := os.ReadFile(o.faults)
		if err != nil {
			return fmt.Errorf("%w: %w", errUsage, err)
		}
		if script, err = compare.Parse(o.faults, text); err != nil {
			return fmt.Errorf("%w: %w", errUsage, err)
		}
	}
	if o.lanes != "" {
		script.Modes = nil
		for name := range strings.SplitSeq(o.lanes, ",") {
			script.Modes = append(script.Modes, cluster.Mode(name))
		}
	}
	if err := script.Validate(); err != nil {
		return fmt.Errorf("%w: %w", errUsage, err)
	}
	result, err := o.play(ctx, script, stderr)
	if err != nil {
		return err
	}
	if err := result.Print(stdout); err != nil {
		return err
	}
	return o.save(ctx, result, stdout)
}

// list names modes as --modes takes them.
func list(names []cluster.Mode) string {
	var b strings.Builder
	for i, name := range names {
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteString(string(name))
	}
	return b.String()
}

// play starts a playground, plays on it, and ends it.
func (o comparing) play(ctx context.Context, script compare.Script, stderr io.Writer) (result compare.Result, err error) {
	cfg, err := o.config(stderr)
	if err != nil {
		return result, err
	}
	if err := script.Fits(len(cfg.Peers)); err != nil {
		return result, fmt.Errorf("%w: %w", errUsage, err)
	}
	for _, file := range []string{o.json, o.html} {
		if err := writable(file); err != nil {
			return result, fmt.Errorf("%w: %w", errUsage, err)
		}
	}
	err = withPlayground(ctx, cfg, stderr, func(ctx context.Context, s *server.Server) (err error) {
		result, err = s.Compare(ctx, script, func(p compare.Progress) {
			_, _ = fmt.Fprintf(stderr, "%3.0f %%  %s: %s\n", 100*p.Done, p.Mode, p.Text)
		})
		return err
	})
	return result, err
}

// syncBuffer keeps what several goroutines write.
type syncBuffer struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (j *syncBuffer) Write(p []byte) (int, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.text.Write(p)
}

func (j *syncBuffer) writeTo(w io.Writer) {
	j.mu.Lock()
	defer j.mu.Unlock()
	_, _ = j.text.WriteTo(w)
}

// writable fails if a file of this name could not be written at the end.
func writable(name string) error {
	if name == "" {
		return nil
	}
	file, err := os.OpenFile(name, os.O_CREATE|os.O_WRONLY, 0o644)
	if err != nil {
		return err
	}
	return file.Close()
}

// save writes the files that the command line names.
func (o comparing) save(ctx context.Context, result compare.Result, stdout io.Writer) error {
	if o.json != "" {
		text, err := json.MarshalIndent(result, "", "\t")
		if err != nil {
			return err
		}
		if err := os.WriteFile(o.json, append(text, '\n'), 0o644); err != nil {
			return err
		}
	}
	if o.open && o.html == "" {
		o.html = filepath.Join(os.TempDir(), "compare-"+result.Began.Format("20060102-150405")+".html")
	}
	if o.html == "" {
		return nil
	}
	file, err := os.OpenFile(o.html, os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o644)
	if err != nil {
		return err
	}
	if err := errors.Join(comparison.Write(ctx, file, result), file.Close()); err != nil {
		return err
	}
	path, err := filepath.Abs(o.html)
	if err != nil {
		return err
	}
	_, _ = fmt.Fprintln(stdout, "\nOpen  file://"+filepath.ToSlash(path))
	if o.open {
		return openBrowser(path)
	}
	return nil
}

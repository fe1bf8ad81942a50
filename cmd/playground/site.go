package main

import (
	"context"
	"flag"
	"fmt"
	"io"

	"capplayground/cluster/usage"
	"capplayground/web/site"
)

const siteHelp = `Usage: playground site DIR [flags]

Writes the simulated edition to a directory: the same page, whose five nodes run in the
browser. Any web host can serve it, from any path, without a program of ours. See
web/site/README.md.

The Go tool builds the modules that run in the browser, from the source of this program:
call it in the source tree. The command xz compresses them.

`

// writeSite is the command site.
func writeSite(ctx context.Context, args []string, stdout io.Writer) error {
	flags := flag.NewFlagSet("playground site", flag.ContinueOnError)
	flags.SetOutput(io.Discard) // main prints errors, in one place
	dirs, done, err := parseFlags(flags, args, siteHelp, stdout)
	if done || err != nil {
		return err
	}
	if len(dirs) != 1 {
		return fmt.Errorf("%w: %d directories (want one; see --help)", errUsage, len(dirs))
	}
	cfg, err := site.Build(ctx, "-9e")
	if err != nil {
		return err
	}
	cfg.Version = usage.Version("playground")
	if err := site.Write(dirs[0], cfg); err != nil {
		return err
	}
	_, _ = fmt.Fprintf(stdout, "the simulated edition is in %s: serve this directory, and open it in a browser\n", dirs[0])
	return nil
}

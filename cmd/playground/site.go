package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"capplayground/cluster/usage"
	"capplayground/web/site"
)

const siteHelp = `Usage: playground site DIR [flags]

Writes the simulated edition to a directory: the same page, whose five nodes run in the
browser. Any web host can serve it, from any path, without a program of ours. See
web/site/README.md.

The module that runs in the browser is built by the Go tool, from the source of this
program: call it in the source tree, or name a module that was built.

`

// writeSite is the command site.
func writeSite(ctx context.Context, args []string, stdout io.Writer) error {
	flags := flag.NewFlagSet("playground site", flag.ContinueOnError)
	flags.SetOutput(io.Discard) // main prints errors, in one place
	module := flags.String("module", "", "`file` of cmd/simulation, built for js/wasm (default: build it)")
	dirs, done, err := parseFlags(flags, args, siteHelp, stdout)
	if done || err != nil {
		return err
	}
	if len(dirs) != 1 {
		return fmt.Errorf("%w: %d directories (want one; see --help)", errUsage, len(dirs))
	}
	cfg := site.Config{Version: usage.Version("playground")}
	if cfg.Module, err = readModule(ctx, *module); err != nil {
		return err
	}
	root, err := goTool(ctx, nil, "env", "GOROOT")
	if err != nil {
		return err
	}
	if cfg.Exec, err = os.ReadFile(filepath.Join(strings.TrimSpace(root), "lib", "wasm", "wasm_exec.js")); err != nil {
		return err
	}
	if err := site.Write(dirs[0], cfg); err != nil {
		return err
	}
	_, _ = fmt.Fprintf(stdout, "the simulated edition is in %s: serve this directory, and open it in a browser\n", dirs[0])
	return nil
}

// readModule returns the module that runs in the browser. It builds the module if no file
// is named.
func readModule(ctx context.Context, file string) ([]byte, error) {
	if file != "" {
		return os.ReadFile(file)
	}
	dir, err := os.MkdirTemp("", "playground-site-")
	if err != nil {
		return nil, err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	file = filepath.Join(dir, "simulation.wasm")
	if _, err := goTool(ctx, []string{"GOOS=js", "GOARCH=wasm"}, "build", "-trimpath", "-buildvcs=false", "-ldflags=-s -w -buildid=", "-o", file, "capplayground/cmd/simulation"); err != nil {
		return nil, fmt.Errorf("the module cannot be built: %w", err)
	}
	return os.ReadFile(file)
}

// goTool runs the Go tool, and returns what it prints.
func goTool(ctx context.Context, env []string, args ...string) (string, error) {
	cmd := exec.CommandContext(ctx, "go", args...)
	cmd.Env = append(os.Environ(), env...)
	var out, said strings.Builder
	cmd.Stdout, cmd.Stderr = &out, &said
	if err := cmd.Run(); err != nil {
		return "", fmt.Errorf("go %s: %w: %s", args[0], err, strings.TrimSpace(said.String()))
	}
	return out.String(), nil
}

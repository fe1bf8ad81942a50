package site

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
)

// Build builds the modules with the Go tool, from the source tree that the working
// directory is in, and compresses them with the command xz. level is an option of xz:
// "-9e" gives the smallest files. plain is the size of the first module in bytes, before
// it is compressed. Version of the Config is not set.
func Build(ctx context.Context, level string) (cfg Config, plain int, err error) {
	root, err := output(ctx, nil, nil, "go", "env", "GOROOT")
	if err != nil {
		return Config{}, 0, err
	}
	goroot := strings.TrimSpace(string(root))
	if cfg.Exec, err = os.ReadFile(filepath.Join(goroot, "lib", "wasm", "wasm_exec.js")); err != nil {
		return Config{}, 0, err
	}
	dir, err := os.MkdirTemp("", "playground-site-")
	if err != nil {
		return Config{}, 0, err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	overlay, err := Overlay(goroot, dir)
	if err != nil {
		return Config{}, 0, err
	}
	cfg.Modules = make(map[string][]byte)
	for name, tag := range map[string]string{Plain: "noraft", Whole: ""} {
		file := filepath.Join(dir, name)
		args := append([]string{"build", "-trimpath", "-buildvcs=false", "-ldflags=-s -w -buildid=", "-tags=" + tag, "-o", file}, overlay...)
		if _, err := output(ctx, nil, []string{"GOOS=js", "GOARCH=wasm"}, "go", append(args, "capplayground/cmd/simulation")...); err != nil {
			return Config{}, 0, fmt.Errorf("the module cannot be built: %w", err)
		}
		module, err := os.ReadFile(file)
		if err != nil {
			return Config{}, 0, err
		}
		if name == Plain {
			plain = len(module)
		}
		if cfg.Modules[name], err = output(ctx, module, nil, "xz", "--threads=1", "--check=crc32", level, "--stdout"); err != nil {
			return Config{}, 0, err
		}
	}
	return cfg, plain, nil
}

// output runs a command and returns what it prints.
func output(ctx context.Context, input []byte, env []string, name string, args ...string) ([]byte, error) {
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Env = append(os.Environ(), env...)
	cmd.Stdin = bytes.NewReader(input)
	var out, said bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &said
	if err := cmd.Run(); err != nil {
		return nil, fmt.Errorf("%s: %w: %s", name, err, strings.TrimSpace(said.String()))
	}
	return out.Bytes(), nil
}

// iterators are the methods of package reflect that Overlay leaves out, by their files.
var iterators = map[string][]*regexp.Regexp{
	"type.go": {
		regexp.MustCompile(`\n\tMethods\(\) iter\.Seq\[Method\]\n`),
		regexp.MustCompile(`(?s)\nfunc \(t \*rtype\) Methods\(\).*?\n}\n`),
	},
	"value.go": {regexp.MustCompile(`(?s)\nfunc \(v Value\) Methods\(\).*?\n}\n`)},
}

// Overlay writes files to a directory, and returns the flag of the Go tool that uses
// them. With the flag the linker leaves out exported methods that no code calls. They are
// a fifth of a module. Go 1.26 keeps them all in every program that imports encoding/json,
// because the new iterators over methods in package reflect count as used
// (https://go.dev/issue/78909). The flag leaves the iterators out. A program that calls them
// cannot be built with it. For another release of Go, whose package reflect differs, Overlay
// returns no flag.
func Overlay(goroot, dir string) (flags []string, err error) {
	replace := make(map[string]string)
	for name, parts := range iterators {
		path := filepath.Join(goroot, "src", "reflect", name)
		text, err := os.ReadFile(path)
		if err != nil {
			return nil, err
		}
		for _, part := range parts {
			if len(part.FindAllIndex(text, 2)) != 1 {
				return nil, nil
			}
			text = part.ReplaceAllLiteral(text, []byte("\n"))
		}
		replace[path] = filepath.Join(dir, "reflect_"+name)
		if err := os.WriteFile(replace[path], text, 0o600); err != nil {
			return nil, err
		}
	}
	list, err := json.Marshal(map[string]any{"Replace": replace})
	if err != nil {
		return nil, err
	}
	file := filepath.Join(dir, "overlay.json")
	return []string{"-overlay=" + file}, os.WriteFile(file, list, 0o600)
}

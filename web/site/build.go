package site

import (
	"bytes"
	"context"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// Build builds the modules with the Go tool, from the source tree that the working
// directory is in, and compresses them with the command xz. level is an option of xz:
// "-9e" gives the smallest files. Version of the Config is not set.
func Build(ctx context.Context, level string) (cfg Config, err error) {
	root, err := output(ctx, nil, nil, "go", "env", "GOROOT")
	if err != nil {
		return Config{}, err
	}
	goroot := strings.TrimSpace(string(root))
	if cfg.Exec, err = os.ReadFile(filepath.Join(goroot, "lib", "wasm", "wasm_exec.js")); err != nil {
		return Config{}, err
	}
	dir, err := os.MkdirTemp("", "playground-site-")
	if err != nil {
		return Config{}, err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	overlay, err := withoutTLS(goroot, dir)
	if err != nil {
		return Config{}, err
	}
	cfg.Modules = make(map[string][]byte)
	for name, tag := range map[string]string{Plain: "noraft", Whole: ""} {
		file := filepath.Join(dir, name)
		args := []string{"build", "-trimpath", "-buildvcs=false", overlay, "-ldflags=-s -w -buildid=", "-tags=nethttpomithttp2," + tag, "-o", file, "capplayground/cmd/simulation"}
		if _, err := output(ctx, nil, []string{"GOOS=js", "GOARCH=wasm"}, "go", args...); err != nil {
			return Config{}, fmt.Errorf("the module cannot be built: %w", err)
		}
		module, err := os.ReadFile(file)
		if err != nil {
			return Config{}, err
		}
		if err := dropLines(module); err != nil {
			return Config{}, err
		}
		if cfg.Modules[name], err = output(ctx, module, nil, "xz", "--threads=1", "--check=crc32", level, "--stdout"); err != nil {
			return Config{}, err
		}
	}
	return cfg, nil
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

// stub is a package tls without code: see package tls below this folder.
//
//go:embed tls/tls.go
var stub []byte

// withoutTLS writes files to a directory, and returns the flag of the Go tool that builds a
// program with the stub instead of crypto/tls. Package net/http imports crypto/tls, and with
// it a ninth of a module: the variables of these packages refer to the code of all ciphers,
// so the linker keeps it. In a browser nothing uses it, because a module opens no connections.
func withoutTLS(goroot, dir string) (flag string, err error) {
	names, err := filepath.Glob(filepath.Join(goroot, "src", "crypto", "tls", "*.go"))
	if err != nil {
		return "", err
	}
	replace := make(map[string]string)
	for _, name := range names {
		replace[name] = "" // the Go tool takes the file as deleted
	}
	file := filepath.Join(dir, "tls.go")
	replace[filepath.Join(goroot, "src", "crypto", "tls", "tls.go")] = file
	list, err := json.Marshal(map[string]any{"Replace": replace})
	if err != nil {
		return "", err
	}
	overlay := filepath.Join(dir, "overlay.json")
	return "-overlay=" + overlay, errors.Join(os.WriteFile(file, stub, 0o600), os.WriteFile(overlay, list, 0o600))
}

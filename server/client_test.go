package server

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// generatedClient lets a generator of clients (npm oazapfts) read the playground's
// description, compiles what it has written together with testdata/client.ts, and runs
// that. It returns what the client printed.
func (r *rig) generatedClient() string {
	r.t.Helper()
	modules, err := filepath.Abs("../scripts/node_modules")
	if err != nil {
		r.t.Fatal(err)
	}
	dir := r.t.TempDir()
	write(r.t, filepath.Join(dir, "openapi.yaml"), []byte(r.Do("GET", "/api/openapi.yaml", "")))
	write(r.t, filepath.Join(dir, "package.json"), []byte(`{"type":"module"}`))
	program, err := os.ReadFile("testdata/client.ts")
	if err == nil {
		err = os.Symlink(modules, filepath.Join(dir, "node_modules"))
	}
	if err != nil {
		r.t.Fatal(err)
	}
	write(r.t, filepath.Join(dir, "client.ts"), program)
	r.node(dir, filepath.Join(modules, "oazapfts", "dist", "cli.js"), "openapi.yaml", "playground.ts")
	r.node(dir, filepath.Join(modules, "typescript", "lib", "tsc.js"), "--strict", "--skipLibCheck", "--target", "es2022",
		"--module", "node20", "--types", "node", "client.ts")
	return r.node(dir, "client.js", r.URL)
}

func write(t *testing.T, name string, text []byte) {
	t.Helper()
	if err := os.WriteFile(name, text, 0o600); err != nil {
		t.Fatal(err)
	}
}

// node runs a program of JavaScript in a directory, and returns what it printed.
func (r *rig) node(dir string, args ...string) string {
	r.t.Helper()
	cmd := exec.CommandContext(r.t.Context(), "node", args...)
	cmd.Dir = dir
	out, err := cmd.CombinedOutput()
	if err != nil {
		r.t.Fatalf("node %s (npm ci in scripts installs the generator): %v\n%.3000s", filepath.Base(args[0]), err, out)
	}
	return string(bytes.TrimSpace(out))
}

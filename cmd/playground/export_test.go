package main

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const refusedFile = "../../static/js/testdata/recordings/refused.jsonl"

func TestExportWritesAFileForAnotherTool(t *testing.T) {
	t.Parallel()
	var stdout, stderr bytes.Buffer
	if err := run(context.Background(), []string{"export", refusedFile, "--format", "mermaid"}, &stdout, &stderr); err != nil || !strings.HasPrefix(stdout.String(), "sequenceDiagram\n") {
		t.Errorf("%v: %s%s", err, stdout.String(), stderr.String())
	}
	file := filepath.Join(t.TempDir(), "history.edn")
	if err := run(context.Background(), []string{"export", refusedFile, "--format", "edn", "--key", "city", "-o", file}, &stdout, &stderr); err != nil {
		t.Fatal(err)
	}
	if text, err := os.ReadFile(file); err != nil || !strings.HasPrefix(string(text), "{:index 0,") {
		t.Errorf("%v: %s", err, text)
	}
	for _, args := range [][]string{{"export"}, {"export", refusedFile}, {"export", refusedFile, "--format", "pdf"}, {"export", refusedFile, "--format", "edn", "--key", "x"}, {"export", "/nothing", "--format", "edn"}, {"replay"}, {"replay", refusedFile, "--nodes", "3"}} {
		if err := run(context.Background(), args, &stdout, &stderr); !errors.Is(err, errUsage) {
			t.Errorf("%q: %v", args, err)
		}
	}
}

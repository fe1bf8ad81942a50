package cluster_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// phrases has a phrase for each licence that only the text of this licence contains.
var phrases = map[string]*regexp.Regexp{
	"MIT":          regexp.MustCompile(`(?s)Permission is hereby granted, free of charge.*WITHOUT WARRANTY OF ANY KIND`),
	"BSD-3-Clause": regexp.MustCompile(`(?s)Redistribution and use in source and binary forms.*Neither the name`),
	"ISC":          regexp.MustCompile(`Permission to use, copy, modify, and distribute this software for any`),
	"Apache-2.0":   regexp.MustCompile(`Apache License Version 2\.0`),
	"MPL-2.0":      regexp.MustCompile(`Mozilla Public License Version 2\.0`),
}

// TestDependenciesAreListed: the README lists each module from which the programs are built on
// any system, and each module that go.mod requires. It gives the licence and the version in
// go.mod.
func TestDependenciesAreListed(t *testing.T) {
	t.Parallel()
	readme, err := os.ReadFile("../README.md")
	if err != nil {
		t.Fatal(err)
	}
	type row struct{ version, licence string }
	listed := map[string]row{}
	for _, m := range regexp.MustCompile("(?m)^\\| `([^`]+)` \\| (v[^ ]+) \\| ([^ ]+) \\|").FindAllStringSubmatch(string(readme), -1) {
		listed[m[1]] = row{m[2], m[3]}
	}
	needed := map[string]bool{}
	for _, os := range []string{"linux", "darwin", "windows"} {
		for line := range strings.Lines(golist(t, os, "-deps", "-f", "{{with .Module}}{{.Path}}{{end}}", module+"/cmd/...")) {
			if path := strings.TrimSpace(line); path != "" && path != module {
				needed[path] = true
			}
		}
	}
	if len(needed) < 5 {
		t.Fatalf("the programs are built from %v only: this test checks too few", needed)
	}
	seen := 0
	for line := range strings.Lines(golist(t, "", "-m", "-f", "{{.Path}} {{.Version}} {{.Indirect}} {{.Dir}}", "all")) {
		f := strings.Fields(line)
		if len(f) < 3 || f[0] == module {
			continue
		}
		r, there := listed[f[0]]
		if !there {
			if needed[f[0]] || f[2] == "false" {
				t.Errorf("%s %s is not in the README's table", f[0], f[1])
			}
			continue
		}
		seen++
		if r.version != f[1] {
			t.Errorf("%s: the README says %s, go.mod %s", f[0], r.version, f[1])
		}
		if len(f) < 4 {
			t.Errorf("%s has not been downloaded", f[0])
			continue
		}
		files, _ := filepath.Glob(filepath.Join(f[3], "LICENSE*"))
		text := ""
		for _, file := range files {
			b, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			text += strings.Join(strings.Fields(string(b)), " ") + " "
		}
		if phrase := phrases[r.licence]; phrase == nil || !phrase.MatchString(text) {
			t.Errorf("%s: the README says %s, and the text of its licence begins with %.100s", f[0], r.licence, text)
		}
	}
	if seen != len(listed) {
		t.Errorf("the README lists %d modules, of which go.mod has %d", len(listed), seen)
	}
}

func golist(t *testing.T, system string, args ...string) string {
	t.Helper()
	cmd := exec.Command("go", append([]string{"list"}, args...)...)
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if system != "" {
		cmd.Env = append(cmd.Env, "GOOS="+system)
	}
	var stderr strings.Builder
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go list %v: %v\n%s", args, err, stderr.String())
	}
	return string(out)
}

package main

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"compress/gzip"
	"io"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

type entry struct {
	Name, Text string
	Mode       int64
}

// TestTheSameFilesGiveTheSameBytes: the same files give the same bytes, independent of the
// user and of the time of the files. The archive is readable.
func TestTheSameFilesGiveTheSameBytes(t *testing.T) {
	t.Parallel()
	want := []entry{{"app/LICENSE", "free", 0o644}, {"app/bin/run", "#!", 0o755}}
	for _, ending := range []string{".tar.gz", ".zip"} {
		var archives [2][]byte
		for i := range archives {
			dir := filepath.Join(t.TempDir(), "app")
			if i == 1 { // the files of the second archive are made in reverse order and have other times
				write(t, filepath.Join(dir, "bin", "run"), "#!", 0o700)
			}
			write(t, filepath.Join(dir, "LICENSE"), "free", []os.FileMode{0o600, 0o664}[i])
			write(t, filepath.Join(dir, "bin", "run"), "#!", 0o755)
			at := time.Unix(int64(1000*i), 0)
			if err := os.Chtimes(filepath.Join(dir, "LICENSE"), at, at); err != nil {
				t.Fatal(err)
			}
			file := filepath.Join(t.TempDir(), "app"+ending)
			if err := run([]string{"1700000000", dir, file}); err != nil {
				t.Fatal(err)
			}
			archives[i], _ = os.ReadFile(file)
			if diff := cmp.Diff(want, read(t, archives[i], ending)); diff != "" {
				t.Errorf("%s, want before, got after:\n%s", ending, diff)
			}
		}
		if !bytes.Equal(archives[0], archives[1]) {
			t.Errorf("two %s of the same files differ", ending)
		}
	}
}

func TestWrongArguments(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if err := os.Symlink("nowhere", filepath.Join(dir, "link")); err != nil {
		t.Skip("no symbolic links here")
	}
	for name, args := range map[string][]string{
		"too few":           {"1", dir},
		"no number":         {"x", dir, filepath.Join(t.TempDir(), "a.zip")},
		"another ending":    {"1", dir, filepath.Join(t.TempDir(), "a.rar")},
		"a symbolic link":   {"1", dir, filepath.Join(t.TempDir(), "a.zip")},
		"no directory":      {"1", filepath.Join(dir, "none"), filepath.Join(t.TempDir(), "a.zip")},
		"no place to write": {"1", dir, filepath.Join(dir, "none", "a.zip")},
	} {
		if err := run(args); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

func write(t *testing.T, file, text string, mode os.FileMode) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte(text), mode); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(file, mode); err != nil {
		t.Fatal(err)
	}
}

func read(t *testing.T, archive []byte, ending string) (all []entry) {
	t.Helper()
	if ending == ".zip" {
		r, err := zip.NewReader(bytes.NewReader(archive), int64(len(archive)))
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range r.File {
			one, err := f.Open()
			if err != nil {
				t.Fatal(err)
			}
			text, _ := io.ReadAll(one)
			all = append(all, entry{f.Name, string(text), int64(f.Mode().Perm())})
		}
		return all
	}
	unzipped, err := gzip.NewReader(bytes.NewReader(archive))
	if err != nil {
		t.Fatal(err)
	}
	for r := tar.NewReader(unzipped); ; {
		h, err := r.Next()
		if err == io.EOF {
			return all
		}
		if err != nil {
			t.Fatal(err)
		}
		text, _ := io.ReadAll(r)
		all = append(all, entry{h.Name, string(text), h.Mode})
	}
}

package usage_test

import (
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"capplayground/cluster/usage"
)

func TestVersionNamesProgramCommitAndGo(t *testing.T) {
	t.Parallel()
	text := usage.Version("node")
	for _, part := range []string{"node ", ", commit ", runtime.Version()} {
		if !strings.Contains(text, part) {
			t.Errorf("%q does not name %q", text, part)
		}
	}
}

func TestTokenOfTheEnvironment(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	write := func(name, text string) string {
		file := filepath.Join(dir, name)
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return file
	}
	secret, empty, long := write("secret", "fromfile\n"), write("empty", "\n"), write("long", strings.Repeat("x", 5000))
	for name, row := range map[string]struct {
		env  map[string]string
		want string
		bad  bool
	}{
		"neither":          {map[string]string{}, "", false},
		"the variable":     {map[string]string{"CAP_TOKEN": "a"}, "a", false},
		"the file":         {map[string]string{"CAP_TOKEN_FILE": secret}, "fromfile", false},
		"both":             {map[string]string{"CAP_TOKEN": "a", "CAP_TOKEN_FILE": secret}, "a", false},
		"an empty file":    {map[string]string{"CAP_TOKEN_FILE": empty}, "", true},
		"a long file":      {map[string]string{"CAP_TOKEN_FILE": long}, "", true},
		"no file there":    {map[string]string{"CAP_TOKEN_FILE": filepath.Join(dir, "none")}, "", true},
		"a directory":      {map[string]string{"CAP_TOKEN_FILE": dir}, "", true},
		"variable is text": {map[string]string{"CAP_TOKEN": " a "}, " a ", false},
	} {
		got, err := usage.Token(func(name string) string { return row.env[name] })
		if got != row.want || (err != nil) != row.bad {
			t.Errorf("%s: %q, %v; want %q, an error: %v", name, got, err, row.want, row.bad)
		}
	}
}

package sim

import (
	"strings"
	"testing"

	"capplayground/cluster"
)

// history reads operations such as "w a 1 4 ok; r - 2 3 ok". The fields are: w for a write
// or r for a read, value (- for none), call, return, outcome.
func history(t *testing.T, text string) []Op {
	t.Helper()
	var ops []Op
	for _, line := range strings.Split(text, ";") {
		f := strings.Fields(line)
		if len(f) != 5 {
			t.Fatalf("%q has %d fields", line, len(f))
		}
		op := Op{ID: cluster.OpID(f[1]), Kind: cluster.OpWrite, Key: "k", Val: f[1], Call: int64(f[2][0] - '0'), Return: int64(f[3][0] - '0')}
		if f[0] == "r" {
			op.Kind = cluster.OpRead
		}
		if f[1] == "-" {
			op.Val, op.None = "", true
		}
		switch f[4] {
		case "ok":
			op.Outcome = OK
		case "unknown":
			op.Outcome, op.Return = Unknown, 0
		case "aborted":
			op.Outcome, op.Err = Aborted, cluster.ErrUnavailable
		}
		ops = append(ops, op)
	}
	return ops
}

func TestLinearizable(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, history string
		want          bool
	}{
		{"read what was written", "w a 1 2 ok; r a 3 4 ok", true},
		{"read nothing before", "r - 1 2 ok; w a 3 4 ok", true},
		{"read nothing after", "w a 1 2 ok; r - 3 4 ok", false},
		{"stale", "w a 1 2 ok; w b 3 4 ok; r a 5 6 ok", false},
		{"concurrent, either way", "w a 1 2 ok; w b 3 8 ok; r b 4 5 ok; r b 6 7 ok", true},
		{"new, then old", "w a 1 2 ok; w b 3 8 ok; r b 4 5 ok; r a 6 7 ok", false},
		{"unknown, and read much later", "w a 1 1 unknown; w b 2 3 ok; r b 4 5 ok; r a 6 7 ok", true},
		{"unknown, never read", "w a 1 1 unknown; w b 2 3 ok; r b 4 5 ok", true},
		{"unknown, read, then gone", "w b 1 2 ok; w a 3 3 unknown; r a 4 5 ok; r b 6 7 ok", false},
		{"aborted, never read", "w a 1 2 aborted; r - 3 4 ok", true},
		{"aborted, and read", "w a 1 2 aborted; r a 3 4 ok", false},
		{"from nowhere", "r a 1 2 ok", false},
		{"from the future", "r a 1 2 ok; w a 3 4 ok", false},
		{"a failed read says nothing", "w a 1 2 ok; r - 3 4 aborted", true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if err := linearizable(history(t, tt.history)); (err == nil) != tt.want {
				t.Errorf("%s: %v, want linearizable %v", tt.history, err, tt.want)
			}
		})
	}
}

package cluster

import (
	"context"
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io"
	"path/filepath"
	"strings"
	"testing"
)

// Each error with which an operation, a request or a fault ends has its own row and its own
// code.
func TestEveryErrorHasOneStatusAndItsOwnCode(t *testing.T) {
	t.Parallel()
	codes := map[string]bool{}
	for i, row := range statuses {
		status, code := StatusOf(fmt.Errorf("why: %w", row.err))
		if status != row.status || code != row.code || status < 400 || codes[code] {
			t.Errorf("row %d: %v is %d %s", i, row.err, status, code)
		}
		codes[code] = true
	}
	var names []string
	for _, file := range []string{"errors.go", "fault.go", "id.go"} {
		f, err := parser.ParseFile(token.NewFileSet(), filepath.Clean(file), nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		for _, object := range f.Decls {
			g, ok := object.(*ast.GenDecl)
			if !ok || g.Tok != token.VAR {
				continue
			}
			for _, spec := range g.Specs {
				if name := spec.(*ast.ValueSpec).Names[0].Name; strings.HasPrefix(name, "Err") {
					names = append(names, name)
				}
			}
		}
	}
	if len(names) != len(statuses)-2 { // two rows have errors of package context
		t.Errorf("%d errors and %d rows: %v", len(names), len(statuses), names)
	}
}

func TestOnlySomeErrorsSayThatNothingHappened(t *testing.T) {
	t.Parallel()
	for err, want := range map[error]bool{
		ErrUnknown: false, context.Canceled: false, context.DeadlineExceeded: false, io.EOF: false,
		ErrRefused: true, ErrUnavailable: true, ErrNotFound: true, ErrBadRequest: true, ErrStopping: true,
		errors.Join(ErrUnavailable, ErrUnknown): false,
	} {
		if got := Aborted(err); got != want {
			t.Errorf("%v: %v, want %v", err, got, want)
		}
	}
	if status, code := StatusOf(io.EOF); status != 500 || code != "internal" {
		t.Errorf("an error of another package: %d %s", status, code)
	}
	if err := Sentinel("no operation", ErrFields); !errors.Is(err, ErrFields) || err.Error() != "no operation" {
		t.Errorf("%v", err)
	}
}

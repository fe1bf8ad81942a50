package web_test

import (
	"testing"

	"capplayground/server/servertest"
)

// real is a playground as users start it: a process with five nodes below it.
type real struct {
	*servertest.Test
	t *testing.T
}

// launch starts a playground at free addresses. The playground ends with the test.
func launch(t *testing.T, flags ...string) *real {
	t.Helper()
	return &real{servertest.Start(t, servertest.Options{Flags: flags}), t}
}

// curl sends node i a request, as curl does, and returns the status.
func (r *real) curl(i int, method, path string) int {
	r.t.Helper()
	status, _ := r.Call(method, r.Node(i)+path, "")
	return status
}

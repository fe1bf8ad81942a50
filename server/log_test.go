package server

import (
	"context"
	"io"
	"os"
	"testing"
	"time"

	"capplayground/cluster"
	"capplayground/server/servertest"
)

// stuck is a terminal after Ctrl-S, or a pipe that is not read. A write to it
// returns at the end of the test.
type stuck struct{ release chan struct{} }

func newStuck(t *testing.T) stuck {
	s := stuck{make(chan struct{})}
	t.Cleanup(func() { close(s.release) })
	return s
}

func (s stuck) Write(p []byte) (int, error) {
	<-s.release
	return len(p), os.ErrClosed
}

var _ io.Writer = stuck{}

// No verb waits for a log that is not read. A node is killed, shown as killed, and
// restarted. The mode changes. The playground ends.
func TestALogThatIsNotReadStopsNothing(t *testing.T) {
	t.Parallel()
	r := startRig(t, Config{Mode: "CP", Log: newStuck(t)})
	for range 3 { // each restart writes lines to the log of every peer
		r.Do("POST", "/api/nodes/2/kill", "")
		r.Eventually("node 2 is shown killed", func() bool { return r.Cluster().Nodes[1].Status == cluster.StatusKilled })
		r.Do("POST", "/api/nodes/2/restart", "")
	}
	r.Do("PUT", "/api/mode", `{"mode":"AP"}`)
	r.Do("POST", "/api/reset", "")
	ctx, cancel := context.WithTimeout(t.Context(), servertest.Patience)
	defer cancel()
	ended := make(chan struct{})
	began := time.Now()
	go func() {
		defer close(ended)
		r.Stop()
	}()
	select {
	case <-ended:
		t.Logf("it ended within %v", time.Since(began))
	case <-ctx.Done():
		t.Fatal("the end waits for the log")
	}
}

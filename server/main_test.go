package server

import (
	"context"
	"os"
	"testing"

	"go.uber.org/goleak"

	"capplayground/cluster/process"
)

// TestMain makes the test binary a node, if its first argument is "node": the
// playground under test starts its own program for each node.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 && os.Args[1] == "node" {
		os.Exit(process.Main(context.Background(), "node", process.OS(os.Args[2:])))
	}
	goleak.VerifyTestMain(m)
}

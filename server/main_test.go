package server

import (
	"context"
	"os"
	"testing"

	"go.uber.org/goleak"

	"capplayground/cluster/process"
)

// TestMain lets the test binary be the nodes that it launches.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 && os.Args[1] == "node" {
		os.Exit(process.Main(context.Background(), "node", process.OS(os.Args[2:])))
	}
	goleak.VerifyTestMain(m)
}

// Command node runs one node of a cluster by hand, as in the original:
//
//	MODE=NAME go run ./cmd/node 3001
package main

import (
	"context"
	"os"

	"capplayground/cluster/process"
)

func main() {
	process.TuneNode()
	os.Exit(process.Main(context.Background(), "node", process.OS(os.Args[1:])))
}

// Command wire writes the code that encodes and decodes events, and the page's types of
// all JSON, from the Go structs. It reads the sources and does not compile them, so it also
// works if they have errors. scripts/generate calls it in the root of the
// project.
package main

import (
	"fmt"
	"os"

	"capplayground/scripts/wire/source"
)

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "wire:", err)
		os.Exit(1)
	}
}

func run() error {
	src := source.New(".")
	code, err := codec(src)
	if err != nil {
		return err
	}
	if err := os.WriteFile("cluster/wire_json.go", code, 0o644); err != nil {
		return err
	}
	types, err := declarations(src)
	if err != nil {
		return err
	}
	return os.WriteFile("static/js/model/wire.d.ts", types, 0o644)
}

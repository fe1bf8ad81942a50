package sloppy

import (
	"testing"

	"capplayground/cluster"
	"capplayground/cluster/script"
)

var _ cluster.Machine = (*Machine)(nil)

func scripted() script.Config {
	return script.Config{New: func(c cluster.Config) cluster.Machine { return New(c) }}
}

func TestScripts(t *testing.T) {
	t.Parallel()
	script.Files(t, "testdata/*.txt", scripted())
}

package modes

import (
	"errors"
	"testing"

	"capplayground/cluster"
)

func TestEveryModeOfTheTableMakesAMachineThatStarts(t *testing.T) {
	t.Parallel()
	for mode := range table {
		m, err := New(mode, cluster.Config{ID: 2, Nodes: []cluster.NodeID{1, 2, 3}, Database: "d"})
		if err != nil {
			t.Fatalf("%s: %v", mode, err)
		}
		m.Step(cluster.Input{Kind: cluster.InputStart})
		if keys := m.Snapshot().Keys; len(keys) != 0 {
			t.Errorf("%s: a new node holds %v", mode, keys)
		}
	}
}

func TestUnknownMode(t *testing.T) {
	t.Parallel()
	if m, err := New("ZZ", cluster.Config{}); !errors.Is(err, cluster.ErrUnknownMode) || m != nil {
		t.Errorf("New: %v, %v; want %v", m, err, cluster.ErrUnknownMode)
	}
}

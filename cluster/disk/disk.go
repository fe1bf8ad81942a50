// Package disk is a node's disk in memory. The simulator, the scripts and the simulated
// edition use it in place of package store.
package disk

import (
	"slices"
	"strings"

	"capplayground/cluster"
)

// Memory holds the newest record of each key.
type Memory map[string][]byte

// Write puts records on the disk, in their order. A record without a value deletes its
// key. The disk keeps the values, so the caller must not change them afterwards.
func (m Memory) Write(records []cluster.Record) {
	for _, r := range records {
		if r.Val == nil {
			delete(m, r.Key)
		} else {
			m[r.Key] = r.Val
		}
	}
}

// Start implements Disk. A disk in memory does not know its cluster.
func (m Memory) Start([]cluster.NodeID) ([]cluster.Record, error) { return m.Records(), nil }

// Stop implements Disk.
func (m Memory) Stop() {}

// Records returns the records on the disk, ascending by key, as a node that starts gets
// them. The caller must not change the values.
func (m Memory) Records() []cluster.Record {
	records := make([]cluster.Record, 0, len(m))
	for key, val := range m {
		records = append(records, cluster.Record{Key: key, Val: val})
	}
	slices.SortFunc(records, func(a, b cluster.Record) int { return strings.Compare(a.Key, b.Key) })
	return records
}

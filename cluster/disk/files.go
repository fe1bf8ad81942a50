package disk

import "capplayground/cluster"

// Disk is a node's disk, as the simulator and the scripts use it.
type Disk interface {
	// Start returns the records for a node that starts, ascending by key. The members are
	// the nodes of its cluster. After an error the node must not start.
	Start(members []cluster.NodeID) ([]cluster.Record, error)
	// Write makes records durable, in their order.
	Write(records []cluster.Record)
	// Records returns the records on the disk of a node that is up, ascending by key.
	Records() []cluster.Record
	// Stop is called when the process of the node has ended.
	Stop()
}

// Files is a disk whose records are in files. Its methods are called while the node is
// down, except those of Disk. Tests run the simulator and the scripts with it, to test
// package store together with the protocols.
type Files interface {
	Disk
	// Tear leaves a write unfinished on the disk, as a power failure does: some of its
	// sectors were not written. It is called instead of the last Write before Stop.
	// random returns a number from 0 to n-1.
	Tear(records []cluster.Record, random func(n int) int)
	// Sectors returns how many sectors can be damaged: all sectors before the newest
	// acknowledged write. It is at least 1.
	Sectors() int
	// Damage makes one sector unreadable, counted from 0: each of its bytes is read as
	// with. repair restores the sector.
	Damage(sector int, with byte) (repair func())
}

package sloppy

import (
	"time"

	"capplayground/cluster"
)

// Mode describes sloppy quorums to the rest of the program.
func Mode() cluster.Descriptor {
	return cluster.Descriptor{
		Name: "AP", Approach: "sloppy quorums", Triangle: []string{"A", "P"}, Keeps: []string{"A"},
		GivesUp: "A read may be stale, and two writes may conflict.",
		Copies:  cluster.CopiesHomes, Sizes: true, Plant: true, IfMatch: true,
		Calls: []cluster.Call{
			{
				Method: "POST", Path: "/quorum/repair", Kind: cluster.OpPlant, Body: []string{"key", "val", "ts"},
				Summary: "plants a value on this node alone, older than every real write",
			},
			{Method: "GET", Path: "/quorum/read/{key}", Kind: cluster.OpHolds, Summary: "reads what this node alone holds"},
		},
		Roles: []string{role},
		Types: []string{
			typeForward, typeTaken, typeResult, typeStore, typeStored, typeRead, typeValue,
			typeRepair, typeHandover, typeHanded, typeDigest, typeSame, typeHashes, typeSync,
		},
		Moments: []cluster.Moment{
			{When: "the first home has stored", Role: "coordinator", Type: typeStored, From: cluster.ShareOne},
			{When: "a write comes in to be stored", Role: "home", Type: typeStore, From: cluster.ShareOne},
		},
		// Anti-entropy compares keys with one peer every 10 s of virtual time.
		Settle: 3 * time.Minute,
		New:    New,
	}
}

package majority

import (
	"time"

	"capplayground/cluster"
)

// Mode describes majority quorums to the rest of the program.
func Mode() cluster.Descriptor {
	return cluster.Descriptor{
		Name: "CP", Approach: "majority quorums", Triangle: []string{"C", "P"}, Keeps: []string{"C"},
		GivesUp:      "The minority side of a partition must refuse.",
		Linearizable: true, Copies: cluster.CopiesMajority, Disk: true,
		Calls: []cluster.Call{},
		Roles: []string{roleReplica, roleCoordinator},
		Types: []string{
			typeQuery, typeAnswer, typeStore, typeWriteBack, typeStored,
		},
		Moments: []cluster.Moment{
			{When: "it knows the newest version", Role: roleCoordinator, Type: typeAnswer, From: cluster.ShareMajority},
			{When: "a majority has stored", Role: roleCoordinator, Type: typeStored, From: cluster.ShareMajority},
		},
		Settle: 30 * time.Second,
		New:    New,
	}
}

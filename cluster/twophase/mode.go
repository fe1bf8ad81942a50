package twophase

import (
	"time"

	"capplayground/cluster"
)

// Mode describes two-phase commit to the rest of the program.
func Mode() cluster.Descriptor {
	return cluster.Descriptor{
		Name: "CA", Aliases: []cluster.Mode{"AC"},
		Approach: "two-phase commit", Triangle: []string{"C", "A"}, Keeps: []string{"C"},
		GivesUp:      "One silent node stops every write.",
		Linearizable: true, Copies: cluster.CopiesAll, Disk: true, ByHand: true,
		Calls: []cluster.Call{
			{
				Method: "POST", Path: "/2pc/propose", Kind: cluster.OpPropose, Body: []string{"id", "key", "val"},
				Summary: "asks this node alone for its vote on a transaction, which the caller must then end",
			},
			{Method: "POST", Path: "/2pc/commit/{id}", Kind: cluster.OpCommit, Summary: "commits, on this node alone, a transaction that was proposed by hand"},
			{Method: "POST", Path: "/2pc/rollback/{id}", Kind: cluster.OpRollback, Summary: "rolls back, on this node alone, a transaction that was proposed by hand"},
		},
		Roles: []string{roleCoordinator, roleParticipant},
		Types: []string{
			typePrepare, typeYes, typeNo, typeCommit, typeRollback, typeAck, typeAsk,
			typeUndecided,
		},
		Moments: []cluster.Moment{
			{When: "the votes are in", Role: roleCoordinator, Type: typeYes, From: cluster.ShareAll},
			{When: "the commit comes in", Role: roleParticipant, Type: typeCommit, From: cluster.ShareOne},
		},
		Settle: 30 * time.Second,
		New:    New,
	}
}

package consensus

import (
	"time"

	"capplayground/cluster"
)

// The roles that a node shows.
const (
	roleFollower     = "follower"
	rolePreCandidate = "pre-candidate"
	roleCandidate    = "candidate"
	roleLeader       = "leader"
)

// The types of the messages. All but the last two belong to the engine; their body is the
// engine's message in protobuf.
const (
	typeRequestPreVote = "request-prevote"
	typePreVote        = "prevote"
	typeRequestVote    = "request-vote"
	typeVote           = "vote"
	typeAppend         = "append"
	typeAppended       = "appended"
	typeHeartbeat      = "heartbeat"
	typeHeard          = "heard"
	typeReadIndex      = "read-index"
	typeReadState      = "read-state"
	typeSnapshot       = "snapshot"
	typeReceived       = "received"
	typeForward        = "forward"
)

// Mode describes consensus to the rest of the program.
func Mode() cluster.Descriptor {
	return cluster.Descriptor{
		Name: "RAFT", Beside: true, Approach: "consensus by Raft", Triangle: []string{"C", "P"}, Keeps: []string{"C"},
		GivesUp:      "The minority side of a partition must refuse, and all nodes must while they elect a leader.",
		Linearizable: true, Copies: cluster.CopiesAll, Disk: true,
		Calls: []cluster.Call{},
		Roles: []string{roleFollower, rolePreCandidate, roleCandidate, roleLeader},
		Types: []string{
			typeRequestPreVote, typePreVote, typeRequestVote, typeVote, typeAppend, typeAppended, typeHeartbeat,
			typeHeard, typeReadIndex, typeReadState, typeSnapshot, typeReceived, typeForward,
		},
		Moments: []cluster.Moment{
			{When: "a majority has the entry", Role: roleLeader, Type: typeAppended, From: cluster.ShareMajority},
			{When: "one follower has the entry", Role: roleLeader, Type: typeAppended, From: cluster.ShareOne},
		},
		Settle: 15 * time.Second,
		New:    New,
	}
}

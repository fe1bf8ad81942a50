package sloppy

// Planted mistakes, by the name that [cluster.Config.Bug] takes. Only tests
// plant them; each is caught by a script or by a random run.
const (
	BugHintsForgotten   = "hint dropped on restart"                       // what was kept for others is not read back
	BugRepairOverwrites = "repair that overwrites newer"                  // a repair replaces what it should be merged with
	BugComparesMaxima   = "vector compared wrongly"                       // whoever knows a node's write 2 is taken to know its 1
	BugDotReused        = "a dot reused after a wipe"                     // dots do not name the database that counted them
	BugCountedTwice     = "an operation coordinated twice counted as two" // what two coordinators begin is taken for two writes
	BugSupersedesLater  = "a late write supersedes what came since"       // the next write of a client who was told that this one is done
	BugNoAntiEntropy    = "anti-entropy off"
)

// Bugs are all planted mistakes of this package.
var Bugs = []string{BugHintsForgotten, BugRepairOverwrites, BugComparesMaxima, BugDotReused, BugCountedTwice, BugSupersedesLater, BugNoAntiEntropy}

package majority

// Planted mistakes, by the name that [cluster.Config.Bug] takes. Only tests
// plant them; each is caught by a script or by a random run.
const (
	BugNoWriteBack = "no-write-back"   // a read answers what it found, agreed upon or not
	BugNoNodeID    = "no-node-id"      // and so without operation id: the counter alone
	BugNoOpID      = "no-operation-id" // two writes through one node can share a tag
	BugCounterLost = "counter-lost"    // a recovered value's counter starts again at 1
	BugMinority    = "majority-of-two" // one node fewer than a majority is called one
)

// Bugs are all planted mistakes of this package.
var Bugs = []string{BugNoWriteBack, BugNoNodeID, BugNoOpID, BugCounterLost, BugMinority}

package consensus

// Planted mistakes, by the name that [cluster.Config.Bug] takes. Only tests
// plant them. Each is caught by a script and by a random run.
const (
	BugLeaseRead     = "lease-read"      // the leader answers a read without asking a majority
	BugReadIDReused  = "read-id-reused"  // all reads of a node have the same context id
	BugAppliesTwice  = "applies-twice"   // an operation id that the log holds twice is applied twice
	BugVoteForgotten = "vote-forgotten"  // HardState (term and vote) is not on the disk
	BugEarlyMessages = "early-messages"  // votes and acknowledgements leave before their records
	BugLostIsWritten = "dropped-is-done" // a write whose leader lost its office is answered as done
)

// Bugs are all planted mistakes of this package.
var Bugs = []string{BugLeaseRead, BugReadIDReused, BugAppliesTwice, BugVoteForgotten, BugEarlyMessages, BugLostIsWritten}

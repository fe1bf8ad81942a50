package cluster

// ReplicatedLog is what a node shows of its log.
type ReplicatedLog struct {
	Leader  NodeID `json:"leader,omitempty"`  // the leader that this node follows; 0 for none
	Vote    NodeID `json:"vote,omitempty"`    // the candidate that this node voted for in its term; 0 for none
	Last    uint64 `json:"last,omitempty"`    // index of the last entry
	Commit  uint64 `json:"commit,omitempty"`  // index up to which the log is committed, as this node knows
	Applied uint64 `json:"applied,omitempty"` // index of the last entry that took effect here
	// MayAsk and WillAsk are the virtual times between which this node asks for
	// votes unless it hears a leader before. 0 at a leader.
	MayAsk  Time `json:"may_ask,omitempty"`
	WillAsk Time `json:"will_ask,omitempty"`
	// Cells are the last entries, ascending and at most MaxLogCells. Where one of
	// them has another term than before, the leader overwrote it and all behind.
	Cells []LogCell `json:"cells,omitempty"`
	// Match says, at a leader, up to which index each other node has its log.
	Match []LogMatch `json:"match,omitempty"`
}

// MaxLogCells is how many entries of a log are shown.
const MaxLogCells = 8

// LogCell is one entry of a log.
type LogCell struct {
	Index uint64 `json:"i"`
	Term  uint64 `json:"t"`
	Key   string `json:"k,omitempty"` // "" for the entry with which a leader begins its term
	Op    OpID   `json:"o,omitempty"` // the write; "" for the entry with which a leader begins its term
}

// LogMatch is how far one node has the leader's log.
type LogMatch struct {
	Node  NodeID `json:"n"`
	Index uint64 `json:"i"`
}

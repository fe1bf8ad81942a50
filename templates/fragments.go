package templates

// LinkView has the current settings of both directions of a link.
type LinkView struct {
	Nodes []int // the nodes that can be chosen as ends
	There WayView
	Back  WayView
}

// WayView is one direction of a link.
type WayView struct {
	From, To int
	Cut      bool
	DelayMS  int // in virtual time
	JitterMS int
	Loss     int // per cent
}

// QuorumView is the sizes N, R and W.
type QuorumView struct {
	Nodes   int // the largest value of each size
	N, R, W int
}

// RuleView has the values that the form of a rule offers at first.
type RuleView struct {
	Nodes    []int
	From, To int
	Types    []string // the types of the messages that were seen
}

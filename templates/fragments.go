package templates

// LinkView is what the settings of a link are rendered from: both directions
// as they are.
type LinkView struct {
	Nodes []int // to choose the ends from
	There WayView
	Back  WayView
}

// WayView is one direction of a link.
type WayView struct {
	From, To int
	Cut      bool
	DelayMS  int // virtual
	JitterMS int
	Loss     int // per cent
}

// QuorumView is the sizes N, R and W.
type QuorumView struct {
	Nodes   int // no size is greater
	N, R, W int
}

// RuleView is where a rule for the next messages starts from.
type RuleView struct {
	Nodes    []int
	From, To int
	Types    []string // of messages that were seen
}

package scenario

import (
	"fmt"

	"capplayground/cluster"
)

// maxVoters bounds how many browsers can vote on one question.
const maxVoters = 10_000

// Errors of Vote. Their texts, wrapped, name what is wrong.
var (
	ErrNoQuestion = fmt.Errorf("%w: no question is open", cluster.ErrNotNow)
	ErrNoChoice   = fmt.Errorf("%w: no such choice", cluster.ErrBadFault)
	ErrTooMany    = fmt.Errorf("%w: too many have voted", cluster.ErrUnavailable)
)

// question is one that was asked. It lives as long as the scenario: to go back
// or again keeps the votes.
type question struct {
	step     int   // the step that asks
	asked    int64 // when it opened first, microseconds since the epoch
	ask      *Ask
	open     bool
	revealed bool
	votes    map[string]int  // by voter, the number of a choice
	hands    [MaxChoices]int // a show of hands, counted by the presenter
}

// counts returns the votes of each choice.
func (q *question) counts() []int {
	n := make([]int, len(q.ask.Choices))
	for _, choice := range q.votes {
		n[choice-1]++
	}
	for i := range n {
		n[i] += q.hands[i]
	}
	return n
}

func (q *question) voted() (n int) {
	for _, c := range q.counts() {
		n += c
	}
	return n
}

// vote takes one in. Until the question closes, a voter may change it. An empty
// voter is one hand of a show of hands.
func (q *question) vote(voter string, choice int) error {
	switch {
	case !q.open:
		return ErrNoQuestion
	case choice < 1 || choice > len(q.ask.Choices):
		return fmt.Errorf("%w: %d, want 1 to %d", ErrNoChoice, choice, len(q.ask.Choices))
	case voter == "":
		q.hands[choice-1]++
		return nil
	}
	if _, again := q.votes[voter]; !again && len(q.votes) >= maxVoters {
		return ErrTooMany
	}
	q.votes[voter] = choice
	return nil
}

// Drive makes a page the one that drives. Pages name themselves at random.
func (r *Runner) Drive(page string) {
	r.mu.Lock()
	r.driver = page
	r.mu.Unlock()
	r.tell(ChangeScenario)
}

// MayDrive returns cluster.ErrNotNow for a page while another page drives. The
// first page that asks drives from then on. A caller without a name is not a
// page, as curl, and always may.
func (r *Runner) MayDrive(page string) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.driver == "" {
		r.driver = page
	}
	if page != "" && page != r.driver {
		return fmt.Errorf("%w: another page drives; take over there first", cluster.ErrNotNow)
	}
	return nil
}

package server

import (
	"errors"
	"fmt"
	"time"

	"capplayground/cluster"
	"capplayground/server/control"
	"capplayground/server/workload"
)

// stepPatience is how long the workload's clients wait while virtual time
// stands still.
const stepPatience = time.Minute

// load is the workload as the control API knows it.
type load struct{ *workload.Runner }

func newLoad(p *Playground, urls []string, token string) *load {
	return &load{workload.New(workload.Config{
		URLs:    func() []string { return urls },
		Watched: func() bool { return p.watched() },
		Patience: func() time.Duration {
			pace := p.faults.Pace()
			if real, comes := pace.Wall(0, cluster.Time(0).Add(opPatience)); comes {
				return real
			}
			return stepPatience
		},
		Token: token,
	})}
}

// Start implements control.Workload.
func (l *load) Start(want control.Load) error {
	err := l.Runner.Start(workload.Load(want))
	if errors.Is(err, workload.ErrLoad) {
		return fmt.Errorf("%w: %w", cluster.ErrBadFault, err)
	}
	return err
}

// Running implements control.Workload.
func (l *load) Running() control.Load {
	running, _ := l.Runner.Running()
	return control.Load(running)
}

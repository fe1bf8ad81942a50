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
type load struct {
	*workload.Runner
	play *Playground
}

func newLoad(p *Playground, urls []string, token string) *load {
	silence := func(c workload.Call) {
		op := control.Op{Node: c.Node, Kind: c.Kind, Key: c.Key, Val: c.Val, Client: "load"}
		began := p.ops.event(cluster.KindInvoke, c.Op, op)
		began.T -= time.Since(c.Began).Microseconds()
		p.ops.tell(c.Op, op, began, c.Status)
	}
	return &load{play: p, Runner: workload.New(workload.Config{
		URLs:    func() []string { return urls },
		Silence: silence,
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
	if err := l.play.compare.free(); err != nil {
		return err
	}
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

package verbs

import (
	"context"
	"fmt"

	"capplayground/cluster"
	"capplayground/server/operation"
	"capplayground/server/workload"
)

// Do carries out an action, and returns when it is done. The answer is that of
// the node, for the verbs with a Kind; its Status is 0 for all others.
func (v *Verbs) Do(ctx context.Context, action Action) (operation.Answer, error) {
	verb, ok := Of(action.Verb)
	if !ok {
		return operation.Answer{}, fmt.Errorf("%w: no verb %q", cluster.ErrBadFault, action.Verb)
	}
	a := action.Args
	switch {
	case verb.Kind != "":
		op := action.Operation(verb, "script")
		if a.Wait == nil || *a.Wait {
			return v.Operate(ctx, op)
		}
		return operation.Answer{}, v.start(op)
	case len(verb.Needs) == 1 && verb.Needs[0] == "node":
		return operation.Answer{}, v.nodeVerb(verb.Name)(ctx, a.Node)
	}
	return operation.Answer{}, v.clusterVerb(ctx, verb.Name, a)
}

// start begins an operation and does not wait for its answer.
func (v *Verbs) start(op operation.Op) error {
	if err := op.Check(); err != nil {
		return fmt.Errorf("%w: %w", cluster.ErrBadFault, err)
	}
	if err := v.cfg.Client.Check(op.Node); err != nil {
		return err
	}
	_, err := v.cfg.Client.Start(op)
	return err
}

// nodeVerb returns the method of a verb whose only argument is a node.
func (v *Verbs) nodeVerb(name string) func(context.Context, cluster.NodeID) error {
	return map[string]func(context.Context, cluster.NodeID) error{
		Freeze: v.Freeze, Thaw: v.Thaw, Kill: v.Kill, Restart: v.Restart, Wipe: v.Wipe, Isolate: v.Isolate, Rejoin: v.Rejoin,
	}[name]
}

func (v *Verbs) clusterVerb(ctx context.Context, name string, a Args) (err error) {
	switch name {
	case Partition:
		err = v.Partition(ctx, a.Groups)
	case Heal:
		err = v.Heal(ctx)
	case SetLink:
		_, err = v.SetLink(ctx, cluster.Link{
			From: cluster.NodeID(a.From), To: cluster.NodeID(a.To), Cut: a.Cut, DelayMS: a.DelayMS, JitterMS: a.JitterMS, Loss: a.Loss,
		})
	case Rule:
		_, err = v.AddRule(ctx, cluster.Rule{From: a.From, To: a.To, Type: a.Type, Do: a.Do, Count: a.Count, When: a.When, Then: a.Then})
	case Unrule:
		err = v.DeleteRule(ctx, a.Rule)
	case Deliver, Drop, Duplicate:
		err = v.Handle(ctx, a.Msg, name)
	case Fire:
		err = v.Fire(ctx, a.Node, a.Timer)
	case SetPace:
		_, err = v.SetPace(ctx, a.Pace, a.Rate)
	case SetMode:
		err = v.SetMode(ctx, a.Mode)
	case SetQuorum:
		err = v.SetQuorum(ctx, cluster.Quorum{N: a.N, R: a.R, W: a.W})
	case Workload:
		if a.Rate == 0 {
			v.StopLoad()
			return nil
		}
		err = v.StartLoad(workload.Load{Rate: a.Rate, Clients: a.Clients, Keys: a.Keys, ReadRatio: a.ReadRatio, Seed: a.Seed})
	case Reset:
		err = v.Reset(ctx)
	case Pause:
		err = v.cfg.Faults.Elapse(ctx, a.For)
	}
	return err
}

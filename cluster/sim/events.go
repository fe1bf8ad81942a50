package sim

import (
	"bufio"
	"context"
	"fmt"
	"io"

	"capplayground/cluster"
)

// printEvents runs count seeds, beginning with first, or until ctx ends. For each run it
// prints a line that names the run, and then the events of the run as JSON lines. Seq
// counts the events of one run. The error is about cfg, about stdout, or wraps
// ErrViolation.
func printEvents(ctx context.Context, cfg Config, first, count uint64, stdout io.Writer) error {
	out := bufio.NewWriterSize(stdout, 1<<16)
	var line []byte
	var seq uint64
	cfg.Events = func(e cluster.Event) {
		seq++
		e.Seq = seq
		line = append(e.AppendJSON(line[:0]), '\n')
		_, _ = out.Write(line) // Flush returns its error
	}
	for seed := first; seed-first < count && ctx.Err() == nil; seed++ {
		cfg.Seed, seq = seed, 0
		_, _ = fmt.Fprintf(out, `{"run":{"mode":%q,"seed":%d,"nodes":%d,"ops":%d}}`+"\n", cfg.Mode, seed, cfg.Nodes, cfg.Ops)
		run, err := Simulate(cfg)
		if err != nil {
			return fmt.Errorf("%w: %w", ErrUsage, err)
		}
		if err := out.Flush(); err != nil {
			return err
		}
		if err := run.Check(); err != nil {
			return err
		}
	}
	return nil
}

// openOp identifies an open operation. A client may use one id at several nodes.
type openOp struct {
	node cluster.NodeID
	op   cluster.OpID
}

// recordEvents passes the events of a node to Config.Events, and keeps the open
// operations.
func (w *world) recordEvents(events []cluster.Event) {
	for _, e := range events {
		switch b := e.Body.(type) {
		case *cluster.Invoked:
			w.invoked[openOp{e.Node, b.Op}] = b.ClientCall
		case *cluster.Returned:
			delete(w.invoked, openOp{e.Node, b.Op})
		}
		w.cfg.Events(e)
	}
}

// record adds an event that a playground would add.
func (w *world) record(e cluster.Event) {
	if w.cfg.Events == nil {
		return
	}
	e.T, e.V = int64(w.now), w.now
	w.cfg.Events(e)
}

// recordStatus records that a node is up, is frozen or was killed.
func (w *world) recordStatus(n *process, status cluster.Status) {
	w.record(cluster.Event{Node: n.id, Body: &cluster.StatusChanged{Status: status}})
}

// recordLost records that a message was lost in flight.
func (w *world) recordLost(m cluster.Message, why string) {
	if w.cfg.Events == nil || m.Flow {
		return // a message of a flow appears only in flow events
	}
	w.record(cluster.Event{Body: &cluster.Lost{Transit: cluster.TransitOf(m), Why: why}})
}

// recordDeath ends the open messages and operations of a process that was killed. The
// messages in its inbox are lost. Its operations return 504, because their clients never
// learn the outcome.
func (w *world) recordDeath(n *process) {
	if w.cfg.Events == nil {
		return
	}
	for _, m := range n.driver.Messages() {
		w.recordLost(m, cluster.WhyDown)
	}
	for _, id := range n.driver.OpenOps() {
		open := openOp{n.id, id}
		call, told := w.invoked[open]
		if !told {
			continue
		}
		delete(w.invoked, open)
		call.Deadline, call.Value = 0, cluster.Value{}
		w.record(cluster.Event{Node: n.id, Body: &cluster.Returned{
			ClientCall: call, Status: cluster.HTTPStatus(504), Text: "the node was killed",
		}})
	}
	w.recordStatus(n, cluster.StatusKilled)
}

package script

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"capplayground/cluster"
)

// flood is the smallest protocol that uses all features of a script. A write goes to all
// nodes. It is answered when all nodes have acknowledged it.
type flood struct {
	cfg  cluster.Config
	vals map[string]string
	open map[cluster.OpID]map[cluster.NodeID]bool
}

func newFlood(cfg cluster.Config) cluster.Machine {
	return &flood{cfg, map[string]string{}, map[cluster.OpID]map[cluster.NodeID]bool{}}
}

func (f *flood) Step(in cluster.Input) (out cluster.Output) {
	switch in.Kind {
	case cluster.InputStart:
		for _, r := range in.Records {
			f.vals[r.Key] = string(r.Val)
		}
	case cluster.InputRequest:
		r := in.Request
		if r.Kind != cluster.OpWrite {
			out.Replies = []cluster.Reply{{Op: r.Op, Key: r.Key, Val: f.vals[r.Key], Version: "1"}}
			return out
		}
		f.hold(&out, r.Key, r.Val)
		f.open[r.Op] = map[cluster.NodeID]bool{}
		for _, n := range f.cfg.Nodes {
			if n != f.cfg.ID {
				out.Messages = append(out.Messages, cluster.Message{To: n, Type: "have", Op: r.Op, Label: r.Key + "=" + r.Val})
			}
		}
		out.Timers = []cluster.Timer{{Name: "patience", Op: r.Op, Due: in.Now.Add(time.Second)}}
	case cluster.InputMessage:
		m := in.Message
		if m.Type == "have" {
			key, val, _ := strings.Cut(m.Label, "=")
			f.hold(&out, key, val)
			out.Messages = []cluster.Message{{To: m.From, Type: "got", Op: m.Op}}
			return out
		}
		if got := f.open[m.Op]; got != nil {
			got[m.From] = true
			if len(got) == len(f.cfg.Nodes)-1 || f.cfg.Bug == "hasty" {
				delete(f.open, m.Op)
				out.Replies = []cluster.Reply{{Op: m.Op, Version: "1"}}
			}
		}
	case cluster.InputTimer:
		if out.Stale = f.open[in.Timer.Op] == nil; !out.Stale {
			delete(f.open, in.Timer.Op)
			out.Replies = []cluster.Reply{{Op: in.Timer.Op, Err: cluster.ErrUnknown}}
		}
	}
	return out
}

func (f *flood) hold(out *cluster.Output, key, val string) {
	f.vals[key] = val
	out.Records = []cluster.Record{{Key: key, Val: []byte(val)}}
	out.Notes = []cluster.Body{&cluster.KeyChanged{Key: key, Value: cluster.Value{Val: val}, Version: "1"}}
}

func (f *flood) Snapshot() (s cluster.Snapshot) {
	for k, v := range f.vals {
		s.Keys = append(s.Keys, cluster.KeyState{Key: k, Val: v, Version: "1"})
	}
	return s
}

// everywhere checks the promise of flood: an acknowledged write is at every node.
func everywhere(w *World) error {
	for _, o := range w.Operations() {
		if o.Status() != 201 {
			continue
		}
		for _, n := range w.IDs() {
			if s, up := w.Snapshot(n); up && len(s.Keys) == 0 {
				return fmt.Errorf("%v has not got op=%s", n, o.Request.Op)
			}
		}
	}
	return nil
}

var floods = Config{New: newFlood, Check: everywhere}

func TestFiles(t *testing.T) {
	t.Parallel()
	Files(t, "testdata/*.txt", floods)
}

func TestViolated(t *testing.T) {
	t.Parallel()
	Violated(t, "testdata/patience.txt", "hasty", floods)
}

func TestUnknownCommandsAreErrors(t *testing.T) {
	t.Parallel()
	for _, line := range []string{
		"nonsense", "nodes", "nodes 10", "nodes x", "write", "write n9 a=b", "write x a=b", "read n1 op=1 a timeout=x",
		"deliver n1->n2", "deliver", "deliver n1->x", "fire n1", "fire n1 votes:7", "wall n1", "wall n1 soon", "restart n1",
		"quorum 1", "quorum 1 2 x", "partition 1 | x", "advance", "expect", "expect n1", "expect op=1 201", "snapshot", "crash n7",
		"damage n1 0", "members 1,2", "repair",
	} {
		w := New(floods)
		if !strings.HasPrefix(line, "nodes") {
			if _, err := w.Do("nodes 5"); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := w.Do(line); err == nil {
			t.Errorf("%q is accepted", line)
		}
	}
	if _, err := New(floods).Do("nonsense"); !errors.Is(err, errUsage) {
		t.Errorf("error %v, want %v", err, errUsage)
	}
}

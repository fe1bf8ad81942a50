package sim

import (
	"fmt"
	"strings"

	"capplayground/cluster"
)

// traceStep writes the input and the Output of a step to the transcript, before any part of
// the Output leaves.
func (w *world) traceStep(n *process, in cluster.Input, out cluster.Output) {
	switch in.Kind {
	case cluster.InputMessage:
		w.tracef("%v", in.Message)
	case cluster.InputTimer:
		w.tracef("%v fires %s", n.id, in.Timer.ID())
	}
	for _, m := range out.Ahead {
		w.tracef("    %v sends ahead %v", n.id, m)
	}
	if len(out.Records) > 0 {
		keys := make([]string, len(out.Records))
		for i, r := range out.Records {
			keys[i] = r.Key
			if r.Val == nil {
				keys[i] = "-" + r.Key
			}
		}
		w.tracef("    %v persists %s", n.id, strings.Join(keys, " "))
	}
	for _, note := range out.Notes {
		switch e := note.(type) {
		case *cluster.KeyChanged:
			w.tracef("    %v key %s=%s %s%s%s", n.id, e.Key, e.Val, e.Version, some(" locked by ", string(e.LockedBy)), siblings(e))
		case *cluster.RoleChanged:
			w.tracef("    %v is %s", n.id, e.Role)
		}
	}
	for _, m := range out.Messages {
		w.tracef("    %v sends %v", n.id, m)
	}
	for _, r := range out.Replies {
		if r.Err != nil {
			w.tracef("    %v replies op=%s %v", n.id, r.Op, r.Err)
			continue
		}
		w.tracef("    %v replies op=%s %s=%s %s", n.id, r.Op, r.Key, r.Val, r.Version)
	}
}

func some(prefix, s string) string {
	if s == "" {
		return ""
	}
	return prefix + s
}

func siblings(e *cluster.KeyChanged) string {
	var b strings.Builder
	for _, s := range e.Siblings {
		fmt.Fprintf(&b, " beside %s %s", s.Val, s.Version)
	}
	if e.HintFor != 0 {
		fmt.Fprintf(&b, " hint for %v", e.HintFor)
	}
	return b.String()
}

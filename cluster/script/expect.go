package script

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"capplayground/cluster"
)

func (w *World) cmdCheck(name string) error {
	check := w.cfg.Check
	if name != "" {
		check = w.cfg.Checks[name]
	}
	if check == nil {
		return errors.New("no such check")
	}
	if err := check(w); err != nil {
		w.violated("%v", err)
		return nil
	}
	w.print("ok")
	return nil
}

func (w *World) cmdExpect(args []string) error {
	if len(args) == 0 {
		return errUsage
	}
	if args[0] == "quiet" {
		if !w.Quiet() {
			w.violated("messages are in flight")
		}
		return nil
	}
	if op, ok := strings.CutPrefix(args[0], "op="); ok {
		return w.expectOp(cluster.OpID(op), args[1:])
	}
	n, err := w.node(args[0])
	if err != nil {
		return err
	}
	return w.expectKey(n, args[1:])
}

func (w *World) expectOp(op cluster.OpID, args []string) error {
	o := w.op(op)
	if o == nil || len(args) == 0 {
		return errUsage
	}
	got := "open"
	if o.Reply != nil {
		got = fmt.Sprint(o.Status())
	}
	if got != args[0] {
		w.violated("op=%s is %s, not %s", op, got, args[0])
		return nil
	}
	for _, word := range args[1:] {
		field, want, _ := strings.Cut(word, "=")
		got := map[string]string{"val": o.Reply.Val, "version": o.Reply.Version}[field]
		if got != want {
			w.violated("op=%s has %s=%s, not %s", op, field, got, want)
		}
	}
	return nil
}

func (w *World) expectKey(n *host, args []string) error {
	if len(args) == 0 {
		return errUsage
	}
	if n.driver == nil {
		return fmt.Errorf("%v is down", n.id)
	}
	key, want, _ := strings.Cut(args[0], "=")
	keys := n.driver.Snapshot().Keys
	var got cluster.KeyState
	if i := slices.IndexFunc(keys, func(k cluster.KeyState) bool { return k.Key == key }); i >= 0 {
		got = keys[i]
	}
	if len(args) == 2 && args[1] == "none" {
		if got.Version != "" {
			w.violated("%v holds %s=%s, not none", n.id, key, got.Val)
		}
		return nil
	}
	if strings.Contains(args[0], "=") && got.Val != want {
		w.violated("%v holds %s=%s, not %s", n.id, key, got.Val, want)
	}
	for _, word := range args[1:] {
		field, want, _ := strings.Cut(word, "=")
		have, known := map[string]string{"version": got.Version, "locked": "no"}[field]
		if !known {
			return errUsage
		}
		if field == "locked" && got.LockedBy != "" {
			have = string(got.LockedBy)
		}
		if have != want {
			w.violated("%v has %s %s=%s, not %s", n.id, key, field, have, want)
		}
	}
	return nil
}

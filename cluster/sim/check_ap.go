package sim

import (
	"errors"
	"fmt"
	"maps"
	"slices"

	"capplayground/cluster"
	"capplayground/cluster/idempotency"
	"capplayground/cluster/sloppy"
)

// recordVersions keeps the version that a coordinator gives to each write that it begins.
// The coordinator makes a record of it, so that it recognizes the write when it is
// repeated. A version names the write and all writes that it supersedes. The record exists
// even if the client never got an answer.
func (r *Run) recordVersions(records []cluster.Record) {
	for _, record := range records {
		e, ok := idempotency.Read(record)
		if !ok || slices.Contains(r.versions[e.Op], e.What) {
			continue
		}
		if r.versions == nil {
			r.versions = make(map[cluster.OpID][]string)
		}
		r.versions[e.Op] = append(r.versions[e.Op], e.What)
	}
}

// version is sloppy.ParseVersion with a cache, because the checks parse most versions
// several times.
func (r *Run) version(text string) (sloppy.Version, error) {
	if v, known := r.parsed[text]; known {
		return v, nil
	}
	v, err := sloppy.ParseVersion(text)
	if err != nil {
		return v, err
	}
	if r.parsed == nil {
		r.parsed = make(map[string]sloppy.Version)
	}
	r.parsed[text] = v
	return v, nil
}

// final is the state of one key at its homes, at the end of the run.
type final struct {
	state cluster.KeyState
	live  []sloppy.Dot
	known sloppy.History
}

// finals returns the state at one home of each key. checkHomes compares the other homes.
func (r *Run) finals() (map[string]final, error) {
	out := make(map[string]final)
	for i, s := range r.Settled {
		for _, k := range s.Keys {
			if _, seen := out[k.Key]; seen || !slices.Contains(k.Homes, cluster.NodeID(i+1)) {
				continue
			}
			v, err := r.version(k.Version)
			if err != nil {
				return nil, fmt.Errorf("n%d holds %s: %w", i+1, k.Key, err)
			}
			out[k.Key] = final{k, v.Live, v.All()}
		}
	}
	return out, nil
}

// checkKept checks that no acknowledged write is lost. A write may be gone only if another
// write superseded it, and that other write was not acknowledged before the lost write was
// called.
func checkKept(r *Run) error {
	finals, err := r.finals()
	if err != nil {
		return err
	}
	pasts, err := r.pasts()
	if err != nil {
		return err
	}
	var wrong []error
	named := make(map[write]cluster.OpID)
	for i := range r.History {
		op := &r.History[i]
		if op.Kind != cluster.OpWrite || op.Outcome != OK {
			continue
		}
		d, f := r.dotOf(op), finals[op.Key]
		w := write{op.Key, d.Called, d.Seq}
		if other := named[w]; other != "" && other != op.ID {
			wrong = append(wrong, fmt.Errorf("op=%s and op=%s were both acknowledged as %v", other, op.ID, d))
		}
		named[w] = op.ID
		superseded := func(p past) bool {
			return p.op != op.ID && p.history.KnowsWrite(d) && (p.ended == 0 || p.ended > op.Call)
		}
		live := slices.ContainsFunc(f.live, d.Same)
		switch {
		case !f.known.KnowsWrite(d):
			wrong = append(wrong, fmt.Errorf("op=%s %s=%s was acknowledged, and in the end no node knows of it", op.ID, op.Key, op.Val))
		case live && !holdsValue(f.state, op.Val):
			wrong = append(wrong, fmt.Errorf("op=%s %s=%s was acknowledged, and its version has another value", op.ID, op.Key, op.Val))
		case !live && !slices.ContainsFunc(pasts[op.Key], superseded):
			wrong = append(wrong, fmt.Errorf("op=%s %s=%s was acknowledged, and is gone although nothing supersedes it", op.ID, op.Key, op.Val))
		}
	}
	return errors.Join(wrong...)
}

// write identifies a write by its dot, without the node that coordinated it.
type write struct {
	key    string
	called sloppy.Actor
	seq    uint64
}

// past holds the versions that a write supersedes.
type past struct {
	op      cluster.OpID
	ended   int64 // when its client got the answer OK; 0: never
	history sloppy.History
}

// pasts returns, by key, the past of every write that a coordinator began.
func (r *Run) pasts() (map[string][]past, error) {
	out := make(map[string][]past)
	for _, op := range r.History {
		var ended int64
		if op.Outcome == OK {
			ended = op.Return
		}
		for _, text := range r.versions[op.ID] {
			v, err := r.version(text)
			if err != nil {
				return nil, fmt.Errorf("op=%s: %w", op.ID, err)
			}
			out[op.Key] = append(out[op.Key], past{op.ID, ended, v.Past})
		}
	}
	return out, nil
}

// dotOf returns the dot of an acknowledged write.
func (r *Run) dotOf(op *Op) sloppy.Dot {
	v, err := r.version(op.Version)
	if err != nil || len(v.Live) != 1 {
		return sloppy.Dot{}
	}
	return v.Live[0]
}

func holdsValue(k cluster.KeyState, val string) bool {
	return k.Val == val || slices.ContainsFunc(k.Siblings, func(s cluster.Sibling) bool { return s.Val == val })
}

// checkGone checks that no superseded version comes back after the write that superseded it
// was acknowledged, and that no node holds an aborted write.
func checkGone(r *Run) error {
	finals, err := r.finals()
	if err != nil {
		return err
	}
	var wrong []error
	for i := range r.History {
		op := &r.History[i]
		f := finals[op.Key]
		switch {
		case op.Kind != cluster.OpWrite:
		case r.abortedEachTime(op) && holdsValue(f.state, op.Val):
			wrong = append(wrong, fmt.Errorf("op=%s %s=%s was aborted, and is there", op.ID, op.Key, op.Val))
		case op.Outcome == OK:
			v, err := r.version(op.Version)
			if err != nil || len(v.Live) != 1 {
				wrong = append(wrong, fmt.Errorf("op=%s was answered with version %q: %v", op.ID, op.Version, err))
				continue
			}
			for _, d := range f.live {
				if v.Past.Contains(d) {
					wrong = append(wrong, fmt.Errorf("op=%s %s=%s superseded %v, which is there", op.ID, op.Key, op.Val, d))
				}
			}
		}
	}
	return errors.Join(wrong...)
}

// checkHomes checks that at the end all homes of a key hold the same, and that no node
// keeps a hint.
func checkHomes(r *Run) error {
	held := make([]map[string]cluster.KeyState, len(r.Settled))
	keys := make(map[string]cluster.KeyState)
	var wrong []error
	for i, s := range r.Settled {
		held[i] = make(map[string]cluster.KeyState)
		for _, k := range s.Keys {
			held[i][k.Key] = k
			keys[k.Key] = k
		}
		for _, h := range s.Hints {
			wrong = append(wrong, fmt.Errorf("n%d still keeps %s=%s for %v", i+1, h.Key, h.Val, h.For))
		}
	}
	for _, key := range slices.Sorted(maps.Keys(keys)) {
		homes := keys[key].Homes
		first := held[homes[0]-1][key]
		for _, h := range homes {
			k := held[h-1][key]
			if k.Version == "" || k.Val != first.Val || k.Version != first.Version || !slices.Equal(k.Siblings, first.Siblings) {
				wrong = append(wrong, fmt.Errorf("%v holds %s=%s %s, and %v %s %s", h, key, k.Val, k.Version, homes[0], first.Val, first.Version))
			}
		}
	}
	return errors.Join(wrong...)
}

// checkReads checks that a read returns only written values, and none of them twice, and
// that at the end all nodes give the same answer.
func checkReads(r *Run) error {
	finals, err := r.finals()
	if err != nil {
		return err
	}
	written := make(map[string]Op) // by value
	for _, op := range r.History {
		if op.Kind == cluster.OpWrite && op.Attempt == 0 {
			written[op.Val] = op
		}
	}
	var wrong []error
	for _, op := range r.History {
		if op.Kind != cluster.OpRead {
			continue
		}
		f, any := finals[op.Key]
		switch {
		case op.Final && op.Outcome != OK:
			wrong = append(wrong, fmt.Errorf("final read op=%s of %s at %v: %w", op.ID, op.Key, op.Node, op.Err))
		case op.Final && op.None == any, op.Final && (op.Val != f.state.Val || !slices.Equal(op.Siblings, f.state.Siblings)):
			wrong = append(wrong, fmt.Errorf("final read op=%s of %s at %v answers %q %v, and the homes hold %q %v", op.ID, op.Key, op.Node, op.Val, op.Siblings, f.state.Val, f.state.Siblings))
		}
		if op.Outcome != OK || op.None {
			continue
		}
		vals := []string{op.Val}
		for _, s := range op.Siblings {
			vals = append(vals, s.Val)
		}
		for i, val := range vals {
			if w, ok := written[val]; !ok || w.Key != op.Key || w.Call > op.Return {
				wrong = append(wrong, fmt.Errorf("read op=%s of %s answers %q, which no client had written", op.ID, op.Key, val))
			}
			if slices.Contains(vals[:i], val) {
				wrong = append(wrong, fmt.Errorf("read op=%s of %s answers %q twice", op.ID, op.Key, val))
			}
		}
	}
	return errors.Join(wrong...)
}

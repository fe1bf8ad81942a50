package majority

import "capplayground/cluster"

// The bodies of messages and the records are JSON, which cluster.MustJSON writes. Each
// operation reads many of them, so the functions here read the form that it writes without
// reflection, in less than a third of the time (BenchmarkBody). cluster.ReadLine reads any
// other form with reflection.

func (q *query) read(r *cluster.LineReader) {
	r.Skip(`{"round":`)
	q.Round.read(r)
	r.Skip(`,"key":`)
	q.Key = r.Text()
	q.Val = r.Has(`,"val":true`)
	r.Skip(`}`)
}

// read does not read an answer with Done, which is rare: reflection reads it.
func (a *answer) read(r *cluster.LineReader) {
	r.Skip(`{"round":`)
	a.Round.read(r)
	r.Skip(`,"held":`)
	a.Held.read(r)
	r.Skip(`}`)
}

func (s *store) read(r *cluster.LineReader) {
	r.Skip(`{"key":`)
	s.Key = r.Text()
	r.Skip(`,"put":`)
	s.Put.read(r)
	r.Skip(`}`)
}

func (s *stored) read(r *cluster.LineReader) {
	r.Skip(`{"tag":`)
	s.Tag.read(r)
	r.Skip(`}`)
}

func (n *round) read(r *cluster.LineReader) {
	r.Skip(`{"boot":`)
	n.Boot = uint64(r.Int())
	r.Skip(`,"n":`)
	n.N = uint64(r.Int())
	r.Skip(`}`)
}

func (t *tagged) read(r *cluster.LineReader) {
	r.Skip(`{"tag":`)
	t.Tag.read(r)
	r.Skip(`,"val":`)
	t.Val = r.Text()
	r.Skip(`}`)
}

func (t *tag) read(r *cluster.LineReader) {
	r.Skip(`{"c":`)
	t.Counter = uint64(r.Int())
	r.Skip(`,"n":`)
	t.Node = cluster.NodeID(r.Int())
	if r.Has(`,"b":`) {
		t.Boot = uint64(r.Int())
	}
	r.Skip(`,"op":`)
	t.Op = cluster.OpID(r.Text())
	r.Skip(`}`)
}

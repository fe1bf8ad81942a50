package history

import (
	"testing"

	"capplayground/cluster"
)

// begin adds the beginning of a write with an id of the client's choice.
func (p *tape) begin(node cluster.NodeID, op cluster.OpID, val string) {
	p.add(cluster.Event{Node: node, Body: &cluster.Invoked{ClientCall: cluster.ClientCall{
		Op: op, OpKind: cluster.OpWrite, Key: "city", Value: cluster.ValueOf(val),
	}}})
}

// try adds a try of a write, with the answer that its client got.
func (p *tape) try(node cluster.NodeID, op cluster.OpID, val string, status int, version string) {
	p.begin(node, op, val)
	p.add(cluster.Event{Node: node, Body: &cluster.Returned{
		ClientCall: cluster.ClientCall{Op: op}, Status: cluster.HTTPStatus(status), Version: version,
	}})
}

// TestARepeatedWriteIsOneWrite: a client sends a write again, under the same id. If the answer
// has the version of the first try, the write was not done again. If the first try has no
// answer, the write was done at any time since then.
func TestARepeatedWriteIsOneWrite(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		play func(p *tape)
		want string
	}{
		"done before, and overwritten": {func(p *tape) {
			p.try(1, "U", "London", 201, "1")
			p.try(1, "V", "Rome", 201, "2")
			p.try(2, "U", "London", 201, "1")
			p.read(3, "Rome")
		}, Linearizable},
		"done before, overwritten, and read again": {func(p *tape) {
			p.try(1, "U", "London", 201, "1")
			p.try(1, "V", "Rome", 201, "2")
			p.try(2, "U", "London", 201, "1")
			p.read(3, "London")
		}, NotLinearizable},
		"done again, as another version": {func(p *tape) {
			p.try(1, "U", "London", 201, "1")
			p.try(1, "V", "Rome", 201, "2")
			p.try(2, "U", "London", 201, "3")
			p.read(3, "London")
		}, Linearizable},
		"done again, as another version, and lost": {func(p *tape) {
			p.try(1, "U", "London", 201, "1")
			p.try(1, "V", "Rome", 201, "2")
			p.try(2, "U", "London", 201, "3")
			p.read(3, "Rome")
		}, NotLinearizable},
		"without versions it counts as done again": {func(p *tape) {
			p.try(1, "U", "London", 201, "")
			p.try(1, "V", "Rome", 201, "")
			p.try(2, "U", "London", 201, "")
			p.read(3, "London")
		}, Linearizable},
		"another value under the same id": {func(p *tape) {
			p.try(1, "U", "London", 201, "1")
			p.try(2, "U", "Rome", 201, "1")
			p.read(3, "London")
		}, NotLinearizable},
		"the first try was refused": {func(p *tape) {
			p.try(1, "U", "London", 409, "")
			p.try(1, "V", "Rome", 201, "1")
			p.try(2, "U", "London", 201, "2")
			p.read(3, "Rome")
		}, NotLinearizable},
		"unknown, overwritten, and answered": {func(p *tape) {
			long := p.invoke(5, cluster.OpWrite, "Oslo") // it is under way, so the history is not cut
			p.try(1, "U", "London", 504, "")
			p.try(1, "V", "Rome", 201, "2")
			p.try(2, "U", "London", 201, "1")
			p.read(3, "Rome")
			p.ret(5, long, 503, "")
		}, Linearizable},
		"unknown, answered, and lost": {func(p *tape) {
			long := p.invoke(5, cluster.OpWrite, "Oslo")
			p.try(1, "U", "London", 504, "")
			p.try(2, "U", "London", 201, "1")
			p.read(3, "")
			p.ret(5, long, 503, "")
		}, NotLinearizable},
		"unknown, overwritten before a cut, and answered": {func(p *tape) {
			p.try(1, "U", "London", 504, "")
			p.read(3, "London")
			p.try(1, "V", "Rome", 201, "2")
			p.read(3, "Rome")
			p.try(2, "U", "London", 201, "1")
			p.read(3, "Rome")
		}, Linearizable},
		"unknown, overwritten before a cut, and done again": {func(p *tape) {
			p.try(1, "U", "London", 504, "")
			p.read(3, "London")
			p.try(1, "V", "Rome", 201, "2")
			p.read(3, "Rome")
			p.try(2, "U", "London", 201, "3")
			p.read(3, "London")
		}, Linearizable},
		"unknown, begun in the microsecond in which the write before it ended": {func(p *tape) {
			p.write(1, "Rome", 201)
			p.at(p.t, func() { p.begin(1, "U", "London") }) // so it may have come before Rome
			p.ret(1, "U", 504, "")
			p.begin(5, "L", "Oslo") // the history is cut before it, and not again while it is under way
			p.read(3, "Rome")
			p.try(2, "U", "London", 201, "1")
			p.read(3, "Rome")
			p.ret(5, "L", 503, "")
		}, Linearizable},
		"done before the history began, and overwritten": {func(p *tape) {
			p.add(cluster.Event{Node: 3, Body: &cluster.KeyChanged{Key: "city", Value: cluster.ValueOf("London"), Version: "1"}})
			p.write(1, "Rome", 201)
			p.read(3, "Rome")
			p.try(2, "U", "London", 201, "1")
			p.read(3, "Rome")
		}, Linearizable},
		"done before the history began, the first of it": {func(p *tape) {
			p.add(cluster.Event{Node: 3, Body: &cluster.KeyChanged{Key: "city", Value: cluster.ValueOf("London"), Version: "1"}})
			p.holds(1, "Rome")
			p.try(2, "U", "London", 201, "1")
			p.read(3, "Rome")
		}, Linearizable},
		"on a disk as another version": {func(p *tape) {
			p.add(cluster.Event{Node: 3, Body: &cluster.KeyChanged{Key: "city", Value: cluster.ValueOf("London"), Version: "1"}})
			p.write(1, "Rome", 201)
			p.read(3, "Rome")
			p.try(2, "U", "London", 201, "2")
			p.read(3, "Rome")
		}, NotLinearizable},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := newTape()
			c.play(p)
			if got := p.verdict(t); got.Verdict != c.want {
				t.Errorf("%+v, want %s", got, c.want)
			}
		})
	}
}

// A read of a newer value is not stale after the older write was repeated.
func TestARepeatedWriteIsNotMissed(t *testing.T) {
	t.Parallel()
	p := newTape()
	p.try(1, "U", "London", 201, "1")
	p.try(1, "V", "Rome", 201, "2")
	p.try(2, "U", "London", 201, "1")
	p.read(3, "Rome")
	ops := p.h.List(0).Ops
	if got := ops[len(ops)-1].Word; got == nil || got.Word != WordLatest {
		t.Errorf("the word is %+v, want %s", got, WordLatest)
	}
}

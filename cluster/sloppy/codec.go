package sloppy

import (
	"slices"

	"capplayground/cluster"

	strict "github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// The bodies of the messages of each operation, and the records of keys and hints, have a
// compact form. The other bodies are rare, and are JSON.

func (a *ask) Code(c *cluster.Codec) {
	c.Yes(&a.Read)
	c.Text(&a.Key)
	c.Text(&a.Val)
	c.Int((*int64)(&a.At))
	c.Int(&a.TS)
	if cluster.Optional(c, &a.Dot) {
		a.Dot.Code(c)
	}
	if cluster.Optional(c, &a.Named) {
		a.Named.Code(c)
	}
	c.Small(&a.Sizes.N)
	c.Small(&a.Sizes.R)
	c.Small(&a.Sizes.W)
}

func (r *result) Code(c *cluster.Codec) {
	c.Yes(&r.Found)
	c.Text(&r.Val)
	c.Text(&r.Version)
	cluster.List(c, &r.Siblings)
	for i := range r.Siblings {
		c.Text(&r.Siblings[i].Val)
		c.Text(&r.Siblings[i].Version)
	}
	c.Text(&r.Refused)
}

func (k *keyed) Code(c *cluster.Codec) {
	c.Text(&k.Key)
	k.Set.Code(c)
}

func (w *want) Code(c *cluster.Codec) { c.Text(&w.Key) }

func (v *value) Code(c *cluster.Codec) {
	v.Set.Code(c)
	if cluster.Optional(c, &v.Planted) {
		c.Text((*string)(&v.Planted.Op))
		c.Int(&v.Planted.TS)
		c.Text(&v.Planted.Val)
	}
}

func (s *set) Code(c *cluster.Codec) {
	s.Known.Code(c)
	cluster.List(c, &s.Live)
	for i := range s.Live {
		w := &s.Live[i]
		w.Dot.Code(c)
		c.Text((*string)(&w.Op))
		c.Int(&w.TS)
		c.Text(&w.Val)
	}
	if c.Reading() {
		var err error
		*s, err = newSet(s.Live, s.Known)
		c.Check(err == nil)
	}
}

func (h *History) Code(c *cluster.Codec) {
	cluster.List(c, &h.spans)
	for i := range h.spans {
		s := &h.spans[i]
		follows := i > 0 && s.Origin == h.spans[i-1].Origin
		c.Yes(&follows)
		switch {
		case !follows:
			s.Origin.Code(c)
		case i > 0:
			s.Origin = h.spans[i-1].Origin
		default:
			c.Check(false)
		}
		c.Uint(&s.lo)
		c.Uint(&s.hi)
		c.Check(1 <= s.lo && s.lo <= s.hi && s.hi <= countMax)
		c.Check(i == 0 || h.spans[i-1].compareTo(s) < 0 && !h.spans[i-1].touches(s))
	}
}

func (d *Dot) Code(c *cluster.Codec) {
	d.Origin.Code(c)
	c.Uint(&d.Seq)
	c.Check(1 <= d.Seq && d.Seq <= countMax)
}

func (o *Origin) Code(c *cluster.Codec) {
	o.Called.Code(c)
	same := o.By == o.Called
	if c.Yes(&same); same {
		o.By = o.Called
	} else {
		o.By.Code(c)
	}
}

func (a *Actor) Code(c *cluster.Codec) {
	c.Small((*int)(&a.Node))
	c.Raw(a.Database[:])
	c.Uint(&a.Start)
	c.Check(1 <= a.Node && a.Node <= cluster.MaxNodes && a.Database.usable() && 1 <= a.Start && a.Start <= countMax)
}

// newSet returns an error for a set whose history lacks the dot of a live version, or
// that has a live version twice.
func newSet(live []written, known History) (set, error) {
	for i, w := range live {
		if !known.Contains(w.Dot) || slices.ContainsFunc(live[:i], func(o written) bool { return o.Dot == w.Dot }) {
			return set{}, errHistory
		}
	}
	slices.SortFunc(live, newer)
	return set{live, known}, nil
}

// UnmarshalJSONFrom returns an error for JSON that is not a set; see [newSet].
func (s *set) UnmarshalJSONFrom(dec *jsontext.Decoder) error {
	type fields set
	var in fields
	if dec.PeekKind() == 'n' {
		return errHistory
	}
	err := strict.UnmarshalDecode(dec, &in)
	if err == nil {
		*s, err = newSet(in.Live, in.Known)
	}
	return err
}

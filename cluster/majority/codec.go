package majority

import "capplayground/cluster"

// The bodies of messages, and the record of a key, have a compact form.

func (q *query) Code(c *cluster.Codec) {
	q.Round.Code(c)
	c.Text(&q.Key)
	c.Yes(&q.Val)
}

func (a *answer) Code(c *cluster.Codec) {
	a.Round.Code(c)
	a.Held.Code(c)
	if cluster.Optional(c, &a.Done) {
		a.Done.Tag.Code(c)
		c.Uint(&a.Done.Sum)
	}
}

func (s *store) Code(c *cluster.Codec) {
	c.Text(&s.Key)
	s.Put.Code(c)
}

func (s *stored) Code(c *cluster.Codec) { s.Tag.Code(c) }

func (n *round) Code(c *cluster.Codec) {
	c.Uint(&n.Boot)
	c.Uint(&n.N)
}

func (t *tagged) Code(c *cluster.Codec) {
	t.Tag.Code(c)
	c.Text(&t.Val)
}

func (t *tag) Code(c *cluster.Codec) {
	c.Uint(&t.Counter)
	c.Small((*int)(&t.Node))
	c.Uint(&t.Boot)
	c.Text((*string)(&t.Op))
}

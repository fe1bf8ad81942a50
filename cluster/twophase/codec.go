package twophase

import "capplayground/cluster"

// The bodies of messages and most records have a compact form.

func (b *prepareBody) Code(c *cluster.Codec) {
	c.Text(&b.Key)
	c.Text(&b.Val)
	if cluster.Optional(c, &b.Last) {
		c.Text((*string)(&b.Last.Tx))
		c.Uint(&b.Last.Version)
	}
}

func (b *yesBody) Code(c *cluster.Codec) {
	c.Uint(&b.Version)
	c.Uint(&b.Sum)
}

func (b *refusalBody) Code(c *cluster.Codec) { c.Text(&b.Reason) }

func (b *commitBody) Code(c *cluster.Codec) { c.Uint(&b.Version) }

func (v *value) Code(c *cluster.Codec) {
	c.Text(&v.Val)
	c.Uint(&v.Version)
	c.Yes(&v.ByHand)
}

func (p *part) Code(c *cluster.Codec) {
	c.Text(&p.Key)
	c.Text(&p.Val)
	c.Small((*int)(&p.Coordinator))
}

func (d *decision) Code(c *cluster.Codec) {
	c.Text(&d.What)
	c.Uint(&d.Version)
}

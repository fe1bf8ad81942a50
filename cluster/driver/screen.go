package driver

import (
	"strconv"
	"strings"

	"capplayground/cluster"
)

// maxScreenLine is how many characters one line of a screen has at most.
const maxScreenLine = 2000

// Print writes each line of text as one line on the node's screen. It makes control
// characters visible, so that the text cannot control a terminal.
func (d *Driver) Print(text string, at Moment) {
	if d.cfg.Watch == WatchNothing {
		return
	}
	if d.next.Screen == nil {
		d.next.Screen = make([]string, 0, usualBatch)
	}
	for line := range strings.SplitSeq(text, "\n") {
		line = cluster.Visible(cluster.Cut(line, maxScreenLine))
		d.next.Screen = append(d.next.Screen, line)
		d.recordScreen(line, at)
	}
}

// printRepeated prints a request whose id belongs to an operation that this node knows.
func (d *Driver) printRepeated(req cluster.Request, client string, same bool, at Moment) {
	if d.cfg.Watch == WatchNothing {
		return
	}
	what := "asked again"
	if !same {
		what = "refused, the id belongs to another operation"
	}
	d.Print(requestText(&req, client)+" ("+what+")", at)
}

func (d *Driver) printSent(m *cluster.Message, at Moment) {
	if d.cfg.Watch != WatchNothing && !m.Flow {
		d.Print("→ "+m.To.String()+" "+messageText(m), at)
	}
}

func (d *Driver) printLost(m *cluster.Message, why string, at Moment) {
	if d.cfg.Watch != WatchNothing {
		d.Print("× "+m.String()+" lost: "+why, at)
	}
}

// messageText is a message as text, without its sender and receiver.
func messageText(m *cluster.Message) string {
	if m.Label == "" {
		return cluster.Visible(m.Type)
	}
	return cluster.Visible(m.Type + " " + m.Label)
}

// requestText is a client's operation as one line.
func requestText(r *cluster.Request, client string) string {
	what := r.Key
	if r.Kind == cluster.OpWrite || r.Kind == cluster.OpPropose || r.Kind == cluster.OpPlant {
		what += "=" + cluster.Cut(r.Val, 40)
	}
	if r.Tx != "" {
		what = strings.TrimSpace("tx=" + r.Tx.Short() + " " + what)
	}
	return cluster.Visible(client + ": " + string(r.Kind) + " " + what + " op=" + r.Op.Short())
}

// replyText is the end of an operation as one line.
func replyText(op *operation, status int) string {
	line := op.client + ": " + string(op.req.Kind) + " op=" + op.req.Op.Short() + " answered " + strconv.Itoa(status)
	if op.reply.Err != nil {
		line += " (" + op.reply.Err.Error() + ")"
	}
	return line
}

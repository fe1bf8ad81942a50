package sloppy

import (
	"errors"
	"fmt"
	"strings"

	"capplayground/cluster"
)

// historyMax is the longest text of a history, in bytes.
const historyMax = 1 << 20

// countMax bounds counts. Up to it JSON numbers are exact, and adding one to a count
// does not overflow.
const countMax = 1 << 53

var errHistory = errors.New("unusable history")

// parseHistory reads the text of a history. Its parts may have any order.
func parseHistory(text string) (History, error) {
	if text == "0" {
		return History{}, nil
	}
	if len(text) > historyMax {
		return History{}, fmt.Errorf("%w: longer than %d bytes", errHistory, historyMax)
	}
	p := parser{text: text, spans: make([]span, 0, 1+strings.Count(text, "+")+strings.Count(text, ","))}
	if !p.history() {
		return History{}, fmt.Errorf("%w: %q", errHistory, cluster.Cut(text[p.part:], 40))
	}
	return join(p.spans), nil
}

// parseDot reads one dot.
func parseDot(text string) (Dot, error) {
	p := parser{text: text}
	var d Dot
	if !p.origin(&d.Origin) || !p.next(':') || !p.count(&d.Seq) || p.at != len(text) {
		return Dot{}, fmt.Errorf("%w: %q is not one dot", errHistory, cluster.Cut(text, 40))
	}
	return d, nil
}

// parser reads a history from left to right. Each method reads the element that it is
// named after, and reports whether it found that element.
type parser struct {
	text  string
	at    int // index of the next byte
	part  int // index where the present part begins
	spans []span
}

func (p *parser) history() bool {
	for {
		p.part = p.at
		var o Origin
		if !p.origin(&o) || !p.next(':') {
			return false
		}
		for {
			if !p.span(&o) {
				return false
			}
			if !p.next(',') {
				break
			}
		}
		if p.at == len(p.text) {
			return true
		}
		if !p.next('+') {
			return false
		}
	}
}

func (p *parser) origin(o *Origin) bool {
	if !p.actor(&o.Called) {
		return false
	}
	if !p.next('@') {
		o.By = o.Called
		return true
	}
	return p.actor(&o.By)
}

func (p *parser) actor(a *Actor) bool {
	if !p.next('n') || p.at == len(p.text) || p.text[p.at] < '1' || p.text[p.at] > '0'+cluster.MaxNodes {
		return false
	}
	a.Node = cluster.NodeID(p.text[p.at] - '0')
	p.at++
	if !p.next('.') {
		return false
	}
	from := p.at
	for p.at < len(p.text) && p.text[p.at] != '.' && p.at-from < databaseMax {
		c := p.text[p.at]
		if isOdd(c) {
			return false
		}
		a.Database[p.at-from] = c
		p.at++
	}
	if p.at == from || !p.next('.') {
		return false
	}
	return p.count(&a.Start)
}

func (p *parser) span(o *Origin) bool {
	s := span{Origin: *o}
	if !p.count(&s.lo) {
		return false
	}
	s.hi = s.lo
	if p.next('-') {
		if !p.count(&s.hi) || s.hi < s.lo {
			return false
		}
	}
	p.spans = append(p.spans, s)
	return true
}

// count reads a number from 1 to countMax, without leading zeros.
func (p *parser) count(n *uint64) bool {
	from := p.at
	*n = 0
	for p.at < len(p.text) && '0' <= p.text[p.at] && p.text[p.at] <= '9' && p.at-from < 17 {
		*n = *n*10 + uint64(p.text[p.at]-'0')
		p.at++
	}
	return p.at > from && p.text[from] != '0' && *n <= countMax
}

// next skips the next byte, if it is c.
func (p *parser) next(c byte) bool {
	if p.at < len(p.text) && p.text[p.at] == c {
		p.at++
		return true
	}
	return false
}

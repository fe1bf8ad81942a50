package script

import (
	"fmt"
	"slices"
	"strings"

	"capplayground/cluster"
)

// selector says which messages a command is about; a zero field is any.
type selector struct {
	from, to cluster.NodeID
	kind     string // the message's type
	op       cluster.OpID
}

func (s selector) matches(m cluster.Message) bool {
	return (s.from == 0 || s.from == m.From) && (s.to == 0 || s.to == m.To) &&
		(s.kind == "" || s.kind == m.Type) && (s.op == "" || s.op == m.Op)
}

func matches(ss []selector, m cluster.Message) bool {
	return slices.ContainsFunc(ss, func(s selector) bool { return s.matches(m) })
}

// choice is the messages that a command names: those of some selectors, except
// those of others.
type choice struct {
	only, except []selector
	all          bool // "all": those that are held stay
	first        bool // of those chosen only the one that was sent first
}

func (c choice) matches(m cluster.Message) bool { return matches(c.only, m) && !matches(c.except, m) }

func parseChoice(text string) (choice, error) {
	text, first := strings.CutPrefix(text, "first ")
	only, except, has := strings.Cut(text, " except ")
	if rest, begins := strings.CutPrefix(text, "except "); begins {
		only, except, has = "all", rest, true
	}
	c := choice{first: first}
	var err error
	c.all = strings.TrimSpace(only) == "all"
	if c.only, err = parseSelectors(only); err != nil {
		return c, err
	}
	if has {
		c.except, err = parseSelectors(except)
	}
	return c, err
}

func parseSelectors(text string) ([]selector, error) {
	var all []selector
	for part := range strings.SplitSeq(text, ",") {
		words := strings.Fields(part)
		if len(words) == 0 {
			return nil, fmt.Errorf("%q selects nothing", text)
		}
		var s selector
		for _, word := range words {
			if err := s.parse(word); err != nil {
				return nil, err
			}
		}
		all = append(all, s)
	}
	return all, nil
}

func (s *selector) parse(word string) error {
	from, to, isLink := strings.Cut(word, "->")
	op, isOp := strings.CutPrefix(word, "op=")
	switch {
	case word == "all" || word == "*":
	case isLink:
		var err error
		if s.from, err = parseAny(from); err != nil {
			return err
		}
		s.to, err = parseAny(to)
		return err
	case isOp:
		s.op = cluster.OpID(op)
	default:
		s.kind = word
	}
	return nil
}

func parseAny(word string) (cluster.NodeID, error) {
	if word == "*" {
		return 0, nil
	}
	return parseNode(word)
}

func parseNode(word string) (cluster.NodeID, error) {
	return cluster.ParseNodeID(strings.TrimPrefix(word, "n"))
}

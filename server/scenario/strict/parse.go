package strict

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
	"github.com/goccy/go-yaml/token"
)

// MaxSize bounds a file, in bytes. maxDepth bounds how deep values nest.
const (
	MaxSize  = 64 << 10
	maxDepth = 20
)

// Document is a file that was checked against its shape.
type Document struct {
	file   string
	value  any
	places map[string]place // by path, as in "steps.2.say"
	faults []Fault
}

type place struct{ line, column int }

// Parse checks a file against a shape. The name stands in the errors; it may be
// empty. A fault is returned as an *Error.
func Parse(name string, source []byte, shape Shape) (*Document, error) {
	d := &Document{file: name, places: map[string]place{}}
	root, err := d.read(source)
	if err != nil {
		return nil, err
	}
	d.value = d.check(root, shape, "", 0)
	return d, d.Err()
}

// Decode writes the values into v, whose JSON names are those of the shape.
func (d *Document) Decode(v any) error {
	raw, err := json.Marshal(d.value)
	if err != nil {
		return err
	}
	dec := json.NewDecoder(bytes.NewReader(raw))
	dec.DisallowUnknownFields()
	return dec.Decode(v)
}

// Wrong records a fault at a path, as in "steps.2.ask.answer". A caller uses it
// for what a shape cannot say. Err then returns it.
func (d *Document) Wrong(path, format string, args ...any) {
	at := path
	for at != "" && d.places[at] == (place{}) {
		at = at[:max(strings.LastIndexByte(at, '.'), 0)]
	}
	p := d.places[at]
	d.faults = append(d.faults, Fault{p.line, p.column, fmt.Sprintf(format, args...)})
}

// Err returns everything that is wrong so far as an *Error, or nil.
func (d *Document) Err() error {
	if len(d.faults) == 0 {
		return nil
	}
	return &Error{File: d.file, Faults: sorted(slices.Clone(d.faults))}
}

// read returns the root of the one document in source.
func (d *Document) read(source []byte) (root ast.Node, err error) {
	if len(source) > MaxSize {
		d.Wrong("", "the file has %d bytes, want at most %d", len(source), MaxSize)
		return nil, d.Err()
	}
	if !utf8.Valid(source) {
		d.Wrong("", "the file is not valid UTF-8")
		return nil, d.Err()
	}
	if deep(source) {
		d.Wrong("", "brackets nest too deep, want at most %d", maxDepth)
		return nil, d.Err()
	}
	// The YAML library panics on some texts that are no YAML (the fuzzer found
	// such ones). A text from a person must not end the program.
	defer func() {
		if r := recover(); r != nil {
			d.Wrong("", "this is not YAML: %v", r)
			root, err = nil, d.Err()
		}
	}()
	file, err := parser.ParseBytes(source, 0)
	if err != nil {
		return nil, d.syntax(err)
	}
	var body []ast.Node
	for _, doc := range file.Docs {
		if doc.Body != nil {
			body = append(body, doc.Body)
		}
	}
	switch len(body) {
	case 0:
		d.Wrong("", "the file is empty")
	case 1:
		return body[0], nil
	default:
		d.fault(start(body[1]), "a second document begins here, want one document in a file")
	}
	return nil, d.Err()
}

// deep says whether flow brackets nest deeper than any file needs. Brackets
// inside quoted text count as well, which costs nothing real.
func deep(source []byte) bool {
	depth := 0
	for _, c := range source {
		switch c {
		case '[', '{':
			depth++
		case ']', '}':
			depth--
		case '\n':
			if depth < 0 {
				depth = 0
			}
		}
		if depth > maxDepth {
			return true
		}
	}
	return false
}

// syntax turns what the YAML library says into a fault with its place.
func (d *Document) syntax(err error) error {
	var failed yaml.Error
	if errors.As(err, &failed) && failed.GetToken() != nil {
		text := failed.GetMessage()
		if strings.Contains(text, "mapping value is not allowed") {
			text = "a second colon in one line: put a text with a colon into quotes"
		}
		d.fault(failed.GetToken(), "%s", text)
	} else {
		d.Wrong("", "this is not YAML: %v", err)
	}
	return d.Err()
}

func (d *Document) fault(at *token.Token, format string, args ...any) {
	p := placeOf(at)
	d.faults = append(d.faults, Fault{p.line, p.column, fmt.Sprintf(format, args...)})
}

func placeOf(at *token.Token) place {
	if at == nil || at.Position == nil {
		return place{}
	}
	return place{at.Position.Line, at.Position.Column}
}

// check returns the value of a node, and records where it differs from the
// shape.
func (d *Document) check(n ast.Node, s Shape, path string, depth int) any {
	d.places[path] = placeOf(start(n))
	if depth > maxDepth {
		d.fault(start(n), "values nest too deep, want at most %d", maxDepth)
		return nil
	}
	switch s.kind {
	case any1:
		return d.checkEither(n, s, path, depth)
	case list:
		return d.checkList(n, s, path, depth)
	case object, oneOf:
		return d.checkObject(n, s, path, depth)
	case entry:
		return d.checkEntries(n, s, path, depth)
	}
	return d.checkScalar(n, s)
}

// start returns the token at which a person sees the node begin: for a block
// mapping its first key, not the colon behind it.
func start(n ast.Node) *token.Token {
	switch n := n.(type) {
	case *ast.MappingNode:
		if !n.IsFlowStyle && len(n.Values) > 0 {
			return n.Values[0].Key.GetToken()
		}
	case *ast.MappingValueNode:
		return n.Key.GetToken()
	}
	return n.GetToken()
}

func (d *Document) wrong(n ast.Node, s Shape) any {
	d.fault(start(n), "found %s, want %s", describe(n), s.want)
	return nil
}

// checkEither tries the shapes in turn. Where none fits, the shape of the same
// kind of value says what is wrong with it.
func (d *Document) checkEither(n ast.Node, s Shape, path string, depth int) any {
	for _, e := range s.either {
		if !e.accepts(n) {
			continue
		}
		return d.check(n, e, path, depth)
	}
	return d.wrong(n, s)
}

// accepts says whether a node has the kind of value that the shape is about.
func (s Shape) accepts(n ast.Node) bool {
	switch n.(type) {
	case *ast.MappingNode, *ast.MappingValueNode:
		return s.kind == object || s.kind == oneOf || s.kind == entry
	case *ast.SequenceNode:
		return s.kind == list
	case *ast.IntegerNode:
		return s.kind == integer || s.kind == number
	case *ast.FloatNode:
		return s.kind == number
	case *ast.BoolNode:
		return s.kind == boolean
	case *ast.StringNode, *ast.LiteralNode:
		return s.kind == text || s.kind == fixed || s.kind == duration
	}
	return false
}

func (d *Document) checkList(n ast.Node, s Shape, path string, depth int) any {
	seq, ok := n.(*ast.SequenceNode)
	if !ok {
		return d.wrong(n, s)
	}
	if len(seq.Values) < s.least || len(seq.Values) > s.most {
		d.fault(start(n), "found %d items, want %d to %d", len(seq.Values), s.least, s.most)
	}
	values := make([]any, 0, len(seq.Values))
	for i, item := range seq.Values {
		values = append(values, d.check(item, *s.item, join(path, strconv.Itoa(i)), depth+1))
	}
	return values
}

// pairs returns the entries of a mapping, and false for another node.
func pairs(n ast.Node) ([]*ast.MappingValueNode, bool) {
	switch n := n.(type) {
	case *ast.MappingNode:
		return n.Values, true
	case *ast.MappingValueNode:
		return []*ast.MappingValueNode{n}, true
	}
	return nil, false
}

func (d *Document) checkObject(n ast.Node, s Shape, path string, depth int) any {
	entries, ok := pairs(n)
	if !ok {
		return d.wrong(n, s)
	}
	values := make(map[string]any, len(entries))
	seen := map[string]bool{}
	fields := s.all()
	for _, e := range entries {
		name := e.Key.GetToken().Value
		i := slices.IndexFunc(fields, func(f Field) bool { return f.Name == name })
		if _, plain := e.Key.(*ast.StringNode); !plain || i < 0 {
			d.fault(e.Key.GetToken(), "unknown field %s, want %s", strconv.Quote(name), fieldsOf(s))
			continue
		}
		seen[name] = true
		at := join(path, name)
		values[name] = d.check(e.Value, fields[i].Of, at, depth+1)
		d.places[at] = placeOf(e.Key.GetToken())
	}
	for _, f := range s.fields {
		if f.Required && !seen[f.Name] {
			d.fault(start(n), "%s is missing: want %s", f.Name, f.Of.want)
		}
	}
	if s.kind == oneOf {
		one := slices.DeleteFunc(slices.Clone(entries), func(e *ast.MappingValueNode) bool {
			return slices.ContainsFunc(s.beside, func(f Field) bool { return f.Name == e.Key.GetToken().Value })
		})
		if len(one) != 1 {
			d.fault(start(n), "found %d fields, want exactly one of %s", len(one), names(s.fields))
		}
	}
	return values
}

func fieldsOf(s Shape) string {
	if len(s.fields) == 0 {
		return "no field here"
	}
	return names(s.all())
}

func (d *Document) checkEntries(n ast.Node, s Shape, path string, depth int) any {
	entries, ok := pairs(n)
	if !ok {
		return d.wrong(n, s)
	}
	values := make(map[string]any, len(entries))
	for _, e := range entries {
		name := e.Key.GetToken().Value
		number, err := strconv.Atoi(name)
		if err != nil || float64(number) < s.min || float64(number) > s.max {
			d.fault(e.Key.GetToken(), "found key %s, want a number from %v to %v", strconv.Quote(name), s.min, s.max)
			continue
		}
		at := join(path, strconv.Itoa(number))
		values[strconv.Itoa(number)] = d.check(e.Value, *s.item, at, depth+1)
		d.places[at] = placeOf(e.Key.GetToken())
	}
	return values
}

var durationForm = regexp.MustCompile(durationPattern)

func (d *Document) checkScalar(n ast.Node, s Shape) any {
	switch v := n.(type) {
	case *ast.IntegerNode:
		f, err := strconv.ParseFloat(fmt.Sprint(v.Value), 64)
		if err == nil && (s.kind == integer || s.kind == number) && f >= s.min && f <= s.max {
			return v.Value
		}
	case *ast.FloatNode:
		if s.kind == number && v.Value >= s.min && v.Value <= s.max {
			return v.Value
		}
	case *ast.BoolNode:
		if s.kind == boolean {
			return v.Value
		}
	case *ast.StringNode:
		return d.checkText(n, v.Value, s)
	case *ast.LiteralNode:
		return d.checkText(n, v.Value.Value, s)
	}
	if s.kind == text {
		d.fault(start(n), "found %s, want text: put it into quotes", describe(n))
		return nil
	}
	return d.wrong(n, s)
}

func (d *Document) checkText(n ast.Node, value string, s Shape) any {
	switch s.kind {
	case text:
		if length := utf8.RuneCountInString(value); length < s.least || length > s.most {
			d.fault(start(n), "found %d characters, want %d to %d", length, s.least, s.most)
		}
		return value
	case fixed:
		if slices.Contains(s.words, value) {
			return value
		}
	case duration:
		if _, err := time.ParseDuration(value); err == nil && durationForm.MatchString(value) {
			return value
		}
	}
	return d.wrong(n, s)
}

// describe says what a node is, as a person would.
func describe(n ast.Node) string {
	switch v := n.(type) {
	case *ast.NullNode:
		return "nothing"
	case *ast.SequenceNode:
		return "a list"
	case *ast.MappingNode, *ast.MappingValueNode:
		return "an object"
	case *ast.StringNode:
		return strconv.Quote(shorten(v.Value))
	case *ast.LiteralNode:
		return "several lines of text"
	case *ast.AnchorNode, *ast.AliasNode:
		return "an anchor or alias"
	case *ast.TagNode:
		return "a tag"
	}
	return shorten(n.GetToken().Value)
}

func shorten(s string) string {
	const most = 40
	if utf8.RuneCountInString(s) <= most {
		return s
	}
	return string([]rune(s)[:most]) + "…"
}

func join(path, name string) string {
	if path == "" {
		return name
	}
	return path + "." + name
}

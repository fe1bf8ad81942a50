package strict

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// A Shape says what a value may be. The zero value permits nothing.
type Shape struct {
	kind   kind
	want   string // what is expected, in words
	fields []Field
	beside []Field // of oneOf: fields that may stand beside the one
	item   *Shape
	either []Shape
	words  []string
	min    float64
	max    float64
	least  int // of a list's items and of a text's characters
	most   int
}

type kind int

const (
	none kind = iota
	text
	integer
	number
	boolean
	duration
	list
	object
	oneOf // an object with exactly one of its fields
	entry // a map from a small integer to a value
	any1  // one of several shapes
	fixed // one given word
)

// Field is one field of an object.
type Field struct {
	Name     string
	Of       Shape
	Required bool
	Doc      string // one sentence for the schema
}

// Text is a string of 1 to most characters.
func Text(most int) Shape {
	return Shape{kind: text, want: "text", least: 1, most: most}
}

// Word is one of the given words.
func Word(words ...string) Shape {
	return Shape{kind: fixed, words: words, want: among(words)}
}

// Integer is a whole number from min to max.
func Integer(min, max int) Shape {
	return Shape{kind: integer, min: float64(min), max: float64(max), want: fmt.Sprintf("a whole number from %d to %d", min, max)}
}

// Number is a number from min to max.
func Number(min, max float64) Shape {
	return Shape{kind: number, min: min, max: max, want: fmt.Sprintf("a number from %v to %v", min, max)}
}

// Boolean is true or false.
func Boolean() Shape { return Shape{kind: boolean, want: "true or false"} }

// Duration is a span of time as time.ParseDuration reads it, as in "1.5s".
func Duration() Shape { return Shape{kind: duration, want: `a time like "1.5s" or "300ms"`} }

// List holds least to most values of one shape.
func List(of Shape, least, most int) Shape {
	return Shape{kind: list, item: &of, least: least, most: most, want: "a list"}
}

// Object has the given fields and no others.
func Object(fields ...Field) Shape {
	return Shape{kind: object, fields: fields, want: "an object with " + names(fields)}
}

// OneOf is an object with exactly one of the given fields.
func OneOf(fields ...Field) Shape {
	return Shape{kind: oneOf, fields: fields, want: "one of " + names(fields)}
}

// With returns a OneOf that may have these fields beside its one field.
func (s Shape) With(beside ...Field) Shape {
	s.beside = beside
	return s
}

// Entries is a map from whole numbers from min to max to values of one shape.
func Entries(of Shape, min, max int) Shape {
	return Shape{kind: entry, item: &of, min: float64(min), max: float64(max), want: fmt.Sprintf("an object whose keys are numbers from %d to %d", min, max)}
}

// Either is one of several shapes, which must differ in their kind of value.
func Either(shapes ...Shape) Shape {
	wants := make([]string, len(shapes))
	for i, s := range shapes {
		wants[i] = s.want
	}
	return Shape{kind: any1, either: shapes, want: strings.Join(wants, " or ")}
}

// Empty is an object without fields.
func Empty() Shape { return Shape{kind: object, want: "{} (it has no fields)"} }

// Schema returns the shape as a JSON Schema (draft 2020-12) fragment.
func (s Shape) Schema() map[string]any {
	switch s.kind {
	case text:
		return map[string]any{"type": "string", "minLength": s.least, "maxLength": s.most}
	case fixed:
		return map[string]any{"enum": s.words}
	case integer:
		return map[string]any{"type": "integer", "minimum": s.min, "maximum": s.max}
	case number:
		return map[string]any{"type": "number", "minimum": s.min, "maximum": s.max}
	case boolean:
		return map[string]any{"type": "boolean"}
	case duration:
		return map[string]any{"type": "string", "pattern": durationPattern}
	case list:
		return map[string]any{"type": "array", "items": s.item.Schema(), "minItems": s.least, "maxItems": s.most}
	case entry:
		return map[string]any{
			"type": "object", "additionalProperties": s.item.Schema(),
			"propertyNames": map[string]any{"enum": keysBetween(int(s.min), int(s.max))},
		}
	case any1:
		var all []map[string]any
		for _, e := range s.either {
			all = append(all, e.Schema())
		}
		return map[string]any{"anyOf": all}
	}
	return s.objectSchema()
}

// durationPattern is what time.ParseDuration reads, without a sign.
const durationPattern = `^([0-9]+(\.[0-9]+)?(ms|s|m|h))+$`

func (s Shape) objectSchema() map[string]any {
	properties := map[string]any{}
	required := []string{}
	for _, f := range s.all() {
		p := f.Of.Schema()
		if f.Doc != "" {
			p["description"] = f.Doc
		}
		properties[f.Name] = p
		if f.Required {
			required = append(required, f.Name)
		}
	}
	schema := map[string]any{"type": "object", "properties": properties, "additionalProperties": false}
	if s.kind == oneOf {
		schema["oneOf"] = alternatives(s.fields)
	} else if len(required) > 0 {
		schema["required"] = required
	}
	return schema
}

// all returns every field that an object of the shape may have.
func (s Shape) all() []Field { return slices.Concat(s.fields, s.beside) }

// alternatives returns a schema for each field, which demands that field.
func alternatives(fields []Field) (all []map[string]any) {
	for _, f := range fields {
		all = append(all, map[string]any{"required": []string{f.Name}})
	}
	return all
}

func keysBetween(min, max int) []string {
	var keys []string
	for i := min; i <= max; i++ {
		keys = append(keys, strconv.Itoa(i))
	}
	return keys
}

func names(fields []Field) string {
	all := make([]string, len(fields))
	for i, f := range fields {
		all[i] = f.Name
	}
	return among(all)
}

// among is "a, b or c".
func among(words []string) string {
	words = slices.Clone(words)
	if len(words) < 2 {
		return strings.Join(words, "")
	}
	last := len(words) - 1
	return strings.Join(words[:last], ", ") + " or " + words[last]
}

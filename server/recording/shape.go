package recording

import (
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"reflect"
	"strings"

	"capplayground/cluster"
	"capplayground/server/collect"
	"capplayground/server/history"
	"capplayground/server/scenario"
	"capplayground/server/workload"
)

// Shape is the type of a JSON value. Shapes are made from the Go types by
// reflection, and scripts/shapes writes them into a module of the page, so that
// both readers refuse the same lines.
//
// A Shape is a word (text, int, count, number, yes, node, any-node, status, any),
// "[]" before another Shape for a list, "{}" before one for a map, "@" before
// the name of an object's type, or "?" before the Shape of a value that may be null.
type Shape string

// Shapes are the types of all values of a recording.
type Shapes struct {
	Lines   map[string]map[string]Shape `json:"lines"`   // by the kind of the line: its fields
	Objects map[string]map[string]Shape `json:"objects"` // by name: its fields
	Event   map[string]Shape            `json:"event"`   // the fields that every event has
	// Whole names the fields that each object has. If a file leaves one out, it has the
	// zero value.
	Whole map[string][]string `json:"whole"`

	types map[string]reflect.Type // of Objects
}

// AllShapes returns the shapes of everything that a recording may hold.
func AllShapes() Shapes {
	s := Shapes{Lines: map[string]map[string]Shape{}, Objects: map[string]map[string]Shape{}, Whole: map[string][]string{}, types: map[string]reflect.Type{}}
	s.Event = s.fields(reflect.TypeFor[cluster.Event]())
	s.Event["kind"] = "text"
	s.Lines[KindHead] = s.fields(reflect.TypeFor[Head]())
	s.Lines[KindMarker] = s.fields(reflect.TypeFor[Marker]())
	s.Lines[string(cluster.KindHello)] = s.fields(reflect.TypeFor[collect.Hello]())
	for _, body := range cluster.Bodies() {
		s.Lines[string(body.Kind())] = s.fields(reflect.TypeOf(body).Elem())
	}
	s.Lines[string(cluster.KindVerdict)]["report"] = s.of(reflect.TypeFor[history.Report]())
	s.Objects["Report"]["load"] = s.of(reflect.TypeFor[workload.Load]()) // package judge adds it
	talk := s.of(reflect.TypeFor[scenario.Talk]())
	s.Lines[string(cluster.KindHello)]["talk"] = talk
	for _, kind := range []cluster.EventKind{cluster.KindScenario, cluster.KindAsk, cluster.KindVote, cluster.KindReveal, cluster.KindBlack} {
		s.Lines[string(kind)]["report"] = talk
	}
	return s
}

func (s *Shapes) fields(t reflect.Type) map[string]Shape {
	fields := map[string]Shape{}
	for i := range t.NumField() {
		f := t.Field(i)
		if f.Anonymous {
			for name, shape := range s.fields(f.Type) {
				fields[name] = shape
			}
			continue
		}
		name, options, _ := strings.Cut(f.Tag.Get("json"), ",")
		if name == "-" || !f.IsExported() {
			continue
		}
		fields[name] = s.of(f.Type)
		if f.Type.Kind() == reflect.Pointer && options == "" {
			fields[name] = "?" + fields[name]
		}
	}
	return fields
}

func (s *Shapes) of(t reflect.Type) Shape {
	switch t {
	case reflect.TypeFor[cluster.NodeID]():
		return "node"
	case reflect.TypeFor[cluster.AnyNode]():
		return "any-node"
	case reflect.TypeFor[cluster.Status]():
		return "status"
	case reflect.TypeFor[json.RawMessage]():
		return "any"
	case reflect.TypeFor[cluster.Event]():
		return "event"
	}
	switch t.Kind() {
	case reflect.Pointer:
		return s.of(t.Elem())
	case reflect.String:
		return "text"
	case reflect.Bool:
		return "yes"
	case reflect.Float64:
		return "number"
	case reflect.Int, reflect.Int64:
		return "int"
	case reflect.Uint64:
		return "count"
	case reflect.Slice, reflect.Array:
		return "[]" + s.of(t.Elem())
	case reflect.Map:
		return "{}" + s.of(t.Elem())
	case reflect.Struct:
		name := t.Name()
		if known, ok := s.types[name]; ok && known != t {
			panic("recording: two types are called " + name)
		} else if !ok {
			s.types[name] = t // before its fields, because a type may contain itself
			s.Objects[name] = s.fields(t)
			s.Whole[name] = whole(t)
		}
		return Shape("@" + name)
	}
	panic("recording: no shape for " + t.String())
}

// whole returns the names of the fields that are in the JSON of each value of a type.
func whole(t reflect.Type) []string {
	names := []string{}
	for i := range t.NumField() {
		f := t.Field(i)
		name, options, _ := strings.Cut(f.Tag.Get("json"), ",")
		if f.IsExported() && !f.Anonymous && name != "-" && options == "" {
			names = append(names, name)
		}
	}
	return names
}

// theShapes are the shapes of this version.
var theShapes = AllShapes()

// maxInt is the largest whole number that a browser reads exactly.
const maxInt = 1<<53 - 1

// checker checks the values of one line. nodes is the number of nodes.
type checker struct{ nodes int }

// line checks a line, or an event inside a line, by its kind. It returns the known
// fields. The other fields are dropped, because a newer version may have written them.
func (c checker) line(at, kind string, v map[string]any) (map[string]any, error) {
	known, err := c.object(at, theShapes.Lines[kind], v)
	if err != nil || kind == KindHead || kind == KindMarker || kind == string(cluster.KindHello) {
		return known, err
	}
	own, err := c.object(at, theShapes.Event, v)
	maps.Copy(known, own)
	return known, err
}

// object returns the known fields of an object.
func (c checker) object(at string, fields map[string]Shape, v map[string]any) (map[string]any, error) {
	known := make(map[string]any, len(v))
	for name, value := range v {
		shape, ok := fields[name]
		if !ok {
			continue
		}
		value, err := c.value(place(at, name), shape, value)
		if err != nil {
			return nil, err
		}
		known[name] = value
	}
	return known, nil
}

// place names a value. The names of a map may be long.
func place(at, name string) string {
	name = cluster.Cut(name, 40)
	if at == "" {
		return name
	}
	return at + "." + name
}

// value returns v without unknown fields.
func (c checker) value(at string, shape Shape, v any) (any, error) {
	if plain, ok, leaf := c.leaf(shape, v); leaf {
		if !ok {
			return nil, fmt.Errorf("%s: want %s", at, c.wanted(shape))
		}
		return plain, nil
	}
	if inner, ok := strings.CutPrefix(string(shape), "?"); ok {
		if v == nil {
			return nil, nil
		}
		return c.value(at, Shape(inner), v)
	}
	if inner, ok := strings.CutPrefix(string(shape), "[]"); ok {
		list, ok := v.([]any)
		if !ok {
			return nil, fmt.Errorf("%s: want a list", at)
		}
		for i := range list {
			var err error
			if list[i], err = c.value(fmt.Sprintf("%s[%d]", at, i), Shape(inner), list[i]); err != nil {
				return nil, err
			}
		}
		return list, nil
	}
	object, ok := v.(map[string]any)
	if !ok {
		return nil, fmt.Errorf("%s: want an object", at)
	}
	if shape == "event" {
		kind, _ := object["kind"].(string)
		return c.line(at, kind, object)
	}
	if inner, ok := strings.CutPrefix(string(shape), "{}"); ok {
		for name := range object {
			var err error
			if object[name], err = c.value(place(at, name), Shape(inner), object[name]); err != nil {
				return nil, err
			}
		}
		return object, nil
	}
	return c.object(at, theShapes.Objects[string(shape[1:])], object)
}

// leaf returns a value of a shape that contains no other values. It returns a whole
// number as int64, even if it is written as 1e2. leaf is false for all other shapes.
func (c checker) leaf(shape Shape, v any) (plain any, ok, leaf bool) {
	most := int64(-1)
	least := int64(0)
	switch shape {
	case "any":
		return v, true, true
	case "text":
		_, ok = v.(string)
		return v, ok, true
	case "yes":
		_, ok = v.(bool)
		return v, ok, true
	case "number":
		n, ok := v.(json.Number)
		_, err := n.Float64()
		return v, ok && err == nil, true
	case "int":
		least, most = -maxInt, maxInt
	case "count":
		most = maxInt
	case "node":
		most = int64(c.nodes)
	case "any-node":
		if v == "*" {
			return v, true, true
		}
		least, most = 1, int64(c.nodes)
	case "status":
		if _, word := v.(string); word {
			return v, true, true
		}
		most = 999
	default:
		return nil, false, false
	}
	n, ok := exact(v)
	return n, ok && n >= least && n <= most, true
}

// exact returns a whole number that a browser can read exactly.
func exact(v any) (int64, bool) {
	number, ok := v.(json.Number)
	if !ok {
		return 0, false
	}
	if n, err := number.Int64(); err == nil {
		return n, true
	}
	f, err := number.Float64()
	return int64(f), err == nil && f == math.Trunc(f) && math.Abs(f) <= maxInt
}

// wanted returns the name of a leaf's shape for an error.
func (c checker) wanted(shape Shape) string {
	switch shape {
	case "node":
		return fmt.Sprintf("a node, 0 to %d", c.nodes)
	case "any-node":
		return fmt.Sprintf(`a node, 1 to %d, or "*"`, c.nodes)
	case "text":
		return "a text"
	case "yes":
		return "true or false"
	case "status":
		return "a status of HTTP or a word"
	}
	return map[Shape]string{"number": "a number", "int": "a whole number", "count": "a whole number, not negative"}[shape]
}

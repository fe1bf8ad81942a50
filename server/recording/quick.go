package recording

import (
	"bytes"
	"encoding/json"
	"reflect"
	"unicode/utf8"

	"capplayground/cluster"
)

// quick reads an event whose text has the form that the program writes, and whose values
// its shapes allow. It returns false for every other line, which is then read with the
// shapes. quick reads almost all lines of a recording.
func (c checker) quick(line []byte) (e cluster.Event, ok bool) {
	if !utf8.Valid(line) || bytes.Count(line, []byte("{"))+bytes.Count(line, []byte("[")) > MaxDepth {
		return e, false
	}
	e, ok = cluster.ParseEvent(line)
	if !ok || e.Body == nil || e.Seq == 0 || e.Node == 0 || e.T == 0 { // the field may be missing
		return e, false
	}
	return e, c.allows(reflect.ValueOf(e))
}

// allows reports whether the numbers in a value are within their bounds. It returns false
// if that depends on the text of the line.
func (c checker) allows(v reflect.Value) bool {
	switch v.Type() {
	case reflect.TypeFor[cluster.NodeID]():
		return v.Int() >= 0 && v.Int() <= int64(c.nodes)
	case reflect.TypeFor[cluster.Status]():
		return cluster.Status(v.String()).Code() <= 999
	case reflect.TypeFor[cluster.AnyNode](), reflect.TypeFor[json.RawMessage]():
		return v.IsZero()
	}
	switch v.Kind() {
	case reflect.Interface, reflect.Pointer:
		return v.IsNil() || c.allows(v.Elem())
	case reflect.Struct:
		for i := range v.NumField() {
			if !c.allows(v.Field(i)) {
				return false
			}
		}
	case reflect.Slice:
		for i := range v.Len() {
			if !c.allows(v.Index(i)) {
				return false
			}
		}
	case reflect.Int, reflect.Int64:
		return v.Int() >= -maxInt && v.Int() <= maxInt
	case reflect.Uint64:
		return v.Uint() <= maxInt
	case reflect.String, reflect.Bool, reflect.Float64:
	default:
		return v.IsZero()
	}
	return true
}

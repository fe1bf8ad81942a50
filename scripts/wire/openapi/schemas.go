package main

import (
	"fmt"
	"go/ast"
	"path"
	"slices"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"

	"capplayground/scripts/wire/source"
)

// schemas makes the schemas of Go types. A struct with a name becomes a component.
type schemas struct {
	tree  *source.Tree
	made  openapi3.Schemas
	names map[*source.Type]string
}

func newSchemas(tree *source.Tree) *schemas {
	return &schemas{tree: tree, made: openapi3.Schemas{}, names: map[*source.Type]string{}}
}

// byHand has the schemas of the types whose JSON form differs from their Go type.
var byHand = map[string]func() *openapi3.Schema{
	"cluster.AnyNode": func() *openapi3.Schema {
		return &openapi3.Schema{OneOf: openapi3.SchemaRefs{integer("").NewRef(), {Value: words("", "*")}}}
	},
	"cluster.Status": func() *openapi3.Schema {
		return &openapi3.Schema{OneOf: openapi3.SchemaRefs{integer("").NewRef(), str("").NewRef()}}
	},
	"strict.Span":       func() *openapi3.Schema { return str("a Go duration, such as 1.5s") },
	"cluster.OpID":      func() *openapi3.Schema { return str("") },
	"time.Time":         func() *openapi3.Schema { return str("").WithFormat("date-time") },
	"time.Duration":     func() *openapi3.Schema { return integer("nanoseconds") },
	"json.RawMessage":   func() *openapi3.Schema { return &openapi3.Schema{} },
	"cluster.EventKind": func() *openapi3.Schema { return str("") },
}

// named returns the schema of the type name in the package in dir.
func (s *schemas) named(dir, name string) (*openapi3.SchemaRef, error) {
	in, err := s.tree.Load(dir)
	if err != nil {
		return nil, err
	}
	if in.Types[name] == nil {
		return nil, fmt.Errorf("%s has no type %s", dir, name)
	}
	return s.of(in, ast.NewIdent(name))
}

// of returns the schema of a Go type that is written in the package in.
func (s *schemas) of(in *source.Package, expr ast.Expr) (*openapi3.SchemaRef, error) {
	switch e := expr.(type) {
	case *ast.StarExpr:
		return s.of(in, e.X)
	case *ast.ArrayType:
		item, err := s.of(in, e.Elt)
		return (&openapi3.Schema{Type: &openapi3.Types{"array"}, Items: item}).NewRef(), err
	case *ast.MapType:
		value, err := s.of(in, e.Value)
		return (&openapi3.Schema{Type: &openapi3.Types{"object"}, AdditionalProperties: openapi3.AdditionalProperties{Schema: value}}).NewRef(), err
	case *ast.StructType:
		return s.object(in, e, "")
	}
	switch name := source.Text(expr); name {
	case "string":
		return str("").NewRef(), nil
	case "bool":
		return boolean("").NewRef(), nil
	case "int", "int64", "uint64", "uint":
		return integer("").NewRef(), nil
	case "float64":
		return number("").NewRef(), nil
	case "any", "interface{}":
		return (&openapi3.Schema{}).NewRef(), nil
	default:
		if make := byHand[name]; make != nil {
			return make().NewRef(), nil
		}
	}
	from, d, err := s.tree.Named(in, expr)
	if err != nil {
		return nil, err
	}
	return s.declared(from, d)
}

// declared returns the schema of a type that has a name.
func (s *schemas) declared(from *source.Package, d *source.Type) (*openapi3.SchemaRef, error) {
	if make := byHand[path.Base(from.Dir)+"."+d.Name]; make != nil {
		return make().NewRef(), nil
	}
	switch e := d.Expr.(type) {
	case *ast.Ident:
		if all := from.Words[d.Name]; all != nil {
			var values []string
			for _, c := range all {
				values = append(values, from.Value[c])
			}
			return words("", values...).NewRef(), nil
		}
		return s.of(from, e)
	case *ast.StructType:
		return s.component(from, d, e)
	}
	return s.of(from, d.Expr)
}

// component returns a reference to the schema of a struct. It makes the schema only once.
func (s *schemas) component(from *source.Package, d *source.Type, e *ast.StructType) (*openapi3.SchemaRef, error) {
	name := s.names[d]
	if name == "" {
		name = strings.ToUpper(d.Name[:1]) + d.Name[1:]
		if s.made[name] != nil {
			base := path.Base(from.Dir)
			name = strings.ToUpper(base[:1]) + base[1:] + name
		}
		s.names[d] = name
		s.made[name] = &openapi3.SchemaRef{} // reserve the name before the fields, since a field may refer to the type itself
		made, err := s.object(from, e, d.Doc)
		if err != nil {
			return nil, err
		}
		if name == "Event" {
			s.openEvent(made.Value)
		}
		s.made[name] = made
	}
	return openapi3.NewSchemaRef("#/components/schemas/"+name, nil), nil
}

// openEvent adds the kind to the common fields of all events. Further fields are allowed,
// because they depend on the kind.
func (s *schemas) openEvent(event *openapi3.Schema) {
	event.Description = "one event of the stream; its other fields depend on its kind"
	event.Properties["kind"] = str("").NewRef()
	event.Required = append(event.Required, "kind")
	event.AdditionalProperties = openapi3.AdditionalProperties{Has: openapi3.Ptr(true)}
}

// object returns the schema of a struct.
func (s *schemas) object(in *source.Package, e *ast.StructType, doc string) (*openapi3.SchemaRef, error) {
	fields, err := s.tree.Fields(in, e)
	if err != nil {
		return nil, err
	}
	made := object(oneLine(doc))
	for _, f := range fields {
		of, err := s.of(f.From, f.Type)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", f.JSON, err)
		}
		made.Properties[f.JSON] = described(of, f)
		if !f.Optional {
			made.Required = append(made.Required, f.JSON)
		}
	}
	slices.Sort(made.Required)
	return made.NewRef(), nil
}

// described returns the schema of a field with its comment. OpenAPI allows no description
// beside a reference, so a reference is wrapped.
func described(of *openapi3.SchemaRef, f source.Field) *openapi3.SchemaRef {
	_, pointer := f.Type.(*ast.StarExpr)
	null := pointer && !f.Optional
	if of.Ref == "" {
		of.Value.Description = join(f.Comment, of.Value.Description)
		of.Value.Nullable = null
		return of
	}
	if f.Comment == "" && !null {
		return of
	}
	return (&openapi3.Schema{AllOf: openapi3.SchemaRefs{of}, Description: f.Comment, Nullable: null}).NewRef()
}

func join(a, b string) string {
	if a == "" || b == "" {
		return a + b
	}
	return a + "; " + b
}

// oneLine returns a comment without its line ends.
func oneLine(doc string) string { return strings.Join(strings.Fields(doc), " ") }

func object(doc string) *openapi3.Schema {
	return &openapi3.Schema{Type: &openapi3.Types{"object"}, Description: doc, Properties: openapi3.Schemas{}}
}

func str(doc string) *openapi3.Schema {
	return &openapi3.Schema{Type: &openapi3.Types{"string"}, Description: doc}
}

func integer(doc string) *openapi3.Schema {
	return &openapi3.Schema{Type: &openapi3.Types{"integer"}, Description: doc}
}

func number(doc string) *openapi3.Schema {
	return &openapi3.Schema{Type: &openapi3.Types{"number"}, Description: doc}
}

func boolean(doc string) *openapi3.Schema {
	return &openapi3.Schema{Type: &openapi3.Types{"boolean"}, Description: doc}
}

// words returns the schema of a string that is one of the words.
func words(doc string, all ...string) *openapi3.Schema {
	made := str(doc)
	for _, w := range all {
		made.Enum = append(made.Enum, w)
	}
	return made
}

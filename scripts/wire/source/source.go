// Package source reads the types of this project from its sources, with their
// comments. It works even if the project does not compile.
package source

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"path"
	"path/filepath"
	"reflect"
	"strconv"
	"strings"
)

// Tree reads packages of this project, each package once.
type Tree struct {
	root     string
	packages map[string]*Package // by directory
}

// New returns a reader of the project in the directory root.
func New(root string) *Tree { return &Tree{root: root, packages: map[string]*Package{}} }

// Package has the declarations of one package.
type Package struct {
	Dir   string
	Types map[string]*Type
	Order []string            // the types in the order of their declarations
	Words map[string][]string // the names of the string constants of each named type
	Value map[string]string   // the value of each string constant
}

// Type is one type with its comment.
type Type struct {
	Name  string
	Doc   string
	Event string // the kind of event whose body this type is; "": it is no body of an event
	Expr  ast.Expr
}

// Field is one JSON field of a struct, or of a struct that is embedded in it.
type Field struct {
	Name     string // the name in Go
	JSON     string
	Optional bool // the JSON leaves it out if it is zero
	Type     ast.Expr
	From     *Package // the package in which Type is declared
	Comment  string
}

// Load reads the package in a directory of the project.
func (s *Tree) Load(dir string) (*Package, error) {
	if p := s.packages[dir]; p != nil {
		return p, nil
	}
	files, err := filepath.Glob(filepath.Join(s.root, dir, "*.go"))
	if err != nil {
		return nil, err
	}
	p := &Package{Dir: dir, Types: map[string]*Type{}, Words: map[string][]string{}, Value: map[string]string{}}
	s.packages[dir] = p
	for _, name := range files {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.ParseComments)
		if err != nil {
			return nil, err
		}
		for _, decl := range file.Decls {
			if g, ok := decl.(*ast.GenDecl); ok {
				p.declare(g)
			}
		}
	}
	return p, nil
}

func (p *Package) declare(g *ast.GenDecl) {
	for _, spec := range g.Specs {
		switch spec := spec.(type) {
		case *ast.TypeSpec:
			comment := spec.Doc
			if comment == nil {
				comment = g.Doc
			}
			d := &Type{Name: spec.Name.Name, Doc: strings.TrimSpace(comment.Text()), Expr: spec.Type}
			if comment != nil {
				for _, line := range comment.List {
					if word, ok := strings.CutPrefix(line.Text, "//event:"); ok {
						d.Event = word
					}
				}
			}
			p.Types[d.Name] = d
			p.Order = append(p.Order, d.Name)
		case *ast.ValueSpec:
			if g.Tok == token.CONST {
				p.constant(spec)
			}
		}
	}
}

func (p *Package) constant(spec *ast.ValueSpec) {
	for i, name := range spec.Names {
		if i >= len(spec.Values) {
			return
		}
		literal, ok := spec.Values[i].(*ast.BasicLit)
		if !ok || literal.Kind != token.STRING {
			continue
		}
		text, err := strconv.Unquote(literal.Value)
		if err != nil {
			continue
		}
		p.Value[name.Name] = text
		if named, ok := spec.Type.(*ast.Ident); ok {
			p.Words[named.Name] = append(p.Words[named.Name], name.Name)
		}
	}
}

// Fields returns the JSON fields of a struct.
func (s *Tree) Fields(p *Package, expr ast.Expr) ([]Field, error) {
	st, ok := expr.(*ast.StructType)
	if !ok {
		return nil, fmt.Errorf("%s: not a struct", p.Dir)
	}
	var all []Field
	for _, f := range st.Fields.List {
		var tag reflect.StructTag
		if f.Tag != nil {
			text, err := strconv.Unquote(f.Tag.Value)
			if err != nil {
				return nil, err
			}
			tag = reflect.StructTag(text)
		}
		name, options, _ := strings.Cut(tag.Get("json"), ",")
		if len(f.Names) == 0 && name == "" {
			in, d, err := s.Named(p, f.Type)
			if err != nil {
				return nil, err
			}
			inner, err := s.Fields(in, d.Expr)
			if err != nil {
				return nil, err
			}
			all = append(all, inner...)
			continue
		}
		if name == "-" || name == "" && (len(f.Names) == 0 || !f.Names[0].IsExported()) {
			continue
		}
		comment := f.Comment.Text()
		if f.Doc != nil {
			comment = f.Doc.Text()
		}
		one := Field{
			JSON: name, Type: f.Type, From: p, Comment: strings.Join(strings.Fields(comment), " "),
			Optional: strings.Contains(options, "omitempty") || strings.Contains(options, "omitzero"),
		}
		if len(f.Names) > 0 {
			one.Name = f.Names[0].Name
		}
		if one.JSON == "" {
			one.JSON = one.Name
		}
		all = append(all, one)
	}
	return all, nil
}

// Named returns the declaration of a named type, in this package or in another package of
// this project.
func (s *Tree) Named(p *Package, expr ast.Expr) (*Package, *Type, error) {
	switch e := expr.(type) {
	case *ast.Ident:
		if d := p.Types[e.Name]; d != nil {
			return p, d, nil
		}
	case *ast.SelectorExpr:
		pkg, ok := e.X.(*ast.Ident)
		if !ok {
			break
		}
		for _, dir := range []string{"cluster", "server/" + pkg.Name, "cluster/" + pkg.Name} {
			if path.Base(dir) != pkg.Name {
				continue
			}
			in, err := s.Load(dir)
			if err != nil {
				continue
			}
			if d := in.Types[e.Sel.Name]; d != nil {
				return in, d, nil
			}
		}
	}
	return nil, nil, fmt.Errorf("%s: no declaration of %s", p.Dir, Text(expr))
}

// Text returns a type as it is written in the source.
func Text(expr ast.Expr) string {
	switch e := expr.(type) {
	case *ast.Ident:
		return e.Name
	case *ast.SelectorExpr:
		return Text(e.X) + "." + e.Sel.Name
	case *ast.StarExpr:
		return "*" + Text(e.X)
	case *ast.ArrayType:
		return "[]" + Text(e.Elt)
	case *ast.MapType:
		return "map[" + Text(e.Key) + "]" + Text(e.Value)
	}
	return fmt.Sprintf("%T", expr)
}

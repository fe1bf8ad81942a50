package main

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

// sources reads packages of this project, each once.
type sources struct {
	root     string
	packages map[string]*source // by directory
}

// source is what one package declares.
type source struct {
	dir   string
	types map[string]*declared
	order []string            // of types, as they stand in the files
	words map[string][]string // the string constants of a named type: their names
	value map[string]string   // the value of each string constant
}

// declared is one type with its comment.
type declared struct {
	name  string
	doc   string
	event string // the kind of event that it is the body of, "" for none
	expr  ast.Expr
}

// field is one JSON field of a struct. The fields of embedded structs are among them.
type field struct {
	name     string // Go's
	json     string
	optional bool // left out when it is zero
	typ      ast.Expr
	from     *source // the package in which typ is declared
	comment  string
}

func (s *sources) load(dir string) (*source, error) {
	if p := s.packages[dir]; p != nil {
		return p, nil
	}
	files, err := filepath.Glob(filepath.Join(s.root, dir, "*.go"))
	if err != nil {
		return nil, err
	}
	p := &source{dir: dir, types: map[string]*declared{}, words: map[string][]string{}, value: map[string]string{}}
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

func (p *source) declare(g *ast.GenDecl) {
	for _, spec := range g.Specs {
		switch spec := spec.(type) {
		case *ast.TypeSpec:
			comment := spec.Doc
			if comment == nil {
				comment = g.Doc
			}
			d := &declared{name: spec.Name.Name, doc: strings.TrimSpace(comment.Text()), expr: spec.Type}
			if comment != nil {
				for _, line := range comment.List {
					if word, ok := strings.CutPrefix(line.Text, "//event:"); ok {
						d.event = word
					}
				}
			}
			p.types[d.name] = d
			p.order = append(p.order, d.name)
		case *ast.ValueSpec:
			if g.Tok == token.CONST {
				p.constant(spec)
			}
		}
	}
}

func (p *source) constant(spec *ast.ValueSpec) {
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
		p.value[name.Name] = text
		if named, ok := spec.Type.(*ast.Ident); ok {
			p.words[named.Name] = append(p.words[named.Name], name.Name)
		}
	}
}

// fields are the JSON fields of a struct.
func (s *sources) fields(p *source, expr ast.Expr) ([]field, error) {
	st, ok := expr.(*ast.StructType)
	if !ok {
		return nil, fmt.Errorf("%s: not a struct", p.dir)
	}
	var all []field
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
			in, d, err := s.named(p, f.Type)
			if err != nil {
				return nil, err
			}
			inner, err := s.fields(in, d.expr)
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
		one := field{
			json: name, typ: f.Type, from: p, comment: strings.Join(strings.Fields(comment), " "),
			optional: strings.Contains(options, "omitempty") || strings.Contains(options, "omitzero"),
		}
		if len(f.Names) > 0 {
			one.name = f.Names[0].Name
		}
		if one.json == "" {
			one.json = one.name
		}
		all = append(all, one)
	}
	return all, nil
}

// named looks up the declaration behind a name, of this package or of another
// one of this project.
func (s *sources) named(p *source, expr ast.Expr) (*source, *declared, error) {
	switch e := expr.(type) {
	case *ast.Ident:
		if d := p.types[e.Name]; d != nil {
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
			in, err := s.load(dir)
			if err != nil {
				continue
			}
			if d := in.types[e.Sel.Name]; d != nil {
				return in, d, nil
			}
		}
	}
	return nil, nil, fmt.Errorf("%s: no declaration of %s", p.dir, text(expr))
}

func text(expr ast.Expr) string {
	switch e := expr.(type) {
	case *ast.Ident:
		return e.Name
	case *ast.SelectorExpr:
		return text(e.X) + "." + e.Sel.Name
	case *ast.StarExpr:
		return "*" + text(e.X)
	case *ast.ArrayType:
		return "[]" + text(e.Elt)
	case *ast.MapType:
		return "map[" + text(e.Key) + "]" + text(e.Value)
	}
	return fmt.Sprintf("%T", expr)
}

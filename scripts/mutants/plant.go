package main

import (
	"cmp"
	"encoding/json"
	"fmt"
	"go/ast"
	"go/token"
	"go/types"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// A mutant is one mistake.
type mutant struct {
	id           int // from 1 on
	kind         string
	file         string
	line, column int
	text         string // the line of the source, » before the operator
	killed       bool
}

// The kinds of mutants, by the names that gremlins has for them.
const (
	boundary   = "CONDITIONALS_BOUNDARY" // < becomes <=
	negation   = "CONDITIONALS_NEGATION" // == becomes !=, < becomes >=
	arithmetic = "ARITHMETIC_BASE"       // + becomes -, * becomes /, % becomes *
	step       = "INCREMENT_DECREMENT"   // ++ becomes --
	negative   = "INVERT_NEGATIVES"      // -x becomes +x
)

// helpers are the functions that the planted code calls. An environment variable has the
// number of the active mutant.
const helpers = `package %s

import mutantOS "os"

var mutantAwake = func() (n int) {
	for _, digit := range mutantOS.Getenv("MUTANT") {
		n = 10*n + int(digit-'0')
	}
	return n
}()

type mutantNumber interface {
	~int | ~int8 | ~int16 | ~int32 | ~int64 | ~uint | ~uint8 | ~uint16 | ~uint32 | ~uint64 | ~uintptr | ~float32 | ~float64
}
type mutantInteger interface {
	~int | ~int8 | ~int16 | ~int32 | ~int64 | ~uint | ~uint8 | ~uint16 | ~uint32 | ~uint64 | ~uintptr
}
type mutantOrdered interface{ mutantNumber | ~string }

func mutantNot[T ~bool](id int, b T) T { return b != (mutantAwake == id) }
func mutantLess[T mutantOrdered](id int, a, b T) bool {
	return a < b != (mutantAwake == id+1) || mutantAwake == id && a == b
}
func mutantMore[T mutantOrdered](id int, a, b T) bool {
	return a > b != (mutantAwake == id+1) || mutantAwake == id && a == b
}
func mutantAtMost[T mutantOrdered](id int, a, b T) bool {
	return a <= b != (mutantAwake == id+1) && !(mutantAwake == id && a == b)
}
func mutantAtLeast[T mutantOrdered](id int, a, b T) bool {
	return a >= b != (mutantAwake == id+1) && !(mutantAwake == id && a == b)
}
func mutantAdd[T mutantNumber](id int, a, b T) T {
	if mutantAwake == id {
		return a - b
	}
	return a + b
}
func mutantSub[T mutantNumber](id int, a, b T) T {
	if mutantAwake == id {
		return a + b
	}
	return a - b
}
func mutantMul[T mutantNumber](id int, a, b T) T {
	if mutantAwake == id {
		return a / b
	}
	return a * b
}
func mutantDiv[T mutantNumber](id int, a, b T) T {
	if mutantAwake == id {
		return a * b
	}
	return a / b
}
func mutantRem[T mutantInteger](id int, a, b T) T {
	if mutantAwake == id {
		return a * b
	}
	return a %% b
}
func mutantMinus[T mutantNumber](id int, a T) T {
	if mutantAwake == id {
		return a
	}
	return -a
}
func mutantOne[T mutantNumber](id int) T {
	var one T = 1
	if mutantAwake == id {
		return -one
	}
	return one
}
`

var (
	compared = map[token.Token]string{token.LSS: "mutantLess", token.GTR: "mutantMore", token.LEQ: "mutantAtMost", token.GEQ: "mutantAtLeast"}
	computed = map[token.Token]string{token.ADD: "mutantAdd", token.SUB: "mutantSub", token.MUL: "mutantMul", token.QUO: "mutantDiv", token.REM: "mutantRem"}
)

// plant writes the package with all its mutants into the directory work. It also
// writes the file with which the build replaces the sources (go help build, -overlay).
func plant(src *source, work string) ([]*mutant, string, error) {
	p := &mutator{src: src}
	replaced := map[string]string{}
	write := func(name, text string) error {
		to := filepath.Join(work, name)
		replaced[filepath.Join(src.dir, name)] = to
		return os.WriteFile(to, []byte(text), 0o600)
	}
	for i, file := range src.files {
		p.name, p.edits, p.imports = src.names[i], nil, make(map[string]bool)
		for _, spec := range file.Imports {
			if path, err := strconv.Unquote(spec.Path.Value); err == nil && spec.Name == nil {
				p.imports[path] = true
			}
		}
		for _, decl := range file.Decls {
			if f, ok := decl.(*ast.FuncDecl); ok && f.Body != nil {
				ast.Inspect(f.Body, p.visit)
			}
		}
		if err := write(p.name, p.apply()); err != nil {
			return nil, "", err
		}
	}
	if err := write("mutants_planted.go", fmt.Sprintf(helpers, src.pkg.Name())); err != nil {
		return nil, "", err
	}
	text, err := json.Marshal(map[string]any{"Replace": replaced})
	if err != nil {
		return nil, "", err
	}
	overlay := filepath.Join(work, "overlay.json")
	return p.mutants, overlay, os.WriteFile(overlay, text, 0o600)
}

type mutator struct {
	src     *source
	name    string          // of the file
	imports map[string]bool // the paths that the file imports without another name
	edits   []edit
	mutants []*mutant
}

// An edit replaces the bytes from..to by text. Edits at one place stay in their
// order: an outer expression is visited before the ones inside it.
type edit struct {
	from, to int
	text     string
	closes   bool
}

func (p *mutator) visit(node ast.Node) bool {
	switch n := node.(type) {
	case *ast.GenDecl:
		return n.Tok != token.CONST
	case *ast.ArrayType: // the length of an array must be a constant
		return false
	case *ast.BinaryExpr:
		p.binary(n)
	case *ast.UnaryExpr:
		if t := p.typeName(n); n.Op == token.SUB && t != "" {
			id := p.add(negative, n.OpPos)
			p.replace(n.OpPos, n.OpPos+1, fmt.Sprintf("mutantMinus[%s](%d, ", t, id))
			p.close(n.End())
		}
	case *ast.IncDecStmt:
		if t := p.typeName(n.X); t != "" {
			op := "+="
			if n.Tok == token.DEC {
				op = "-="
			}
			p.replace(n.TokPos, n.End(), fmt.Sprintf(" %s mutantOne[%s](%d)", op, t, p.add(step, n.TokPos)))
		}
	}
	return true
}

func (p *mutator) binary(n *ast.BinaryExpr) {
	if p.src.info.Types[n].Value != nil && p.typeName(n) == "" {
		return // an untyped constant, whose type has no name
	}
	switch {
	case n.Op == token.EQL || n.Op == token.NEQ:
		p.wrap(n, "mutantNot", p.add(negation, n.OpPos), "")
	case compared[n.Op] != "":
		id := p.add(boundary, n.OpPos)
		p.add(negation, n.OpPos)
		p.call(n, compared[n.Op], id, "")
	case computed[n.Op] != "" && p.typeName(n) != "":
		p.call(n, computed[n.Op], p.add(arithmetic, n.OpPos), "["+p.typeName(n)+"]")
	}
}

// wrap makes f(id, x op y) of x op y.
func (p *mutator) wrap(n *ast.BinaryExpr, f string, id int, instance string) {
	p.replace(n.Pos(), n.Pos(), fmt.Sprintf("%s%s(%d, ", f, instance, id))
	p.close(n.End())
}

// call makes f(id, x, y) of x op y.
func (p *mutator) call(n *ast.BinaryExpr, f string, id int, instance string) {
	p.wrap(n, f, id, instance)
	p.replace(n.OpPos, n.OpPos+token.Pos(len(n.Op.String())), ",")
}

// typeName is the name of a number's type in this file; "" if the file has no name for it.
func (p *mutator) typeName(x ast.Expr) string {
	t := p.src.info.Types[x].Type
	if basic, ok := t.Underlying().(*types.Basic); !ok || basic.Info()&(types.IsInteger|types.IsFloat) == 0 || basic.Info()&types.IsUntyped != 0 {
		return ""
	}
	named := true
	name := types.TypeString(t, func(other *types.Package) string {
		if other == p.src.pkg {
			return ""
		}
		named = named && p.imports[other.Path()]
		return other.Name()
	})
	if !named {
		return ""
	}
	return name
}

// add makes a new mutant and returns its number.
func (p *mutator) add(kind string, at token.Pos) int {
	where := p.src.fset.Position(at)
	line := strings.Split(string(p.src.text[p.name]), "\n")[where.Line-1]
	p.mutants = append(p.mutants, &mutant{
		id: len(p.mutants) + 1, kind: kind, file: p.name, line: where.Line, column: where.Column,
		text: strings.TrimSpace(line[:where.Column-1] + "»" + line[where.Column-1:]),
	})
	return len(p.mutants)
}

func (p *mutator) replace(from, to token.Pos, text string) {
	p.edits = append(p.edits, edit{from: p.src.fset.Position(from).Offset, to: p.src.fset.Position(to).Offset, text: text})
}

// close ends a call behind an expression.
func (p *mutator) close(at token.Pos) {
	offset := p.src.fset.Position(at).Offset
	p.edits = append(p.edits, edit{from: offset, to: offset, text: ")", closes: true})
}

// apply returns the file with all edits. At one place the ends of calls come before the
// beginnings, since an operator or a comma stands between two calls.
func (p *mutator) apply() string {
	slices.SortStableFunc(p.edits, func(a, b edit) int {
		if c := cmp.Compare(a.from, b.from); c != 0 {
			return c
		}
		return cmp.Compare(boolInt(b.closes), boolInt(a.closes))
	})
	text, at := p.src.text[p.name], 0
	var out strings.Builder
	for _, e := range p.edits {
		out.Write(text[at:e.from])
		out.WriteString(e.text)
		at = e.to
	}
	out.Write(text[at:])
	return out.String()
}

func boolInt(b bool) int {
	if b {
		return 1
	}
	return 0
}

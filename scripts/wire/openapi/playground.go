package main

import (
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"

	"capplayground/cluster"
	"capplayground/server/control"
	"capplayground/server/verbs"
)

// answer is an answer of a call without an error.
type answer struct {
	status int
	doc    string
	media  string
	// schema makes the schema of the body; nil: the body is text.
	schema func(*schemas) (*openapi3.SchemaRef, error)
}

const (
	asJSON = "application/json"
	asYAML = "application/yaml"
)

// playground describes the control API.
func playground(s *schemas) (*openapi3.T, error) {
	doc := &openapi3.T{
		OpenAPI: "3.0.3",
		Info: &openapi3.Info{
			Title: "CAP Playground: the control API", Version: "1",
			Description: "The calls of the page: faults, links, pace, operations of clients, the verdict, and the talk. " +
				"Bad input changes nothing. A playground with a token needs it as a bearer token.",
		},
		Servers: openapi3.Servers{{URL: "http://localhost:8080"}},
		Paths:   openapi3.NewPaths(),
	}
	for _, call := range control.New(unused).Calls() {
		op, err := s.operation(call)
		if err != nil {
			return nil, fmt.Errorf("%s %s: %w", call.Method, call.Path, err)
		}
		doc.AddOperation(call.Path, call.Method, op)
	}
	finish(doc, s)
	return doc, nil
}

// unused is a Config whose interfaces have no implementation. New takes their methods as
// values, so they must not be nil, but no code calls them.
var unused = control.Config{
	Nodes: struct{ control.Nodes }{}, Screens: struct{ control.Screens }{},
}

// finish adds the parts that all descriptions have.
func finish(doc *openapi3.T, s *schemas) {
	doc.Components = &openapi3.Components{
		Schemas: s.made,
		SecuritySchemes: openapi3.SecuritySchemes{
			"token": {Value: &openapi3.SecurityScheme{Type: "http", Scheme: "bearer", Description: "CAP_TOKEN, where one is set"}},
		},
	}
	doc.Security = openapi3.SecurityRequirements{{}, {"token": {}}}
}

// operation describes one call of the control API.
func (s *schemas) operation(call control.Call) (*openapi3.Operation, error) {
	op := newOperation(call.Method, call.Path, call.Summary)
	what := call.Method + " " + call.Path
	for _, q := range queries[what] {
		op.AddParameter(&q)
	}
	body, err := s.body(call)
	if err != nil {
		return nil, err
	}
	if body != nil {
		op.RequestBody = &openapi3.RequestBodyRef{Value: body}
	}
	answers := answersOf(call)
	if answers == nil {
		return nil, fmt.Errorf("answers.go does not say what it answers")
	}
	errors := "Error"
	if call.Path == verbs.OpsPath || isScreen(call) {
		errors = "NodeError" // these calls return the answer of the node
	}
	return op, s.respond(op, answers, errors)
}

// newOperation returns an operation with the parameters of the path.
func newOperation(method, path, summary string) *openapi3.Operation {
	op := openapi3.NewOperation()
	op.Summary = summary
	op.OperationID = operationID(method, path)
	op.Responses = openapi3.NewResponsesWithCapacity(4)
	for _, part := range strings.Split(path, "/") {
		name, isParameter := strings.CutPrefix(part, "{")
		if !isParameter {
			continue
		}
		name = strings.TrimSuffix(name, "}")
		schema := str("")
		switch name {
		case "node", "from", "to":
			schema = integer("the number of a node")
		}
		op.AddParameter(openapi3.NewPathParameter(name).WithSchema(schema))
	}
	return op
}

// operationID returns the method and the words of the path, as in postNodesFreeze.
func operationID(method, path string) string {
	id := strings.ToLower(method)
	for _, part := range strings.FieldsFunc(path, func(c rune) bool { return strings.ContainsRune("/{}.-_", c) }) {
		if part != "api" {
			id += strings.ToUpper(part[:1]) + part[1:]
		}
	}
	return id
}

// body describes the body of a call; nil: it has none.
func (s *schemas) body(call control.Call) (*openapi3.RequestBody, error) {
	if call.Method+" "+call.Path == "POST /api/compare" {
		script, err := s.named("server/compare", "Script")
		return openapi3.NewRequestBody().WithDescription("without a body: the usual script").
			WithContent(openapi3.Content{asJSON: {Schema: script, Example: example(call)}}), err
	}
	if len(call.Body) == 0 {
		return nil, nil
	}
	args, err := s.arguments()
	if err != nil {
		return nil, err
	}
	made := object("")
	made.AdditionalProperties = openapi3.AdditionalProperties{Has: openapi3.Ptr(false)}
	for _, name := range call.Body {
		made.Properties[name] = args[name]
		if args[name] == nil {
			return nil, fmt.Errorf("no schema for the argument %s", name)
		}
	}
	made.Required = required(call)
	content := openapi3.Content{asJSON: {Schema: made.NewRef(), Example: example(call)}}
	if call.Path == "/api/scenario" {
		content[asYAML] = &openapi3.MediaType{Schema: str("the text of a scenario file").NewRef()}
	}
	return openapi3.NewRequestBody().WithRequired(len(made.Required) > 0).WithContent(content), nil
}

// example returns the call's example; nil: it has none.
func example(call control.Call) any {
	if call.Example == nil {
		return nil
	}
	return call.Example
}

// required returns the names of the fields that the body of a call must have.
func required(call control.Call) []string {
	switch call.Method + " " + call.Path {
	case "POST " + verbs.OpsPath:
		return []string{"node", "kind"}
	case "POST /api/scenario":
		return []string{"name"}
	case "POST /api/scenario/vote":
		return []string{"choice"}
	}
	for _, v := range verbs.Table {
		if v.Method == call.Method && v.Path == call.Path {
			var names []string
			for _, name := range v.Needs {
				if v.Instead == nil && !v.InPath(name) {
					names = append(names, name)
				}
			}
			slices.Sort(names)
			return names
		}
	}
	return nil
}

// arguments returns the schemas of all fields that a body may have: the arguments of verbs,
// and some that no verb has.
func (s *schemas) arguments() (openapi3.Schemas, error) {
	in, err := s.tree.Load("server/verbs")
	if err != nil {
		return nil, err
	}
	all, err := s.of(in, in.Types["Args"].Expr)
	if err != nil {
		return nil, err
	}
	args := all.Value.Properties
	args["kind"] = kinds().NewRef()
	args["name"] = str("of a scenario of GET /api/scenarios").NewRef()
	args["page"] = str("the page that the press comes from").NewRef()
	args["choice"] = integer("of the open question, from 1").NewRef()
	args["pace"] = words("", cluster.PaceLive, cluster.PaceSlow, cluster.PaceStep).NewRef()
	return args, nil
}

// kinds returns the schema of the kinds of client operations.
func kinds() *openapi3.Schema {
	var all []string
	for _, v := range verbs.Table {
		if v.Path == verbs.OpsPath {
			all = append(all, string(v.Kind))
		}
	}
	return words("", all...)
}

// respond adds the answers of a call, and its errors.
func (s *schemas) respond(op *openapi3.Operation, answers []answer, errors string) error {
	for _, a := range answers {
		schema := str("").NewRef()
		if a.schema != nil {
			var err error
			if schema, err = a.schema(s); err != nil {
				return err
			}
		}
		op.AddResponse(a.status, openapi3.NewResponse().WithDescription(a.doc).WithContent(openapi3.Content{a.media: {Schema: schema}}))
	}
	s.made["Error"] = errorSchema(false)
	if errors != "Error" {
		s.made[errors] = errorSchema(true)
	}
	failed := openapi3.NewResponse().WithDescription("an error; nothing was changed, unless the outcome is unknown").
		WithContent(openapi3.Content{asJSON: {Schema: openapi3.NewSchemaRef("#/components/schemas/"+errors, nil)}})
	op.Responses.Set("default", &openapi3.ResponseRef{Value: failed})
	return nil
}

// errorSchema returns the schema of an error. An error of a node also has the outcome of the
// operation.
func errorSchema(ofNode bool) *openapi3.SchemaRef {
	made := object("an error: a sentence for people, which may change, and a code for programs, which does not")
	made.Properties["error"] = str("").NewRef()
	made.Properties["code"] = words("", cluster.Codes()...).NewRef()
	made.Required = []string{"error"}
	if ofNode {
		made.Properties["outcome"] = words("aborted: it has not happened and never will; unknown: it may have happened, or may yet happen", "aborted", "unknown").NewRef()
		made.Properties["op"] = str("the id of the operation").NewRef()
	}
	made.Required = append(made.Required, "code")
	slices.Sort(made.Required)
	return made.NewRef()
}

// looks returns the answer of a call that returns a current state.
func looks(status int, doc, dir, name string) []answer {
	return []answer{{status, doc, asJSON, func(s *schemas) (*openapi3.SchemaRef, error) { return s.named(dir, name) }}}
}

// answersOf returns the answers of a call.
func answersOf(call control.Call) []answer {
	if strings.HasPrefix(call.Path, "/api/nodes/") && !isScreen(call) {
		return theCluster
	}
	if strings.HasPrefix(call.Path, "/api/messages/") {
		return []answer{{http.StatusOK, "what was done with the message", asJSON, fields("msg", str(""), "done", str(""))}}
	}
	if all := answers[call.Method+" "+call.Path]; all != nil {
		return all
	}
	if call.Path == "/api/scenario" || strings.HasPrefix(call.Path, "/api/scenario/") {
		return looks(http.StatusOK, "the scenario that is played, as the presenter sees it", "server/scenario", "Presenter")
	}
	return nil
}

// isScreen reports whether a call acts on a node's screen.
func isScreen(call control.Call) bool {
	return strings.HasSuffix(call.Path, "/dump") || strings.HasSuffix(call.Path, "/clean")
}

// fields makes an object from pairs of name and schema. All its fields are required.
func fields(pairs ...any) func(*schemas) (*openapi3.SchemaRef, error) {
	return func(*schemas) (*openapi3.SchemaRef, error) {
		made := object("")
		for i := 0; i < len(pairs); i += 2 {
			name := pairs[i].(string)
			made.Properties[name] = pairs[i+1].(*openapi3.Schema).NewRef()
			made.Required = append(made.Required, name)
		}
		slices.Sort(made.Required)
		return made.NewRef(), nil
	}
}

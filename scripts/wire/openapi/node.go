package main

import (
	"fmt"
	"net/http"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"

	"capplayground/cluster"
	"capplayground/cluster/modes"
	"capplayground/cluster/nodeapi"
)

// node describes the REST API of a node.
func node(s *schemas) (*openapi3.T, error) {
	doc := &openapi3.T{
		OpenAPI: "3.0.3",
		Info: &openapi3.Info{
			Title: "CAP Playground: the REST API of a node", Version: "1",
			Description: "Reads and writes of one key-value store on several nodes. A call that the node's mode does not have is 404.",
		},
		Servers: openapi3.Servers{{URL: "http://127.0.0.1:3001"}, {URL: "http://127.0.0.2:3002"}, {URL: "http://127.0.0.3:3003"}, {URL: "http://127.0.0.4:3004"}, {URL: "http://127.0.0.5:3005"}},
		Paths:   openapi3.NewPaths(),
	}
	for _, call := range nodeapi.Calls() {
		method, path, _ := strings.Cut(call, " ")
		if method == http.MethodHead || strings.Contains(path, "//") || strings.HasSuffix(path, "/") || path == "/peer" {
			continue // HEAD answers as GET; an empty key or value is a value of the parameter; only nodes call /peer
		}
		what, ok := ofNode(call)
		if !ok {
			return nil, fmt.Errorf("%s: node.go does not say what it does", call)
		}
		op := newOperation(method, path, what.summary)
		if what.headers {
			op.AddParameter(openapi3.NewHeaderParameter("X-Cap-Op").WithSchema(str("a UUID that names the operation; the same one again is the same operation")))
			op.AddParameter(openapi3.NewHeaderParameter("X-Cap-Client").WithSchema(str("the name of the client in events: at most 16 of a-z, 0-9 and -")))
		}
		if strings.Contains(what.summary, "writes") {
			op.AddParameter(openapi3.NewHeaderParameter("If-Match").WithSchema(str("the version that the write replaces; of mode " + modes.Where(func(d cluster.Descriptor) bool { return d.IfMatch }))))
		}
		if what.body != nil {
			op.RequestBody = &openapi3.RequestBodyRef{Value: what.body}
		}
		if err := s.respond(op, []answer{what.answer}, "NodeError"); err != nil {
			return nil, err
		}
		doc.AddOperation(path, method, op)
	}
	finish(doc, s)
	return doc, nil
}

// nodeCall is one call of a node.
type nodeCall struct {
	summary string
	headers bool // it is an operation, so it has the headers of an operation
	body    *openapi3.RequestBody
	answer  answer
}

// ofNode describes a call of a node.
func ofNode(call string) (nodeCall, bool) {
	read := answer{http.StatusOK, "the value", asJSON, result}
	written := answer{http.StatusCreated, "the write is done", asJSON, result}
	known := map[string]nodeCall{
		"GET /database/{key}":        {"reads a value", true, nil, read},
		"PUT /database/{key}":        {"writes the body, text of up to 64 KiB", true, text(), written},
		"POST /database/{key}/{val}": {"writes a value of up to 8 KiB", true, nil, written},
		"GET /admin/dump":            {"prints the node's database on its screen, and returns it", false, nil, answer{http.StatusOK, "the database", asJSON, dump}},
		"GET /admin/clean":           {"pushes blank lines on the node's screen", false, nil, answer{http.StatusOK, "it is done", asJSON, fields("node", integer(""))}},
		"GET /admin/state":           {"all that the node knows", false, nil, answer{http.StatusOK, "the state", asJSON, state}},
		"GET /healthz":               {"tells whether the node is ready to serve", false, nil, answer{http.StatusOK, "it is ready", asJSON, fields("node", integer(""), "ready", boolean(""))}},
		"GET /openapi.yaml":          {"this description", false, nil, answer{http.StatusOK, "this description", asYAML, nil}},
	}
	if c, ok := known[call]; ok {
		return c, true
	}
	for _, c := range modes.Calls() {
		if c.Method+" "+c.Path == call {
			done := answer{http.StatusOK, "it is done", asJSON, result}
			return nodeCall{c.Summary, true, bodyOf(c.Kind), done}, true
		}
	}
	return nodeCall{}, false
}

func state(s *schemas) (*openapi3.SchemaRef, error) { return s.named("cluster", "NodeState") }

func text() *openapi3.RequestBody {
	return openapi3.NewRequestBody().WithContent(openapi3.Content{"text/plain": {Schema: str("the value").NewRef()}})
}

// bodyOf returns the body of a call that only some modes have; nil: the call has no body.
func bodyOf(kind cluster.RequestKind) *openapi3.RequestBody {
	pairs := map[cluster.RequestKind][]any{
		cluster.OpPropose: {"id", str("of the transaction"), "key", str(""), "val", str("")},
		cluster.OpPlant:   {"key", str(""), "val", str(""), "ts", integer("microseconds since 1970")},
	}[kind]
	if pairs == nil {
		return nil
	}
	schema, _ := fields(pairs...)(nil) // this cannot fail, because no field refers to a type
	schema.Value.AdditionalProperties = openapi3.AdditionalProperties{Has: openapi3.Ptr(false)}
	return openapi3.NewRequestBody().WithRequired(true).WithContent(openapi3.Content{asJSON: {Schema: schema}})
}

package main

import (
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"

	"capplayground/server/control"
	"capplayground/server/lanes"
)

// allLanes describes the calls that act on all lanes at once. Each is a call of the control
// API, and its answer contains the answer of each lane.
func allLanes(s *schemas) (*openapi3.T, error) {
	doc := &openapi3.T{
		OpenAPI: "3.0.3",
		Info: &openapi3.Info{
			Title: "CAP Playground: the calls of all lanes", Version: "1",
			Description: "Each call goes to every lane at the same moment. Calls about the talk go to the playground. " +
				"The calls of one lane are those of the control API, with /api/lanes/{mode} in place of /api.",
		},
		Servers: openapi3.Servers{{URL: "http://localhost:8080"}},
		Paths:   openapi3.NewPaths(),
	}
	for path, a := range map[string]answer{
		lanes.Path:        {http.StatusOK, "the lanes", asJSON, listOf("lanes", "server/lanes", "Listed")},
		lanes.OpenAPIPath: {http.StatusOK, "this description", asYAML, nil},
	} {
		op := newOperation(http.MethodGet, path, a.doc)
		if err := s.respond(op, []answer{a}, "Error"); err != nil {
			return nil, err
		}
		doc.AddOperation(path, http.MethodGet, op)
	}
	for _, call := range control.New(unused).Calls() {
		rest, below := strings.CutPrefix(call.Path, "/api/")
		path := lanes.Path + "/" + rest
		reach := lanes.ReachOf(call.Method, rest)
		if !below || reach == lanes.None || path == lanes.OpenAPIPath {
			continue
		}
		op, err := s.operation(call)
		if err != nil {
			return nil, fmt.Errorf("%s %s: %w", call.Method, path, err)
		}
		op.OperationID = operationID(call.Method, path)
		if reach == lanes.All {
			s.ofEachLane(op)
		}
		doc.AddOperation(path, call.Method, op)
	}
	finish(doc, s)
	return doc, nil
}

// ofEachLane replaces the answers of an operation by answers that contain the answer of each
// lane. If the statuses of the lanes differ, the status is 207, and each lane has one of the
// answers or an error.
func (s *schemas) ofEachLane(op *openapi3.Operation) {
	failed := op.Responses.Default().Value.Content[asJSON].Schema
	name := strings.TrimPrefix(failed.Ref, components)
	each := openapi3.SchemaRefs{failed}
	responses := op.Responses.Map()
	for _, status := range slices.Sorted(maps.Keys(responses)) {
		if content := responses[status].Value.Content[asJSON]; status != "default" {
			same := func(other *openapi3.SchemaRef) bool { return other.Ref != "" && other.Ref == content.Schema.Ref }
			if !slices.ContainsFunc(each, same) {
				each = append(each, content.Schema)
			}
			content.Schema = s.inLanes(strings.TrimPrefix(content.Schema.Ref, components), content.Schema)
		}
	}
	one := ""
	if len(each) == 2 && each[1].Ref != "" {
		one = strings.TrimPrefix(each[1].Ref, components) + "Or" + name
	}
	mixed := s.inLanes(one, (&openapi3.Schema{AnyOf: each}).NewRef())
	refused := s.inLanes(name, failed)
	refused.Value.Required = []string{"code", "error"} // there is no field lanes if no lane was asked
	op.AddResponse(http.StatusMultiStatus, openapi3.NewResponse().WithDescription("the lanes answered with different statuses").
		WithContent(openapi3.Content{asJSON: {Schema: mixed}}))
	response := openapi3.NewResponse().WithDescription("an error of every lane, or one because of which no lane was asked").
		WithContent(openapi3.Content{asJSON: {Schema: refused}})
	op.Responses.Set("default", &openapi3.ResponseRef{Value: response})
}

const components = "#/components/schemas/"

// inLanes returns the schema of an answer with the body of each lane. It becomes a component
// with the name "Lanes" + name; "": it becomes no component.
func (s *schemas) inLanes(name string, body *openapi3.SchemaRef) *openapi3.SchemaRef {
	if name != "" && s.made["Lanes"+name] != nil {
		return openapi3.NewSchemaRef(components+"Lanes"+name, s.made["Lanes"+name].Value)
	}
	lane := object("")
	lane.Properties["mode"] = str("").NewRef()
	lane.Properties["status"] = integer("").NewRef()
	lane.Properties["ms"] = openapi3.NewFloat64Schema().NewRef()
	lane.Properties["body"] = body
	lane.Required = []string{"body", "mode", "ms", "status"}
	all := object("")
	all.Properties["lanes"] = (&openapi3.Schema{Type: &openapi3.Types{"array"}, Items: lane.NewRef()}).NewRef()
	all.Properties["error"] = str("names each lane that answered with an error, and its error").NewRef()
	all.Properties["code"] = str("of the first of these errors").NewRef()
	all.Required = []string{"lanes"}
	if name == "" {
		return all.NewRef()
	}
	s.made["Lanes"+name] = all.NewRef()
	return openapi3.NewSchemaRef(components+"Lanes"+name, all)
}

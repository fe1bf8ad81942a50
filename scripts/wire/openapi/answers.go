package main

import (
	"net/http"

	"github.com/getkin/kin-openapi/openapi3"
)

// theCluster is the answer of a call that changes the cluster. It comes after the change.
var theCluster = looks(http.StatusOK, "the cluster as it is now", "server/stage", "Present")

// answers has the answers of each call of the control API. The calls that answersOf knows as
// a group are not in it.
var answers = map[string][]answer{
	"GET /api":                 {{http.StatusOK, "all calls", asJSON, listOf("calls", "server/control", "Call")}},
	"GET /api/openapi.yaml":    {{http.StatusOK, "this description", asYAML, nil}},
	"GET /api/cluster":         theCluster,
	"GET /api/modes":           {{http.StatusOK, "the modes", asJSON, list("cluster", "Descriptor")}},
	"GET /api/rules":           {{http.StatusOK, "the rules in force", asJSON, list("cluster", "Rule")}},
	"POST /api/rules":          looks(http.StatusCreated, "the rule with its id", "cluster", "Rule"),
	"DELETE /api/rules/{rule}": {{http.StatusOK, "the rules that are left", asJSON, list("cluster", "Rule")}},

	"GET /api/inflight": {{http.StatusOK, "messages and timers", asJSON, inflight}},
	"POST /api/timers/{node}/{timer}/fire": {{http.StatusOK, "what was fired", asJSON,
		fields("node", integer(""), "timer", str(""), "done", str(""))}},
	"GET /api/keys/{key}":            {{http.StatusOK, "what each node holds", asJSON, holdings}},
	"PUT /api/links/{from}/{to}":     looks(http.StatusOK, "the link as it is now", "cluster", "Link"),
	"POST /api/partition":            theCluster,
	"POST /api/heal":                 theCluster,
	"POST /api/reset":                theCluster,
	"PUT /api/mode":                  theCluster,
	"PUT /api/quorum":                looks(http.StatusOK, "the sizes as they are now", "cluster", "Quorum"),
	"PUT /api/pace":                  looks(http.StatusOK, "the pace as it is now", "cluster", "Pace"),
	"GET /api/workload":              {{http.StatusOK, "the load, and whether it runs", asJSON, load}},
	"DELETE /api/workload":           {{http.StatusOK, "the load, and whether it runs", asJSON, load}},
	"POST /api/workload":             looks(http.StatusOK, "the load that runs now", "server/workload", "Load"),
	"GET /api/history":               looks(http.StatusOK, "the newest operations", "server/history", "Listing"),
	"GET /api/verdict":               looks(http.StatusOK, "the judgement and its figures", "server/judge", "report"),
	"GET /api/verdict/{key}":         {{http.StatusOK, "a page", "text/html", nil}},
	"GET /api/recording":             {{http.StatusOK, "the recording; the type depends on the format", "*/*", nil}},
	"GET /api/compare":               looks(http.StatusOK, "how far it is, and the last result", "server/compare", "State"),
	"DELETE /api/compare":            looks(http.StatusOK, "how far it is, and the last result", "server/compare", "State"),
	"POST /api/compare":              looks(http.StatusAccepted, "it has begun", "server/compare", "State"),
	"GET /api/audience":              looks(http.StatusOK, "where phones go", "server", "Phones"),
	"GET /api/scenario/recording":    {{http.StatusOK, "the recording, compressed by gzip", "application/gzip", nil}},
	"GET /api/scenarios":             {{http.StatusOK, "the scenarios", asJSON, listOf("scenarios", "server/scenario", "Listed")}},
	"GET /api/scenarios/schema.json": {{http.StatusOK, "the JSON Schema of a scenario file", "application/schema+json", nil}},
	"POST /api/nodes/{node}/dump":    {{http.StatusOK, "the node's database", asJSON, dump}},
	"POST /api/nodes/{node}/clean":   {{http.StatusOK, "it is done", asJSON, fields("node", integer(""))}},
	"POST /api/ops": {
		{http.StatusOK, "what the node answered to a read, or to a call by hand", asJSON, result},
		{http.StatusCreated, "what the node answered to a write", asJSON, result},
		{http.StatusAccepted, "with \"wait\": false: the operation has begun", asJSON, fields("op", str("the id of the operation"))},
	},
}

// queries has the query parameters of each call.
var queries = map[string][]openapi3.Parameter{
	"GET /api/history": {*openapi3.NewQueryParameter("n").WithSchema(integer("how many operations; without it: all that are kept"))},
	"GET /api/recording": {
		*openapi3.NewQueryParameter("format").WithSchema(words("", "jsonl", "mermaid", "perfetto", "shiviz", "edn")),
		*openapi3.NewQueryParameter("op").WithSchema(str("mermaid: the operation")),
		*openapi3.NewQueryParameter("key").WithSchema(str("edn: the key")),
	},
}

// list makes an array of a Go type.
func list(dir, name string) func(*schemas) (*openapi3.SchemaRef, error) {
	return func(s *schemas) (*openapi3.SchemaRef, error) {
		item, err := s.named(dir, name)
		return (&openapi3.Schema{Type: &openapi3.Types{"array"}, Items: item}).NewRef(), err
	}
}

// listOf makes an object with one array of a Go type.
func listOf(field, dir, name string) func(*schemas) (*openapi3.SchemaRef, error) {
	return func(s *schemas) (*openapi3.SchemaRef, error) {
		all, err := list(dir, name)(s)
		made := object("")
		made.Properties[field] = all
		made.Required = []string{field}
		return made.NewRef(), err
	}
}

// result returns the schema of a node's answer to an operation.
func result(s *schemas) (*openapi3.SchemaRef, error) { return s.named("cluster/nodeapi", "answer") }

// with makes a schema with the fields of a struct and with further fields. The pairs are the
// name and the schema of each further field.
func with(s *schemas, dir, name string, pairs ...any) (*openapi3.SchemaRef, error) {
	in, err := s.tree.Load(dir)
	if err != nil {
		return nil, err
	}
	made, err := s.of(in, in.Types[name].Expr)
	if err != nil {
		return nil, err
	}
	more, err := fields(pairs...)(s)
	for name, schema := range more.Value.Properties {
		made.Value.Properties[name] = schema
	}
	made.Value.Required = append(made.Value.Required, more.Value.Required...)
	return made, err
}

func load(s *schemas) (*openapi3.SchemaRef, error) {
	return with(s, "server/workload", "Load", "running", boolean(""))
}

func dump(s *schemas) (*openapi3.SchemaRef, error) {
	return with(s, "cluster", "Snapshot", "node", integer(""), "mode", str(""))
}

func holdings(s *schemas) (*openapi3.SchemaRef, error) {
	events, err := list("cluster", "Event")(s)
	if err != nil {
		return nil, err
	}
	made := object("")
	made.Properties["key"] = str("").NewRef()
	made.Properties["holds"] = events
	made.Properties["walk"] = numbers("where copies have homes: the preference list").NewRef()
	made.Properties["homes"] = numbers("the first N of it").NewRef()
	made.Required = []string{"holds", "key"}
	return made.NewRef(), nil
}

func numbers(doc string) *openapi3.Schema {
	return &openapi3.Schema{Type: &openapi3.Types{"array"}, Description: doc, Items: integer("").NewRef()}
}

func inflight(s *schemas) (*openapi3.SchemaRef, error) {
	event, err := s.named("cluster", "Event")
	if err != nil {
		return nil, err
	}
	added, err := s.named("server/control", "addedFields")
	if err != nil {
		return nil, err
	}
	s.made["AddedFields"].Value.AdditionalProperties = openapi3.AdditionalProperties{Has: openapi3.Ptr(true)}
	one := &openapi3.Schema{AllOf: openapi3.SchemaRefs{event, added}}
	all := &openapi3.Schema{Type: &openapi3.Types{"array"}, Items: one.NewRef()}
	return fields("messages", all, "timers", all)(s)
}

package servertest

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"
	"github.com/getkin/kin-openapi/routers/legacy"

	"capplayground/cluster"
	"capplayground/cluster/modes"
	"capplayground/cluster/nodeapi"
	"capplayground/server/control"
	"capplayground/server/lanes"
)

// maxChecked bounds the answers that are compared with the description, in bytes.
const maxChecked = 1 << 20

// contracts are the descriptions of the APIs, each read once.
var contracts = struct {
	control, lanes, node func() (routers.Router, error)
}{
	sync.OnceValues(func() (routers.Router, error) { return contract(control.OpenAPI()) }),
	sync.OnceValues(func() (routers.Router, error) { return contract(lanes.OpenAPI()) }),
	sync.OnceValues(func() (routers.Router, error) { return contract(nodeapi.OpenAPI()) }),
}

// contract reads a description for a test. A test is stricter than a program that
// reads the answers: a field that is not described is an error.
func contract(text []byte) (routers.Router, error) {
	doc, err := openapi3.NewLoader().LoadFromData(text)
	if err != nil {
		return nil, err
	}
	doc.Servers = nil // any address
	for _, schema := range doc.Components.Schemas {
		closeObjects(schema)
	}
	for _, path := range doc.Paths.Map() {
		for _, op := range path.Operations() {
			for _, answer := range op.Responses.Map() {
				for _, media := range answer.Value.Content {
					closeObjects(media.Schema)
				}
			}
		}
	}
	return legacy.NewRouter(doc)
}

// closeObjects lets the objects below a schema have no other fields, unless the
// description says that they may. The schemas behind references are components.
func closeObjects(s *openapi3.SchemaRef) {
	if s == nil || s.Value == nil {
		return
	}
	may := &s.Value.AdditionalProperties
	if len(s.Value.Properties) > 0 && may.Has == nil && may.Schema == nil {
		may.Has = openapi3.Ptr(false)
	}
	inside := slices.Concat(openapi3.SchemaRefs{s.Value.Items, may.Schema}, s.Value.AllOf, s.Value.OneOf, s.Value.AnyOf)
	for _, p := range s.Value.Properties {
		inside = append(inside, p)
	}
	for _, in := range inside {
		if in != nil && in.Ref == "" {
			closeObjects(in)
		}
	}
}

// checked compares every JSON answer of the two APIs, and every request that was
// accepted, with the descriptions. It remembers what differs.
type checked struct {
	next  http.RoundTripper
	place Place

	mu      sync.Mutex
	differs map[string]string // by call, the first time
}

// RoundTrip implements http.RoundTripper.
func (c *checked) RoundTrip(r *http.Request) (*http.Response, error) {
	var body []byte
	if r.Body != nil {
		var err error
		if body, err = io.ReadAll(r.Body); err != nil {
			return nil, err
		}
		_ = r.Body.Close()
		r = r.Clone(r.Context())
		r.Body = io.NopCloser(bytes.NewReader(body))
		if len(body) == 0 {
			r.Body = http.NoBody // net/http takes the length of every other empty body as unknown
		}
	}
	resp, err := c.next.RoundTrip(r)
	if err != nil || !strings.HasPrefix(resp.Header.Get("Content-Type"), "application/json") {
		return resp, err
	}
	text, err := io.ReadAll(io.LimitReader(resp.Body, maxChecked))
	rest := resp.Body
	resp.Body = struct {
		io.Reader
		io.Closer
	}{io.MultiReader(bytes.NewReader(text), failing{err}, rest), rest}
	if err == nil && len(text) < maxChecked {
		if err := c.check(r, body, resp, text); err != nil {
			c.note(r, err)
		}
	}
	return resp, nil
}

// failing is a reader that ends with an error; nil ends it well.
type failing struct{ err error }

func (f failing) Read([]byte) (int, error) {
	if f.err != nil {
		return 0, f.err
	}
	return 0, io.EOF
}

// check compares one call with its description.
func (c *checked) check(r *http.Request, body []byte, resp *http.Response, answer []byte) error {
	describes, path := contracts.control, r.URL.EscapedPath()
	if lane, ok := strings.CutPrefix(path, lanes.Path+"/"); ok {
		mode, rest, _ := strings.Cut(lane, "/")
		if isMode(mode) {
			path = "/api/" + rest
		} else {
			describes = contracts.lanes
		}
	}
	switch {
	case slices.Contains(c.place.Nodes, r.URL.Host):
		describes = contracts.node
	case path == lanes.Path:
		describes = contracts.lanes
	case !strings.HasPrefix(path, "/api"):
		return nil
	}
	router, err := describes()
	if err != nil {
		return err
	}
	asked := &http.Request{Method: r.Method, URL: &url.URL{Path: path, RawQuery: r.URL.RawQuery}, Header: r.Header.Clone(), Body: io.NopCloser(bytes.NewReader(body))}
	if asked.Method == http.MethodHead {
		asked.Method = http.MethodGet
	}
	route, params, err := router.FindRoute(asked)
	if err != nil {
		if resp.StatusCode >= http.StatusBadRequest {
			return nil // a test of calls that there are not
		}
		return fmt.Errorf("answered %d, and is not described: %w", resp.StatusCode, err)
	}
	options := &openapi3filter.Options{IncludeResponseStatus: true, AuthenticationFunc: openapi3filter.NoopAuthenticationFunc}
	options.WithCustomSchemaErrorFunc(func(e *openapi3.SchemaError) string {
		return strings.Join(e.JSONPointer(), "/") + ": " + e.Reason // without the whole answer
	})
	input := &openapi3filter.RequestValidationInput{Request: asked, PathParams: params, Route: route, Options: options}
	if resp.StatusCode < http.StatusBadRequest {
		if err := openapi3filter.ValidateRequest(context.Background(), input); err != nil {
			return fmt.Errorf("answered %d to a request that is not as described: %w", resp.StatusCode, err)
		}
	}
	output := &openapi3filter.ResponseValidationInput{RequestValidationInput: input, Status: resp.StatusCode, Header: resp.Header, Options: options}
	output.SetBodyBytes(answer)
	return openapi3filter.ValidateResponse(context.Background(), output)
}

func isMode(word string) bool { return slices.Contains(modes.Names(), cluster.Mode(word)) }

func (c *checked) note(r *http.Request, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.differs == nil {
		c.differs = map[string]string{}
	}
	if call := r.Method + " " + r.URL.Path; c.differs[call] == "" {
		c.differs[call] = err.Error()
	}
}

// Differs returns what differed from the descriptions, by call.
func (c *checked) Differs() map[string]string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.differs
}

// CloseIdleConnections lets http.Client close them.
func (c *checked) CloseIdleConnections() {
	if next, ok := c.next.(interface{ CloseIdleConnections() }); ok {
		next.CloseIdleConnections()
	}
}

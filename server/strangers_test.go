package server

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/go-chi/chi/v5"

	"capplayground/cluster"
	"capplayground/cluster/nodeapi"
	"capplayground/server/servertest"
)

// attack is one way in which a stranger's request comes: from a page of another
// site, under another host name that leads to the playground, or both.
type attack struct {
	name    string
	headers []string // name, value, …; OWN stands for the playground's host:port, PORT for its port
	body    string   // "" is the body of the call
}

// attacks are the strangers of DESIGN section 7.
var attacks = []attack{
	{"rebound name", []string{"Host", "evil.example"}, ""},
	{"rebound name, our port", []string{"Host", "evil.example:PORT"}, ""},
	{"localhost.evil", []string{"Host", "localhost.evil:PORT"}, ""},
	{"our address as a prefix", []string{"Host", "OWN.evil.example"}, ""},
	{"our name with a dot", []string{"Host", "localhost.:PORT"}, ""},
	{"our address with a dot", []string{"Host", "127.0.0.1.:PORT"}, ""},
	{"our name, no port", []string{"Host", "localhost"}, ""},
	{"our name, other port", []string{"Host", "localhost:1"}, ""},
	{"our address, other port", []string{"Host", "127.0.0.1:1"}, ""},
	{"another loopback address", []string{"Host", "127.9.9.9:PORT"}, ""},
	{"our address as a number", []string{"Host", "2130706433:PORT"}, ""},
	{"our address in short", []string{"Host", "127.1:PORT"}, ""},
	{"our address in octal", []string{"Host", "0177.0.0.1:PORT"}, ""},
	{"our address in IPv6", []string{"Host", "[::ffff:127.0.0.1]:PORT"}, ""},
	{"a name before ours", []string{"Host", "evil@OWN"}, ""},
	{"rebound, same origin", []string{"Host", "evil.example:PORT", "Origin", "http://evil.example:PORT", "Sec-Fetch-Site", "same-origin"}, ""},
	{"a proxy says so", []string{"Host", "evil.example", "X-Forwarded-Host", "OWN", "Forwarded", "host=OWN"}, ""},
	{"foreign origin", []string{"Origin", "http://evil.example"}, ""},
	{"null origin", []string{"Origin", "null"}, ""},
	{"empty origin", []string{"Origin", " "}, ""},
	{"other port's origin", []string{"Origin", "http://127.0.0.1:1"}, ""},
	{"localhost's other port", []string{"Origin", "http://localhost:1"}, ""},
	{"https origin", []string{"Origin", "https://OWN"}, ""},
	{"origin with a prefix of ours", []string{"Origin", "http://OWN.evil.example"}, ""},
	{"an extension's origin", []string{"Origin", "chrome-extension://OWN"}, ""},
	{"a file", []string{"Origin", "file://"}, ""},
	{"cross-site", []string{"Sec-Fetch-Site", "cross-site"}, ""},
	{"same-site, other port", []string{"Sec-Fetch-Site", "same-site"}, ""},
	{"cross-site, our origin", []string{"Sec-Fetch-Site", "cross-site", "Origin", "http://OWN"}, ""},
	{"unknown site", []string{"Sec-Fetch-Site", "sideways"}, ""},
	{"site in capitals", []string{"Sec-Fetch-Site", "Same-Origin"}, ""},
	{"image", []string{"Sec-Fetch-Site", "cross-site", "Sec-Fetch-Dest", "image", "Sec-Fetch-Mode", "no-cors"}, ""},
	{"script", []string{"Sec-Fetch-Site", "cross-site", "Sec-Fetch-Dest", "script", "Sec-Fetch-Mode", "no-cors"}, ""},
	{"frame", []string{"Sec-Fetch-Site", "cross-site", "Sec-Fetch-Dest", "iframe", "Sec-Fetch-Mode", "navigate"}, ""},
	{"no-cors fetch", []string{"Sec-Fetch-Site", "cross-site", "Sec-Fetch-Mode", "no-cors", "Origin", "http://evil.example", "Content-Type", "text/plain"}, "{}"},
	{"preflight", []string{"Origin", "http://evil.example", "Access-Control-Request-Method", "PUT", "Access-Control-Request-Headers", "content-type"}, ""},
	{"form", []string{"Origin", "http://evil.example", "Sec-Fetch-Site", "cross-site", "Content-Type", "application/x-www-form-urlencoded"}, "mode=AP&node=1"},
	{"form of an old browser", []string{"Origin", "http://evil.example", "Content-Type", "text/plain"}, `{"mode":"AP","x":"="}`},
	{"form with a file", []string{"Origin", "null", "Content-Type", "multipart/form-data; boundary=x"}, "--x\r\nContent-Disposition: form-data; name=\"mode\"\r\n\r\nAP\r\n--x--\r\n"},
	{"handshake from elsewhere", []string{"Origin", "http://evil.example", "Sec-Fetch-Site", "cross-site", "Sec-Fetch-Mode", "websocket", "Connection", "Upgrade", "Upgrade", "websocket", "Sec-WebSocket-Version", "13", "Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ=="}, ""},
	{"handshake from another port", []string{"Origin", "http://127.0.0.1:1", "Connection", "Upgrade", "Upgrade", "websocket", "Sec-WebSocket-Version", "13", "Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ=="}, ""},
	{"rebound handshake", []string{"Host", "evil.example:PORT", "Origin", "http://evil.example:PORT", "Connection", "Upgrade", "Upgrade", "websocket", "Sec-WebSocket-Version", "13", "Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ=="}, ""},
}

// harm has for each route a body with which a call has an effect. So only the checks
// against strangers stop an attack. harm also has a harmless call of the same route, as a
// friend makes it, and the status of its answer. A route that is not in this table fails
// the test: it must be added.
var harm = map[string]struct {
	body, friend string // "-": no call of this route is harmless
	status       int
}{
	"GET /link": {"", "", 200},

	"GET /":                                {"", "", 200},
	"HEAD /":                               {"", "", 200},
	"GET /compare":                         {"", "", 200},
	"GET /presenter":                       {"", "", 200},
	"HEAD /compare":                        {"", "", 200},
	"GET /ws":                              {"", "", 426},
	"GET /static/*":                        {"", "", 200},
	"HEAD /static/*":                       {"", "", 200},
	"GET /fragments/link":                  {"", "", 400},
	"GET /fragments/quorum":                {"", "", 400},
	"GET /fragments/rule":                  {"", "", 400},
	"GET /api":                             {"", "", 200},
	"GET /api/audience":                    {"", "", 404},
	"GET /api/scenarios":                   {"", "", 200},
	"GET /api/scenarios/schema.json":       {"", "", 200},
	"GET /api/scenario":                    {"", "", 200},
	"POST /api/scenario":                   {`{"name":"01-all-or-nothing"}`, `{"name":"none"}`, 0},
	"DELETE /api/scenario":                 {"", "", 200},
	"POST /api/scenario/next":              {"", "", 200}, // it ends the black stage
	"POST /api/scenario/back":              {"", "", 404},
	"POST /api/scenario/again":             {"", "", 404},
	"POST /api/scenario/restart":           {"", "", 404},
	"POST /api/scenario/reveal":            {"", "", 404},
	"POST /api/scenario/black":             {"", "", 0},
	"POST /api/scenario/recording":         {"", "", 404},
	"GET /api/scenario/recording":          {"", "", 404},
	"POST /api/scenario/drive":             {`{"page":"evil"}`, "", 0},
	"POST /api/scenario/vote":              {`{"choice":1}`, `{"choice":1}`, 0},
	"GET /api/modes":                       {"", "", 200},
	"GET /api/openapi.yaml":                {"", "", 200},
	"GET /api/cluster":                     {"", "", 200},
	"GET /api/compare":                     {"", "", 200},
	"GET /api/history":                     {"", "", 200},
	"GET /api/inflight":                    {"", "", 200},
	"GET /api/keys/{key}":                  {"", "", 200},
	"GET /api/recording":                   {"", "", 200},
	"GET /api/rules":                       {"", "", 200},
	"GET /api/verdict":                     {"", "", 200},
	"GET /api/verdict/{key}":               {"", "", 0}, // 200, or 404 while the judge does not know the key yet
	"GET /api/workload":                    {"", "", 200},
	"PUT /api/mode":                        {`{"mode":"AP"}`, `{"mode":"XY"}`, 422},
	"PUT /api/quorum":                      {`{"n":1,"r":1,"w":1}`, `{"n":0,"r":1,"w":1}`, 422},
	"PUT /api/pace":                        {`{"pace":"step","rate":0}`, `{"pace":"warp","rate":0}`, 422},
	"PUT /api/links/{from}/{to}":           {`{"cut":true,"delay_ms":0,"jitter_ms":0,"loss":0}`, `{"cut":true,"delay_ms":0,"jitter_ms":0,"loss":2}`, 422},
	"POST /api/partition":                  {`{"groups":[[1,2],[3,4,5]]}`, `{"groups":[]}`, 422},
	"POST /api/rules":                      {`{"from":"*","to":"*","type":"*","do":"drop","count":0}`, `{"from":"*","to":"*","type":"","do":"drop","count":0}`, 422},
	"POST /api/ops":                        {`{"node":1,"kind":"write","key":"city","val":"evil"}`, `{"node":9,"kind":"write","key":"city","val":"evil"}`, 404},
	"POST /api/workload":                   {`{"rate":100,"clients":8,"keys":1,"read_ratio":0}`, `{"rate":-1}`, 422},
	"POST /api/compare":                    {"", `{"length":"x"}`, 422},
	"DELETE /api/compare":                  {"", "", 200},
	"DELETE /api/workload":                 {"", "", 200},
	"DELETE /api/rules/{rule}":             {"", "", 404},
	"POST /api/heal":                       {"", "", 200},
	"POST /api/reset":                      {"", "-", 0},
	"POST /api/nodes/{node}/kill":          {"", "", 404},
	"POST /api/nodes/{node}/restart":       {"", "", 404},
	"POST /api/nodes/{node}/freeze":        {"", "", 404},
	"POST /api/nodes/{node}/unfreeze":      {"", "", 404},
	"POST /api/nodes/{node}/isolate":       {"", "", 404},
	"POST /api/nodes/{node}/rejoin":        {"", "", 404},
	"POST /api/nodes/{node}/wipe":          {"", "", 404},
	"POST /api/nodes/{node}/dump":          {"", "", 404},
	"POST /api/nodes/{node}/clean":         {"", "", 404},
	"POST /api/messages/{msg}/deliver":     {"", "", 404},
	"POST /api/messages/{msg}/drop":        {"", "", 404},
	"POST /api/messages/{msg}/duplicate":   {"", "", 404},
	"POST /api/timers/{node}/{timer}/fire": {"", "", 404},

	"node GET /database/{key}":        {"", "", 404},
	"node HEAD /database/{key}":       {"", "", 404},
	"node PUT /database/{key}":        {"evil", "-", 0},
	"node POST /database/{key}/{val}": {"", "-", 0},
	"node GET /database/":             {"", "", 400},
	"node HEAD /database/":            {"", "", 400},
	"node PUT /database/":             {"", "", 400},
	"node POST /database//{val}":      {"", "", 400},
	"node POST /database/{key}/":      {"", "-", 0},
	"node GET /admin/dump":            {"", "", 200},
	"node HEAD /admin/dump":           {"", "", 200},
	"node GET /admin/clean":           {"", "", 200},
	"node HEAD /admin/clean":          {"", "", 200},
	"node GET /admin/state":           {"", "", 200},
	"node HEAD /admin/state":          {"", "", 200},
	"node GET /healthz":               {"", "", 200},
	"node GET /openapi.yaml":          {"", "", 200},
	"node HEAD /openapi.yaml":         {"", "", 200},
	"node HEAD /healthz":              {"", "", 200},
	"node POST /2pc/propose":          {`{"id":"7","key":"city","val":"evil"}`, `{"id":"7"}`, 422},
	"node POST /2pc/commit/{id}":      {"", "", 404},
	"node POST /2pc/rollback/{id}":    {"", "", 404},
	"node POST /quorum/repair":        {`{"key":"city","val":"evil","ts":1}`, "", 404},
	"node GET /quorum/read/{key}":     {"", "", 404},
	"node HEAD /quorum/read/{key}":    {"", "", 404},
	"node GET /peer":                  {"", "", 426},
}

// routes are all routes of playground and nodes, as their routers list them.
func (r *rig) routes() (all []string) {
	r.t.Helper()
	visit := func(method, route string, _ http.Handler, _ ...func(http.Handler) http.Handler) error {
		if route == "/link" && method != http.MethodGet || route == "/api/*" || route == "/api" && method != http.MethodGet {
			return nil // the routes of the API are walked below; other methods than GET at the link are 405
		}
		all = append(all, method+" "+route)
		return nil
	}
	for _, routes := range []chi.Routes{r.s.routes, r.s.web.Routes(), r.s.play.API.Routes()} {
		if err := chi.Walk(routes, visit); err != nil {
			r.t.Fatal(err)
		}
	}
	for _, call := range nodeapi.Calls() {
		all = append(all, "node "+call)
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// quiet waits until nothing is under way. Each later event is the effect of a call.
func (r *rig) quiet() {
	r.t.Helper()
	r.Eventually("every node to know the outcome of all operations", func() bool { return !strings.Contains(r.Do("GET", "/api/cluster", ""), "undecided") })
	r.Eventually("no timer", func() bool { _, timers := r.Inflight(); return len(timers) == 0 })
	r.atRest()
}

// still returns everything that an attack could change: the state of the playground and its
// nodes, and the events. Values that change with time alone are left out.
func (r *rig) still() string {
	r.t.Helper()
	var b strings.Builder
	for _, path := range []string{"/api/cluster", "/api/rules", "/api/inflight", "/api/workload", "/api/compare", "/api/keys/city"} {
		b.WriteString(r.Do("GET", path, ""))
	}
	for node := 1; node <= 5; node++ {
		state := r.State(node)
		j, err := json.Marshal(state)
		if err != nil {
			r.t.Fatal(err)
		}
		b.Write(j)
	}
	for _, e := range r.Events() {
		if e.Kind() == cluster.KindVerdict || e.Kind() == cluster.KindStatus { // on a busy machine a node may become silent; /api/cluster has the rest
			continue
		}
		j, _ := json.Marshal(e.Kind())
		b.Write(j)
	}
	return regexp.MustCompile(`"owes_ms":[-0-9.e]+|"silent":(true|false),?|"process":\{[^}]*\}`).ReplaceAllString(b.String(), "")
}

// changed returns the place where two such texts begin to differ.
func changed(before, after string) string {
	i := 0
	for i < len(before) && i < len(after) && before[i] == after[i] {
		i++
	}
	i = max(0, i-200)
	return fmt.Sprintf("…%.800s\nbecame …%.800s", before[i:], after[i:])
}

// TestStrangers tries every attack at every route of playground and nodes. Each is answered
// 403, changes nothing, and gives the stranger no information. A friend's call of the same
// route is answered as the table says.
func TestStrangers(t *testing.T) {
	t.Parallel()
	r := newRig(t, "CA")
	r.MustWrite(1, "city", "secret-Lisboa")
	r.quiet()
	before := r.still()
	r.HTTP = &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 1}} // thousands of requests
	t.Cleanup(r.HTTP.CloseIdleConnections)

	routes, tried := r.routes(), 0
	for _, route := range routes {
		row, known := harm[route]
		if get, isHead := strings.CutPrefix(route, "HEAD "); isHead && !known {
			row, known = harm["GET "+get] // HEAD does what GET does
		}
		if !known {
			t.Errorf("%s is not in the table of harm: add it, with what it changes", route)
			continue
		}
		for _, a := range attacks {
			tried++
			body := row.body
			if a.body != "" {
				body = a.body
			}
			status, header, answer := r.attack(route, "1", body, a.headers)
			if status != http.StatusForbidden {
				t.Errorf("%s, %s: %d %.200s, want 403", route, a.name, status, answer)
			}
			var said struct{ Error string }
			if !strings.HasPrefix(strings.TrimPrefix(route, "node "), "HEAD") && (json.Unmarshal([]byte(answer), &said) != nil || said.Error == "") ||
				strings.Contains(answer, "secret") || reveals(answer) {
				t.Errorf("%s, %s: reveals %q", route, a.name, answer)
			}
			for name := range header {
				if strings.HasPrefix(name, "Access-Control-") || name == "Set-Cookie" || name == "Location" || name == "Upgrade" {
					t.Errorf("%s, %s: answers with %s", route, a.name, name)
				}
			}
		}
	}
	for route := range harm {
		if !slices.Contains(routes, route) {
			t.Errorf("%s is in the table, but there is no such route", route)
		}
	}
	if after := r.still(); after != before {
		t.Errorf("something changed: %s", changed(before, after))
	}
	// In the order of their names: "black" makes the stage black, and "next" ends that.
	for _, route := range slices.Sorted(maps.Keys(harm)) {
		row := harm[route]
		if row.friend == "-" {
			continue
		}
		if status, _, answer := r.attack(route, "9", row.friend, nil); status == http.StatusForbidden || row.status != 0 && status != row.status {
			t.Errorf("%s of a friend: %d %.200s, want %d", route, status, answer, row.status)
		}
	}
	t.Logf("%d routes, %d attacks each: %d requests of strangers refused", len(routes), len(attacks), tried)
}

// reveals reports whether the answer to a stranger tells more than it must. The
// answer to a wrong Host names the right ones, for people behind a tunnel. A page
// that can send such a request knows address and port already.
func reveals(answer string) bool {
	if strings.Contains(answer, "this Host is not one of our names") {
		return len(answer) > 500
	}
	return len(answer) > 100 || regexp.MustCompile(`127\.|\d`).MatchString(answer)
}

// attack calls a route, with id for each of its parameters, and returns the answer.
func (r *rig) attack(route, id, body string, headers []string) (status int, header http.Header, answer string) {
	r.t.Helper()
	route, ofNode := strings.CutPrefix(route, "node ")
	base := r.URL
	if ofNode {
		base = r.Node(1)
	}
	method, path, _ := strings.Cut(route, " ")
	path = strings.NewReplacer("*", "js/main.js", "{key}", map[string]string{"1": "city", "9": "none"}[id]).Replace(path)
	path = regexp.MustCompile(`\{[a-z]+\}`).ReplaceAllString(path, id)
	if strings.HasPrefix(path, "/api/links/") {
		path = "/api/links/1/2"
	}
	u, err := url.Parse(base)
	if err != nil {
		r.t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(r.t.Context(), servertest.Patience)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, method, base+path, strings.NewReader(body))
	if err != nil {
		r.t.Fatal(err)
	}
	if body != "" {
		req.Header.Set("Content-Type", "application/json")
	}
	own := strings.NewReplacer("OWN", u.Host, "PORT", u.Port())
	for i := 0; i+1 < len(headers); i += 2 {
		if val := own.Replace(headers[i+1]); headers[i] == "Host" {
			req.Host = val
		} else {
			req.Header.Set(headers[i], val)
		}
	}
	resp, err := r.HTTP.Do(req)
	if err != nil {
		r.t.Fatalf("%s %v: no answer: %v", route, headers, err)
	}
	defer resp.Body.Close()
	if resp.StatusCode == http.StatusSwitchingProtocols {
		return resp.StatusCode, resp.Header, "" // a stream that does not end
	}
	got, err := io.ReadAll(resp.Body)
	if err != nil {
		r.t.Fatalf("%s %v: %v", route, headers, err)
	}
	return resp.StatusCode, resp.Header, string(got)
}

package verbs

import (
	"encoding/json"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"capplayground/cluster"
	"capplayground/server/operation"
)

// Operation returns the client's operation of an action whose verb has a Kind.
// who is the client's name in events.
func (a Action) Operation(v Verb, who string) operation.Op {
	return operation.Op{
		Node: a.Args.Node, Kind: v.Kind, Key: a.Args.Key, Val: a.Args.Val, Tx: a.Args.ID, TS: a.Args.TS,
		IfMatch: a.Args.IfMatch, Client: who,
	}
}

// Request returns the call of the control API that carries out the action. The
// body is "" where the call has none. The page builds its calls by the same rule
// (static/js/hands/request.js).
func (a Action) Request(v Verb) (method, path, body string) {
	fields := a.Args.fields()
	path = v.Path
	inBody := map[string]json.RawMessage{}
	if v.Kind != "" {
		inBody["kind"], _ = json.Marshal(v.Kind)
	}
	for _, name := range v.form(fields) {
		value, set := fields[name]
		switch {
		case v.InPath(name):
			path = strings.ReplaceAll(path, "{"+name+"}", url.PathEscape(plainText(value)))
		case set:
			inBody[name] = value
		case slices.Contains(v.Needs, name): // 0 is a value of this argument
			inBody[name] = json.RawMessage("0")
		}
	}
	if len(inBody) > 0 {
		text, _ := json.Marshal(inBody) // it is made of JSON
		body = string(text)
	}
	return v.Method, path, body
}

// form returns the arguments of the form of the verb that fields are for.
func (v Verb) form(fields map[string]json.RawMessage) []string {
	if slices.ContainsFunc(v.Instead, func(name string) bool { return fields[name] != nil }) {
		return v.Instead
	}
	return slices.Concat(v.Needs, v.Takes)
}

// plainText returns a JSON number or text as a path writes it.
func plainText(value json.RawMessage) string {
	var text string
	if json.Unmarshal(value, &text) == nil {
		return text
	}
	return string(value)
}

// Curl returns a command for a POSIX shell that carries out the action. A client's
// operation goes to its node, every other action to the playground. Curl returns
// "" for a verb without a call.
func Curl(a Action, playground string, nodes []string) string {
	v, ok := Of(a.Verb)
	switch {
	case !ok || v.Path == "":
		return ""
	case v.Kind != "" && a.Args.Node >= 1 && int(a.Args.Node) <= len(nodes):
		return curlNode(a.Operation(v, ""), nodes[a.Args.Node-1])
	case a.Verb == Workload && a.Args.Rate == 0:
		return Command("DELETE", playground+v.Path, "", "")
	}
	method, path, body := a.Request(v)
	return Command(method, playground+path, "application/json", body)
}

// maxInPath bounds a value in the path of a shown command, in bytes. A longer
// value stands in the body.
const maxInPath = 200

// curlNode returns the command for a client's operation. A short value stands in
// the path, because that is how people type it.
func curlNode(op operation.Op, node string) string {
	if op.Kind == cluster.OpWrite && op.Val != "" && len(op.Val) <= maxInPath && op.IfMatch == "" {
		return Command("POST", node+"/database/"+operation.Escape(op.Key)+"/"+operation.Escape(op.Val), "", "")
	}
	r := op.Request()
	text := Command(r.Method, node+r.Path, r.ContentType, r.Body)
	if r.IfMatch != "" {
		text += " -H " + Quote("If-Match: "+strconv.Quote(r.IfMatch))
	}
	return text
}

// Command returns a curl command for a POSIX shell that makes a call.
func Command(method, url, contentType, body string) string {
	words := []string{"curl"}
	if strings.Contains(url, "/%2E") { // curl would take "." and ".." out of the path
		words = append(words, "--path-as-is")
	}
	if method != "GET" {
		words = append(words, "-X", method)
	}
	words = append(words, Quote(url))
	if body != "" || method == "PUT" {
		words = append(words, "-H", Quote("Content-Type: "+contentType), "--data-raw", Quote(body))
	}
	return strings.Join(words, " ")
}

// Quote writes a text as one word of a POSIX shell (section 2.2 of its
// standard), plainly where no character of it has a meaning there.
func Quote(s string) string {
	special := func(c rune) bool {
		return (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') && (c < '0' || c > '9') && !strings.ContainsRune("-_./:=,@%+", c)
	}
	if s != "" && !strings.ContainsFunc(s, special) {
		return s
	}
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}

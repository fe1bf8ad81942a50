// Package fragments serves the parts of the stage's page that htmx fetches when they are
// opened. They are not in package web, because the simulated edition serves them inside the
// browser.
package fragments

import (
	"bytes"
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/a-h/templ"
	"github.com/go-chi/chi/v5"

	"capplayground/cluster"
	"capplayground/cluster/guard"
	"capplayground/templates"
)

// Add adds the routes of all fragments.
func Add(r chi.Router) {
	r.Get("/fragments/link", fragment(linkFragment))
	r.Get("/fragments/quorum", fragment(quorumFragment))
	r.Get("/fragments/rule", fragment(ruleFragment))
}

// maxTypes is how many types of messages a rule may choose from.
const maxTypes = 64

// query reads numbers from a fragment's query. bad becomes true if a number is missing,
// cannot be parsed or is out of its bounds.
type query struct {
	url.Values
	bad bool
}

func (q *query) number(name string, least, most int) int {
	n, err := strconv.Atoi(q.Get(name))
	if err != nil || n < least || n > most {
		q.bad = true
		return least
	}
	return n
}

// nodes returns the numbers 1 to the number of nodes.
func (q *query) nodes() []int {
	all := make([]int, q.number("nodes", 1, cluster.MaxNodes))
	for i := range all {
		all[i] = i + 1
	}
	return all
}

func (q *query) way(from, to int, suffix string) templates.WayView {
	return templates.WayView{
		From: from, To: to, Cut: q.Get("cut"+suffix) == "true",
		DelayMS:  q.number("delay"+suffix, 0, 1_000_000),
		JitterMS: q.number("jitter"+suffix, 0, 1_000_000),
		Loss:     q.number("loss"+suffix, 0, 100),
	}
}

// GET /fragments/link?nodes=5&from=1&to=2&cut=false&delay=0&jitter=0&loss=0&cut-back=…
func linkFragment(q *query) templ.Component {
	from, to := q.number("from", 1, cluster.MaxNodes), q.number("to", 1, cluster.MaxNodes)
	return templates.Link(templates.LinkView{Nodes: q.nodes(), There: q.way(from, to, ""), Back: q.way(to, from, "-back")})
}

// GET /fragments/quorum?nodes=5&n=3&r=2&w=2
func quorumFragment(q *query) templ.Component {
	most := q.number("nodes", 1, cluster.MaxNodes)
	return templates.Quorum(templates.QuorumView{
		Nodes: most, N: q.number("n", 1, most), R: q.number("r", 1, most), W: q.number("w", 1, most),
	})
}

// GET /fragments/rule?nodes=5&from=1&to=2&types=prepare,vote
func ruleFragment(q *query) templ.Component {
	view := templates.RuleView{Nodes: q.nodes(), From: q.number("from", 0, cluster.MaxNodes), To: q.number("to", 0, cluster.MaxNodes)}
	for name := range strings.SplitSeq(q.Get("types"), ",") {
		if name != "" && utf8.ValidString(name) && len(view.Types) < maxTypes {
			view.Types = append(view.Types, name)
		}
	}
	return templates.Rule(view)
}

// fragment answers with a part of the page. The query has the first values of a form: the
// page knows the state of the cluster, and this package does not.
func fragment(of func(*query) templ.Component) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		q := query{Values: r.URL.Query()}
		part := of(&q)
		if q.bad {
			guard.WriteError(w, cluster.Sentinel("the query of a form needs its numbers", cluster.ErrBadRequest))
			return
		}
		var html bytes.Buffer
		if err := part.Render(r.Context(), &html); err != nil {
			guard.WriteError(w, errors.New("the form cannot be made"))
			return
		}
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		w.Header().Set("Content-Length", strconv.Itoa(html.Len()))
		_, _ = w.Write(html.Bytes()) // an error means that the client went away
	}
}

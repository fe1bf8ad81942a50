package server

import (
	"github.com/a-h/templ"

	"capplayground/server/control"
	"capplayground/templates"
	"capplayground/web"
	"capplayground/web/comparison"
)

// pages returns what package web shows of the cluster.
func (p *playground) pages() web.Stage {
	return web.Stage{Hub: p.Hub, API: p.API, Compare: p.comparePage}
}

// callsOf lists calls for their page. Where calls need a token, the
// commands take it from the environment, as those of the stage do.
func callsOf(calls []control.Call, url, token string) []templates.Call {
	header := ""
	if token != "" {
		header = ` -H "Authorization: Bearer $CAP_TOKEN"`
	}
	var all []templates.Call
	for _, c := range calls {
		all = append(all, templates.Call{Method: c.Method, Path: c.Path, Summary: c.Summary, Curl: c.Curl(url) + header})
	}
	return all
}

// comparePage is the page of the comparison that runs, or of the last one.
func (p *playground) comparePage(base string) templ.Component {
	return comparison.Page(p.Compare.Lanes(), base)
}

package web

import (
	"net/http"

	"github.com/a-h/templ"
	"github.com/go-chi/chi/v5"

	"capplayground/server/hub"
	"capplayground/templates"
)

// Lane is one of several clusters that run side by side.
type Lane struct {
	Mode  string
	Nodes string // where its nodes listen, in a few words
	Hub   *hub.Hub
	// Page is the path of the lane's own stage. Calls is the path that this stage
	// uses instead of /api.
	Page, Calls string
}

// lanePages adds the page of all lanes, and each lane's own pages below it.
func (web *Web) lanePages(r chi.Router, cfg Config) {
	for _, l := range cfg.Lanes {
		web.lanes = append(web.lanes, templates.LaneView{Mode: l.Mode, Nodes: l.Nodes, Page: l.Page})
		r.Route(l.Page, func(r chi.Router) {
			at := web.files.place(l.Calls)
			at.Home, at.Lanes = l.Page, true
			web.stage(r, Stage{Hub: l.Hub}, at, []string{l.Mode})
		})
	}
	getAndHead(r, "/", func(w http.ResponseWriter, r *http.Request) {
		to := "/lanes"
		if r.URL.Query().Has("dropped") { // a file was dropped on a page without a stage; the stage of the first lane plays it
			to = web.lanes[0].Page + "/?dropped"
		}
		http.Redirect(w, r, to, http.StatusFound)
	})
	at := web.files.place(lanesCalls)
	getAndHead(r, "/lanes", page(func(r *http.Request) templ.Component { // all lanes; /lanes?follow without its controls
		return templates.Lanes(templates.LanesView{Place: at, Token: web.token, Lanes: web.lanes, Follow: r.URL.Query().Has("follow")})
	}))
	getAndHead(r, "/lanes/presenter", page(func(*http.Request) templ.Component {
		return templates.Presenter(templates.TalkView{Place: at, Lanes: web.lanes})
	}))
	api := web.calls(r, lanesCalls, cfg.API)
	getAndHead(r, "/api", pageForBrowsers(page(func(*http.Request) templ.Component {
		return templates.Calls(web.files.base, lanesCalls+"/openapi.yaml", cfg.Calls)
	}), api))
}

// lanesCalls is the path of the calls of all lanes.
const lanesCalls = "/api/lanes"

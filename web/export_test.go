package web

import "github.com/go-chi/chi/v5"

// Routes shows tests what there is, so that a new route is covered by itself.
func (web *Web) Routes() chi.Routes { return web.routes }

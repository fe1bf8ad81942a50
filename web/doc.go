// Package web serves the browser: the stage's page, its static files, and the
// stream of events on /ws. It passes the calls under /api/ on to the control API.
//
// Every request passes the same steps: headers adds the security headers, guard
// checks Host, origin and token, and the router calls the handler.
package web

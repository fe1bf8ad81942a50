// Package web serves the browser: the stage's page, its static files, and the
// stream of events on /ws. It passes calls under /api/ on.
//
// Every request goes the same way: headers adds the security headers, guard
// checks Host, origin and token, and the router calls the handler.
package web

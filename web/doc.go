// Package web is what a browser meets: the stage's page, its static files, the
// stream of events on /ws, and the headers that keep strangers out. What is
// under /api/ it passes on.
//
// Everything passes the same doors, in this order: the headers that every
// answer bears, then guard's checks of Host, origin and token, then the routes.
package web

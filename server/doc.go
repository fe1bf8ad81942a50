// Package server is the playground: it joins the packages below it, from a
// Config to a graceful end.
//
//	launch ── events ──▶ collect ── feed ──▶ hub ──▶ web /ws
//	   ▲                    │ state
//	   └─ settings ── faults ◀── control ◀── web /api
//
// The methods of Playground are what the control API can do; server.go is the
// life of the whole.
package server

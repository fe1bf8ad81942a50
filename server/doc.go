// Package server assembles the playground from the packages below it, starts it with a
// Config, and ends it.
//
//	launch ── events ──▶ collect ── feed ──▶ hub ──▶ web /ws
//	   ▲                    │ state
//	   └─ settings ── faults ◀── control ◀── web /api
//
// server.go starts and ends the whole, playground.go joins its parts.
package server

// Package nodeapi is a node's REST API: it turns requests into operations and
// their replies into statuses. One file has the routes, one each the calls of
// a kind, one the keys and values in paths, one the errors.
//
// Paths are taken as they were sent, percent-decoded once and never cleaned or
// redirected: "." and ".." are keys, "%2F" is a slash in a key, "+" is a plus.
// A key or value with an unescaped "?" would be cut there, so a query is an
// error.
//
// Choices where DESIGN section 3 leaves one: an empty value is a value; a
// value in a path holds no control character, one in a body may hold tab, line
// feed and carriage return; If-Match in a mode without
// such writes is 400; HEAD is answered as
// GET without the body; the operation of a client that goes away before its
// answer goes on, and its return event has the status that the client would have
// got.
package nodeapi

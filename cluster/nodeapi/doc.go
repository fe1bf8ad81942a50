// Package nodeapi is a node's REST API. It turns requests into operations, and replies
// into HTTP statuses. One file has the routes, one the keys and values in paths, one the
// errors. Each other file has the calls of one kind.
//
// Paths are used as the client sent them: percent-decoded once, and never cleaned or
// redirected. "." and ".." are keys, "%2F" is a slash in a key, "+" is a plus. An
// unescaped "?" would cut off the rest of a key or value, so a request with a query is an
// error.
//
// Where DESIGN section 3 leaves a choice:
//   - An empty value is a value.
//   - A value in a path holds no control character. A value in a body may hold tab,
//     line feed and carriage return.
//   - If-Match in a mode that does not support it is 400.
//   - HEAD is answered like GET, without the body.
//   - If a client disconnects before its answer, its operation continues. The return
//     event has the status that the client would have got.
//   - A client may send the same operation id in X-Cap-Op again: see package driver.
package nodeapi

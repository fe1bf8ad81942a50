// Package nodeapi is a node's REST API. It turns requests into operations and their
// replies into statuses. One file has the routes, one the keys and values in paths,
// one the errors, and one each the calls of one kind.
//
// Paths are taken as they were sent, percent-decoded once and never cleaned or
// redirected: "." and ".." are keys, "%2F" is a slash in a key, "+" is a plus.
// A key or value with an unescaped "?" would be cut there, so a query is an
// error.
//
// Where DESIGN section 3 leaves a choice:
//   - An empty value is a value.
//   - A value in a path holds no control character. A value in a body may hold tab,
//     line feed and carriage return.
//   - If-Match in a mode without such writes is 400.
//   - HEAD is answered as GET, without the body.
//   - The operation of a client that goes away before its answer goes on. Its return
//     event has the status that the client would have got.
//   - An operation id in X-Cap-Op may come again: see package driver.
package nodeapi

// Package guard keeps strangers and nonsense away from a server that can kill
// processes: whose Host and Origin a request bears, whether it brings the
// token, how much of it there may be, and whether its JSON says exactly one
// thing. The nodes' REST API, the playground's control API and its pages all
// stand behind it.
//
// Who is kept out, and why by these headers:
//   - A page of another site that had its name pointed at 127.0.0.1 (DNS
//     rebinding) passes every check of Origin, since to the browser it is the
//     same origin. Its Host is not ours, so [Strangers] compares Host.
//   - A page of another site that names us plainly sends Sec-Fetch-Site
//     (https://www.w3.org/TR/fetch-metadata/) and, for all but simple GETs,
//     Origin (RFC 6454). GETs are checked too: /admin/clean is one.
//   - curl sends neither, and passes.
package guard

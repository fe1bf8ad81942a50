// Package guard protects a server that can kill processes from foreign web pages
// and from malformed requests. It checks the Host and Origin of a request, its
// token, its size, and that its JSON has exactly one meaning. The nodes' REST
// API, the playground's control API and its pages all use it.
//
// Which requests are refused, and why by these headers:
//   - A page of another site whose name was pointed at 127.0.0.1 (DNS
//     rebinding) passes every check of Origin, because for the browser it is the
//     same origin. Its Host is not ours, so [Strangers] compares Host.
//   - A page of another site that calls our address sends Sec-Fetch-Site
//     (https://www.w3.org/TR/fetch-metadata/) and, for all but simple GETs,
//     Origin (RFC 6454). GETs are checked too: /admin/clean is one.
//   - curl sends neither, and passes.
package guard

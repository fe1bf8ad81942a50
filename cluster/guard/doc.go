// Package guard protects a server against web pages of other sites and against
// malformed requests. The server needs this, because it can kill processes. The
// package checks the Host and Origin of a request, its token, its size, and that its
// JSON has exactly one meaning. The nodes' REST API, the playground's control API
// and the playground's pages all use it.
//
// These headers decide which requests are refused:
//   - Host: in DNS rebinding the name of another site is pointed at 127.0.0.1. A page
//     of that site passes every check of Origin, because for the browser it has the
//     same origin. Its Host is not one of ours, so [Strangers] compares Host.
//   - Sec-Fetch-Site (https://www.w3.org/TR/fetch-metadata/): a page of another site
//     that calls our address sends it.
//   - Origin (RFC 6454): such a page sends it too, except for simple GETs. GETs are
//     checked as well: /admin/clean is a GET.
//
// curl sends neither Sec-Fetch-Site nor Origin, and passes.
package guard

// Package control is the playground's control API, DESIGN section 4: JSON in
// and out, errors as {"error"}, one file per resource. It knows HTTP and
// nothing else; what the calls do is behind the interfaces that it declares.
package control

// Package verbs is what can be done to the cluster: freeze a node, cut a link,
// write a value. It knows nothing of HTTP.
//
// Table has one line for each verb: its name, its arguments and the call of the
// control API that does the same. The control API takes its routes from it,
// scripts and scenarios their words, and the shown curl commands are made from
// it. Verbs carries the verbs out, on nodes that may be real processes (package
// launch) or a simulation: it asks only for the interfaces that it declares.
package verbs

// Package faults keeps the settings of the cluster: the pace of virtual time, the
// faults of each direction of each link, the rules that hold or drop messages,
// and the sizes N, R and W. They are decided here alone. A node gets all settings
// that concern it, always the latest, and applies them.
package faults

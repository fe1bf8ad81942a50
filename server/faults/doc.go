// Package faults keeps the settings of the cluster: the pace of virtual time, the
// faults of each direction of each link, the rules that hold or drop messages,
// and the sizes N, R and W. Only this package decides them. A node always gets the latest
// of all settings that concern it, and applies them.
package faults

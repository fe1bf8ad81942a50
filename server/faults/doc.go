// Package faults decides what holds in the cluster: the pace of virtual time,
// what is done to messages on each direction of each link, the rules that hold
// or drop them, and the sizes N, R and W. It is the one authority; nodes get the whole of
// what concerns them, always the latest, and apply it.
package faults

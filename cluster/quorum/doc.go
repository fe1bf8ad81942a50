// Package quorum is arithmetic that several protocols share: how many nodes
// are a majority, how a vote stands, and in which order the nodes of the ring
// look after a key. It keeps no time and sends nothing.
package quorum

// Package quorum is arithmetic that several protocols share: the size of a majority, the
// state of a vote, and the order in which the nodes of the hash ring store a key. It has
// no clock and sends nothing.
package quorum

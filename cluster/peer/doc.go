// Package peer carries messages between nodes: one stream to each peer, opened
// at the peer's REST address by an HTTP/1.1 Upgrade (RFC 9110, section 7.8) and
// then written as JSON lines. A stream carries messages one way, from the node
// that dialled it; the other way go only the handshake and small numbers that
// say how many bytes were taken in.
//
// # What a frozen peer does
//
// Nothing: its kernel goes on acknowledging, so the stream stays, and messages
// park in the socket's buffer until the peer thaws. A stream is given up only
// when TCP acknowledgements are missing (keep-alive, RFC 9293 section 3.8.4,
// and TCP_USER_TIMEOUT, RFC 5482). On Linux that timeout also ends a stream
// whose peer has acknowledged everything but closed its window for so long, so
// a sender never has more under way than any peer's window holds: that is what
// the small numbers are for. The rest waits in a bounded queue.
//
// # What is lost, is told
//
// A message that cannot be handed over is lost with a reason: nobody listens
// there (refused), nobody answers there (timeout), too many wait (overflow).
// What was written to a stream that then ended may have arrived or not; both
// ends tell the first and last message that they know of, and the playground
// compares.
package peer

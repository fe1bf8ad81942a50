// Package peer carries messages between nodes: one stream to each peer, opened
// at the peer's REST address by an HTTP/1.1 Upgrade (RFC 9110, section 7.8). Each
// message is one frame (see cluster.Message.AppendFrame). A stream carries messages one
// way, from the node that dialled it. The other way go only the handshake and small
// numbers, which say how many bytes the peer has taken in.
//
// # A frozen peer
//
// The kernel of a frozen peer goes on acknowledging. So the stream stays, and messages
// wait in the socket's buffer until the peer thaws. A stream is given up only when TCP
// acknowledgements are missing (keep-alive, RFC 9293 section 3.8.4, and
// TCP_USER_TIMEOUT, RFC 5482). On Linux that timeout also ends a stream whose peer
// acknowledges everything but keeps its window closed for so long. So a sender never
// has more bytes under way than the smallest window of a peer holds. The small numbers
// are for that. All other messages wait in a bounded queue.
//
// # Lost messages
//
// A message that cannot be handed over is lost, with a reason: no process listens
// there (refused), the peer's machine does not answer (timeout), or too many messages
// wait (overflow). A message that was written to a stream that then ended may have
// arrived or not. Both ends report the first and the last message that they know of,
// and the playground compares them.
package peer

// Package peer carries messages between nodes: one stream to each peer, opened at the
// peer's REST address by an HTTP/1.1 Upgrade (RFC 9110, section 7.8). Each message is one
// frame (see cluster.Message.AppendFrame). A stream carries messages in one direction,
// from the node that dialled it. In the other direction the peer sends only its part of
// the handshake, and numbers that say how many bytes it has taken.
//
// # A frozen peer
//
// The kernel of a frozen peer still acknowledges. So the stream stays open, and messages
// wait in the socket's buffer until the peer thaws. A stream is given up only if TCP
// acknowledgements are missing (keep-alive, RFC 9293 section 3.8.4, and TCP_USER_TIMEOUT,
// RFC 5482). On Linux that timeout also ends a stream whose peer acknowledges everything
// but keeps its window closed for so long. Therefore a sender never has more bytes under
// way than the smallest window of a peer holds. It knows from the numbers how many bytes
// are under way. All other messages wait in a bounded queue.
//
// # Lost messages
//
// A message that cannot be handed over is lost, with a reason: no process listens at the
// address (refused), the peer's machine does not answer (timeout), or too many messages
// wait (overflow). If a stream ends, a message that was written to it may have arrived or
// not. Both ends report the first and the last message that they know of, and the
// playground compares the reports.
package peer

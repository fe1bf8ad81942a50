// Package nonblock writes to sockets and pipes without waiting. A node's loop writes what
// they take at once, and leaves the rest to a goroutine that may wait. So the usual
// message wakes no second goroutine.
package nonblock

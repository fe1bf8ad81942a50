// Package store is a node's disk. It keeps records by key, which are durable when
// Apply returns.
//
// A node has these files in its directory. node3.db is a bbolt database with all
// records up to some moment. node3.log is a write-ahead log (Mohan et al., ARIES,
// 1992, for the name and the rule) with every change since. node3.old and
// node3.spare are the log before it and the log after it, where there are such
// (see fold.go). node3.lock is locked while a process uses the store.
//
// Apply appends one frame to the log and makes it durable with one synced write. The
// room of the log was written and synced before. bbolt alone would sync twice and write
// whole pages. With five nodes on one disk that is the difference between 550 and 1,200
// synced writes a second for each node. When the log is full a fresh one takes its
// place, and the full one is folded into the database in the background.
//
// # What survives, and which damage is found
//
// Everything that Apply acknowledged survives kill -9 at any moment. With Disk it also
// survives a power loss. A write that was under way at a power loss is either whole or
// absent. The room of the log was written with zeros and synced before it is used, and
// no sector of a frame is all zeros. So a sector that the disk did not write yet
// differs from a sector that went bad. Only the last frame can have sectors that the
// disk did not write. If whole frames lie behind a gap, the gap held acknowledged
// frames: that is damage. (A sector of zeros at the very end of the log may have held
// acknowledged frames. That cannot be found.)
//
// Damage is the error ErrDamaged, which names the file. The store never starts empty
// instead, and it erases nothing. Every frame has a checksum. The head of the log holds
// the length and the checksum of the database, because bbolt can crash on damaged
// pages: it must never read them. The database is left to bbolt's own checks only while
// it is written, and after a kill during that time.
//
// # Whose disk it is
//
// The log's head names the node, the cluster and the mode that the store was made for.
// A store of another cluster is refused: a majority of three may share no node with a
// majority of five.
package store

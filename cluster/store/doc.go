// Package store is a node's disk: records by key, durable when Apply returns.
//
// A node has these files in its directory. node3.db is a bbolt database with all
// records up to some moment. node3.log is a write-ahead log (Mohan et al., ARIES,
// 1992, for the name and the rule) with every change since. node3.old and
// node3.spare are the log before it and the log after it, where there are such
// (see fold.go). node3.lock is locked while a process uses the store.
//
// Apply appends one frame to the log, whose room was written and synced before,
// and makes it durable with one synced write, where bbolt would sync twice and
// write whole pages. With five nodes on one disk that is the difference between
// 550 and 1,200 synced writes a second each. When the log is full a fresh one
// takes its place, and the full one is folded into the database in the background.
//
// # What survives, and what is noticed
//
// All that Apply acknowledged survives kill -9 at any moment, and with
// DurabilityDisk a power loss. A write that was under way when the power went
// is either whole or absent: log space is written with zeros and synced before
// it is used, and the bytes of a frame leave no sector zero, so a sector that the
// disk never got to is told from one that went bad. Only the last frame can be one
// that the disk never got to. Where whole frames lie behind a gap, what stood in
// the gap was acknowledged: that is damage. (Whether a sector of zeros at the very
// end of the log held acknowledged frames cannot be told.)
//
// Damage is an error that names the file, ErrDamaged, never an empty start, and
// nothing is erased. Every frame has a checksum, and the head of the log holds the
// length and checksum of the database, so that bbolt, which can crash on damaged
// pages, never reads them. Only while the database is being written, and after a
// kill during that time, the database is left to bbolt's own checks.
//
// # Whose disk it is
//
// The log's head says which node of which cluster, in which mode, the store was
// made for. Another one is refused: a majority of three may share no node with a
// majority of five.
package store

// Package store is a node's disk: records by key, durable when Apply returns.
//
// Two files stand in the node's directory. node3.db is a bbolt database with
// all records up to some moment; node3.log is a write-ahead log (Mohan et al.,
// ARIES, 1992, for the name and the rule) with every change since. Apply
// appends one frame to the log and syncs it once, where bbolt would sync twice
// and write whole pages; with five nodes on one disk that is the difference
// between 550 and 1,200 synced writes a second each. When the log is full it is
// folded into the database and a fresh one takes its place.
//
// # What survives, and what is noticed
//
// All that Apply acknowledged survives kill -9 at any moment, and with
// DurabilityDisk a power loss. A write that was under way when the power went
// is either whole or absent: log space is written with zeros and synced before
// it is used, the bytes of a frame leave no sector zero, so a sector that the
// disk never got to is told from one that went bad.
//
// Damage is an error that names the file, ErrDamaged, never an empty start.
// Every frame has a checksum, and the head of the log holds the length and
// checksum of the database, so that bbolt, which can crash on damaged pages,
// never reads them. Only between the two halves of a fold, a few milliseconds
// marked in the log, the database is left to bbolt's own checks.
package store

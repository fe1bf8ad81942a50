//go:build !linux

package store

// syncedWrites is not to be had here: each write is followed by a sync.
const syncedWrites = 0

//go:build !linux

package store

// syncedWrites does not exist on this system: a sync follows each write.
const syncedWrites = 0

//go:build !unix

package store

import "os"

const noFollow = 0

// lockFile locks nothing on this system. bbolt's own lock of the database must be
// enough.
func lockFile(string) (*os.File, error) { return nil, nil }

// deleted returns false: an open file cannot be deleted on this system.
func deleted(*os.File) bool { return false }

// syncDirectory does nothing: on this system names are durable with their files.
func syncDirectory(string) error { return nil }

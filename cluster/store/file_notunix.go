//go:build !unix

package store

import "os"

const noFollow = 0

// lockFile locks nothing here: bbolt's own lock on the database must do.
func lockFile(string) (*os.File, error) { return nil, nil }

// deleted is never so: an open file cannot be deleted here.
func deleted(*os.File) bool { return false }

// syncDirectory has nothing to do: names are durable with their files here.
func syncDirectory(string) error { return nil }

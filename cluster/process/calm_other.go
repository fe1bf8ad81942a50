//go:build !linux

package process

// Calm does nothing: timer slack is Linux's.
func Calm() {}

//go:build !linux

package timerslack

import "time"

// SetProcess does nothing: timer slack is Linux's.
func SetProcess(time.Duration) {}

// SetThread does nothing and returns false.
func SetThread(time.Duration) bool { return false }

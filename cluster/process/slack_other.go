//go:build !linux

package process

// SetTimerSlack does nothing: timer slack is Linux's.
func SetTimerSlack() {}

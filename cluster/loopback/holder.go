package loopback

import "fmt"

// Holder is the process that listens at an address. PID is 0 if the system does
// not tell which process that is.
type Holder struct {
	PID     int
	Command string // its command line
}

// String names the process for an error message.
func (h Holder) String() string {
	if h.PID == 0 {
		return "another program"
	}
	return fmt.Sprintf("process %d (%s)", h.PID, h.Command)
}

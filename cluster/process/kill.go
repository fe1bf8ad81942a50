package process

import "os"

// kill ends this process at once, as kill -9 does: nothing that waits in it is written. The
// first process of a container gets no signal from within the container, not even this one,
// so the process exits if it still runs.
func kill() {
	if self, err := os.FindProcess(os.Getpid()); err == nil {
		_ = self.Kill()
	}
	os.Exit(137) // as a shell reports a process that kill -9 ended
}

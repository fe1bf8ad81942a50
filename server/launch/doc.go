// Package launch owns the node processes: it starts, kills, freezes, thaws and
// restarts them, sends the latest settings to each, takes its events, and notices
// faults that do not come from a verb.
//
// Freezing is SIGSTOP and killing is SIGKILL, on the real process and through
// os.Process, so that another process with a number that was used again gets no
// signal. A verb returns when its effect holds: after Freeze the process is in
// state T; after Kill it was reaped and its pipe was read to the end.
//
// No node outlives the playground. Each is in a process group of its own and ends
// when its stdin is closed. On Linux SIGKILL is its parent-death signal, which
// also ends frozen nodes. The thread that starts the nodes lives as long as the
// launcher.
//
// No verb on one node waits for another node that does not answer. The settings
// for a node are kept as their latest state, never as a queue of changes. Only
// the goroutine that writes to a node blocks on its pipe.
package launch

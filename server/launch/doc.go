// Package launch owns the node processes: it starts, kills, freezes, thaws and
// restarts them, carries the latest settings down to each and its events up,
// and notices what happens to them from outside.
//
// Freezing is SIGSTOP and killing is SIGKILL, on the real process and through
// os.Process, so that a process id that was used again is never hit. Every
// verb is answered when it is so: a node that Freeze returned for is in state
// T, one that Kill returned for has been reaped and its pipe read to the end.
//
// No node outlives the playground. Each is in a process group of its own, ends
// when its stdin does, and on Linux has SIGKILL as its parent-death signal, set
// from a thread that lives as long as the launcher; that one reaches frozen
// nodes too.
//
// Nothing here waits for a node that does not answer. What a node shall know is
// kept as its latest state, never as a queue of changes, and one goroutine per
// node may block on its pipe without anybody noticing.
package launch

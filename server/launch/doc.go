// Package launch owns the node processes. It starts, kills, freezes, thaws and
// restarts them. It sends the latest settings to each node and receives the events
// of each node. It also notices faults that do not come from a verb.
//
// Freezing is SIGSTOP and killing is SIGKILL, on the real process. Signals go
// through os.Process: when the system has given the process number of a dead node
// to another process, that process gets no signal. A verb returns when its effect
// holds: after Freeze the process is in state T; after Kill the process was reaped
// and its pipe was read to the end.
//
// No node outlives the playground. Each node is in its own process group and ends
// when its stdin is closed. On Linux the parent-death signal of a node is SIGKILL,
// which also ends frozen nodes. The thread that starts the nodes lives as long as
// the launcher.
//
// No verb on one node waits for another node that does not answer. The launcher
// keeps only the latest settings for a node, never a queue of changes. Only the
// goroutine that writes to a node blocks on the pipe of that node.
package launch

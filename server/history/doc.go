// Package history keeps what the clients saw and judges it.
//
// An operation is an interval: from the invoke to the return at the node that
// the client called, by that node's clock. The judgement asks of each key
// whether there is one order of its operations that respects those intervals
// and in which every read returns what the write before it wrote: whether the
// key is linearizable (Herlihy and Wing, TOPLAS 1990). Porcupine answers it.
//
// Porcupine's cost grows with the operations that overlap, not with those that
// follow each other. So a key's history is cut wherever nothing was under way:
// what lies before a cut matters to what lies after it only by the values that
// the register may have had there. Each piece is judged once, from each of
// those values, and only the possible values at its end are kept.
//
// Overlapping operations can be ordered in too many ways to try them all. But if
// no value was written twice, as under our workload, only one order must be
// tried: a write and the reads of its value form a block, and the times of the
// operations decide the order of the blocks (Gibbons and Korach, SIAM J. Comput.
// 1997). Porcupine gets that order and answers at once, yes or no. The same
// times show which blocks no later operation can affect. These blocks are
// forgotten, so that a key that is never at rest can be judged as well.
//
// An operation whose outcome is unknown stays open. An open write whose value was
// never read can always be ordered last, so it is left out. Once a read returns
// its value, the write has taken effect, before that read ended.
//
// A red verdict must be true. If something is missing (a node lost events, a
// clock jumped, a key was set by hand, too many operations were under way at
// once) the verdict is "cannot tell".
package history

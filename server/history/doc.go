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
// those values, and only its outcome is kept.
//
// What overlaps can be ordered in more ways than can be tried. But where no value
// was written twice, as by our workload, only one order needs to be: a write
// and the reads of its value stay together, and times say which such block comes
// first (Gibbons and Korach, SIAM J. Comput. 1997). Porcupine is told of that order, and its
// answer comes at once, be it yes or no. By the same times the blocks are found
// that nothing which is still to come can touch, and they are forgotten, so that a
// key that is never at rest is judged as well.
//
// An operation whose outcome is unknown stays open. An open write that nobody
// ever read can always be ordered last, so it is left out until a read returns
// its value; then it took effect, no later than that read ended.
//
// A red verdict on stage must be true. Where something is missing (a node lost
// events, a clock jumped, a key was set by hand, too much was under way at
// once) the verdict says that it cannot tell.
package history

// Package hub carries events from the collector to the viewers of the stage,
// none of whom can slow anything.
//
// The collector hands over each event once, and goes on. The hub cuts what has
// gathered into batches, encodes each batch once, and keeps the newest batches
// in a bounded log. A viewer is a place in that log: it asks for the next frame
// when it can take one, so a slow viewer costs nobody anything, and there is no
// queue of its own to overflow.
//
//	collector ── publish ──▶ pending ── cut, encode once ──▶ log ◀── Next ── viewer
//
// A viewer that fell behind by more than Config.Lag events gets what it missed
// with all sent, delivered and lost merged into flow events; one that fell out
// of the log gets a fresh hello. Either way the counts that it shows stay exact.
//
// Nothing waits longer than it must: the first events after a pause are cut at
// once. Cuts then keep a distance of a millisecond, which grows with the number
// of viewers, so that a thousand of them leave the machine to the cluster.
package hub

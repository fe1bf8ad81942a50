// Package hub carries events from the collector to the viewers of the stage. No
// viewer can slow the cluster, the collector or another viewer.
//
// The collector hands over each event once and does not wait. The hub cuts the
// pending events into batches, encodes each batch once, and keeps the newest
// batches in a bounded log. A viewer is a position in that log. It asks for the
// next frame when it can take one, so there is no queue per viewer that a slow
// viewer could fill.
//
//	collector ── publish ──▶ pending ── cut, encode once ──▶ log ◀── Next ── viewer
//
// A viewer that is more than Config.Lag events behind gets a summary: the events
// that it missed, with all sent, delivered and lost merged into flow events. A
// viewer whose position is no longer in the log gets a fresh hello. In both
// cases the counts that it shows stay exact.
//
// The first events after a pause are cut at once. After that there is a
// millisecond between two batches on average. The gap grows with the number of
// viewers, so that a thousand viewers leave enough processor to the cluster.
package hub

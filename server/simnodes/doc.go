// Package simnodes gives a stage simulated nodes (cluster/simulated) in place of
// processes. The stage sees no difference: the nodes obey the same verbs, and answer
// the same REST API, by the same handlers (cluster/nodeapi).
//
// Virtual time follows the pace, as with processes: one goroutine carries out what is
// due. All actions are kept with their times, so that the same seed and the same
// actions give the same events again.
package simnodes

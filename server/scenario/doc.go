// Package scenario plays the scripts of a talk. A scenario is a YAML file: a
// known beginning, then steps, each with a sentence for the room, actions on
// the cluster, and what must come of them. Parse reads a file; a Runner plays
// it; README.md explains the format to the person who writes one.
package scenario

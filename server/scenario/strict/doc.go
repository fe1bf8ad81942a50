// Package strict reads YAML files that people write by hand. A Shape says what
// a file may hold. Parse checks a file against it and returns every fault with
// its line, its column and what was expected there. Schema writes the same
// Shape as a JSON Schema, so that an editor can complete the file: the parser
// and the schema cannot differ, because both come from one table.
//
// A file is one YAML 1.2 document. Anchors, aliases, tags, merge keys, empty
// values and duplicate keys are refused: a scenario has no use for them, and
// each of them hides a mistake.
package strict

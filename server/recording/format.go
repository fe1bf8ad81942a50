package recording

import (
	"fmt"
	"regexp"
	"time"

	"capplayground/cluster"
	"capplayground/server/collect"
)

// Format and Version stand in the head of each recording. Another version is
// refused.
const (
	Format  = "cap-playground"
	Version = 1
)

// Bounds of a recording. The recorder ends a file before it exceeds them.
const (
	MaxBytes  = 256 << 20 // of the text, after decompression
	MaxEvents = 1_000_000 // events and markers together
	MaxLine   = 8 << 20   // bytes of one line
	MaxDepth  = 32        // levels of nested JSON
	MaxText   = 1000      // characters of a title, a program or a marker
)

// The kinds of lines that are no events.
const (
	KindHead   = "head"
	KindMarker = "marker"
)

// Head is the first line of a recording.
type Head struct {
	Kind     string       `json:"kind"` // KindHead
	Format   string       `json:"format"`
	Version  int          `json:"version"`
	Program  string       `json:"program"`
	Mode     cluster.Mode `json:"mode"`
	Nodes    int          `json:"nodes"`
	Title    string       `json:"title,omitempty"`
	Scenario string       `json:"scenario,omitempty"` // the name of the scenario that was played
	Time     string       `json:"time"`               // when this head was written, RFC 3339
	Clock    Clock        `json:"clock"`
}

// Clock is the moment of the head on the clocks of the events.
type Clock struct {
	T int64        `json:"t"` // microseconds since the epoch
	V cluster.Time `json:"v"` // virtual time, microseconds
}

// Marker names a moment. Replay goes from marker to marker.
type Marker struct {
	Kind     string `json:"kind"` // KindMarker
	T        int64  `json:"t"`    // microseconds since the epoch
	Text     string `json:"text"`
	Scenario string `json:"scenario,omitempty"`
	Step     int    `json:"step,omitempty"` // of the scenario, from 1
	Steps    int    `json:"steps,omitempty"`

	// After is how many events of the recording stand before the marker.
	After int `json:"-"`
}

// Recording is a recording that was read.
type Recording struct {
	Head    Head
	Hello   *collect.Hello  // nil: the file ends before it
	Events  []cluster.Event // in their order; empty bodies for kinds that are not known
	Markers []Marker
	// Missing says, in sentences, what the file does not hold. Empty: it is whole.
	Missing []string
	// Text is the recording without compression, comments, and what was cut off.
	Text []byte
}

// FromState reports whether Hello is the state before the first event, not the
// state after the last one.
func (r *Recording) FromState() bool {
	return r.Hello != nil && (len(r.Events) == 0 || r.Events[0].Seq > r.Hello.Seq)
}

// NewHead returns the head of a recording that begins now.
func NewHead(program string, c collect.Cluster, t int64) Head {
	return Head{
		Kind: KindHead, Format: Format, Version: Version, Program: program,
		Mode: c.Mode, Nodes: len(c.Nodes), Time: time.UnixMicro(t).UTC().Format(time.RFC3339), Clock: Clock{t, c.Pace.At(t)},
	}
}

// modeName is what the name of a mode looks like. A newer version may have other
// modes than this one.
var modeName = regexp.MustCompile(`^[A-Z]{1,16}$`)

// check returns what is wrong with a head.
func (h Head) check() error {
	switch {
	case h.Format != Format:
		return fmt.Errorf("format %q: want %q", cluster.Cut(h.Format, 40), Format)
	case h.Version != Version:
		return fmt.Errorf("version %d: this program reads version %d", h.Version, Version)
	case h.Nodes < 1 || h.Nodes > cluster.MaxNodes:
		return fmt.Errorf("%d nodes: want 1 to %d", h.Nodes, cluster.MaxNodes)
	case !modeName.MatchString(string(h.Mode)):
		return fmt.Errorf("mode: want at most 16 capital letters")
	}
	return nil
}

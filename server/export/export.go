// Package export writes a recording in formats that other tools open. Each export
// is a function of the recording and of what was selected of it.
//
//	mermaid   a sequence diagram (https://mermaid.js.org/syntax/sequenceDiagram.html)
//	perfetto  Chrome's trace JSON, for https://ui.perfetto.dev
//	shiviz    a log with vector clocks (https://bestchai.bitbucket.io/shiviz/)
//	edn       the history of one key in Jepsen's form, for Knossos and Elle
//
// Values come from strangers. Each format has one function that makes a text safe,
// and no value gets into a file without it.
package export

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"capplayground/cluster"
	"capplayground/server/recording"
)

// Selection says what of a recording is exported.
type Selection struct {
	// Op is the operation that Mermaid draws; "" is the last one that is complete.
	Op cluster.OpID
	// Key is the key whose history EDN holds; "" is that of the last read or write.
	Key string
}

// ErrFormat is returned for a format that does not exist, and ErrSelection where
// what was selected is not in the recording.
var (
	ErrFormat    = errors.New("no such format")
	ErrSelection = errors.New("not in this recording")
)

// format is one way to write a recording.
type format struct {
	name, extension, mime string
	write                 func(io.Writer, *recording.Recording, Selection) error
}

var formats = []format{
	{"mermaid", "mmd", "text/plain; charset=utf-8", mermaid},
	{"perfetto", "json", "application/json", perfetto},
	{"shiviz", "log", "text/plain; charset=utf-8", shiviz},
	{"edn", "edn", "application/edn; charset=utf-8", edn},
}

// Names are the formats that exist.
func Names() []string {
	names := make([]string, len(formats))
	for i, f := range formats {
		names[i] = f.name
	}
	return names
}

// File is an export.
type File struct {
	Name string // without a directory
	Mime string
	Text []byte
}

// Write exports a recording.
func Write(name string, rec *recording.Recording, of Selection) (File, error) {
	i := slices.IndexFunc(formats, func(f format) bool { return f.name == name })
	if i < 0 {
		return File{}, fmt.Errorf("%w %q (want %s)", ErrFormat, cluster.Cut(name, 40), strings.Join(Names(), ", "))
	}
	f := formats[i]
	var b strings.Builder
	if err := f.write(&b, rec, of); err != nil {
		return File{}, err
	}
	return File{Name: "recording." + f.extension, Mime: f.mime, Text: []byte(b.String())}, nil
}

// oneLine returns a text without line ends, control characters and marks that change the
// direction of text (Unicode, UAX 9), cut at n characters.
func oneLine(s string, n int) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r < ' ', r == 0x7f, r >= 0x80 && r < 0xa0, r == 0x2028, r == 0x2029:
			return ' '
		case r == 0x200e, r == 0x200f, r == 0x061c, r >= 0x202a && r <= 0x202e, r >= 0x2066 && r <= 0x2069, r == 0xfeff:
			return -1
		}
		return r
	}, cluster.Cut(strings.ToValidUTF8(s, "\ufffd"), n))
}

// messages returns the end of each message, by its id.
func messages(rec *recording.Recording) map[string]*cluster.Event {
	ends := map[string]*cluster.Event{}
	for i := range rec.Events {
		switch e := &rec.Events[i]; e.Kind() {
		case cluster.KindDelivered, cluster.KindLost:
			ends[e.Message().Msg] = e
		}
	}
	return ends
}

// begin returns the time of the earliest event, microseconds since the epoch.
func begin(rec *recording.Recording) int64 {
	least := rec.Head.Clock.T
	for i := range rec.Events {
		least = min(least, rec.Events[i].T)
	}
	return least
}

package control

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"

	"capplayground/cluster"
	"capplayground/cluster/guard"
	"capplayground/server/export"
)

// Recording writes all events that are retained.
type Recording interface {
	// Record writes a recording: a head, then a hello with the present state, then
	// the events.
	Record(io.Writer) error
	// Export returns the recording in the format of another tool, or an error of
	// package export.
	Export(format string, of export.Selection) (export.File, error)
}

// recordingFormat is the format of a recording that is not converted: JSON lines.
const recordingFormat = "jsonl"

// GET /api/recording?format=jsonl, or mermaid with &op=…, perfetto, shiviz, edn with &key=…
func (a *API) getRecording(w http.ResponseWriter, r *http.Request) {
	query := r.URL.Query()
	if format := query.Get("format"); format != "" && format != recordingFormat {
		a.export(w, format, export.Selection{Op: cluster.OpID(query.Get("op")), Key: query.Get("key")})
		return
	}
	attach(w, "application/x-ndjson; charset=utf-8", "recording.jsonl")
	// An error here means that the client went away, so it gets no answer.
	_ = a.State.Record(w)
}

func (a *API) export(w http.ResponseWriter, format string, of export.Selection) {
	file, err := a.State.Export(format, of)
	switch {
	case errors.Is(err, export.ErrFormat):
		guard.WriteError(w, cluster.Sentinel(fmt.Sprintf("no format %q (want %s, or none)", cluster.Cut(format, 40), strings.Join(append([]string{recordingFormat}, export.Names()...), ", ")), cluster.ErrBadRequest))
	case errors.Is(err, export.ErrSelection):
		guard.WriteError(w, cluster.Sentinel(err.Error(), cluster.ErrBadRequest))
	case err != nil:
		fail(w, err)
	default:
		attach(w, file.Mime, file.Name)
		_, _ = w.Write(file.Text) // an error means that the client went away
	}
}

// attach sets the headers that make a browser save the answer as a file.
func attach(w http.ResponseWriter, mime, name string) {
	h := w.Header()
	h.Set("Content-Type", mime)
	h.Set("Content-Disposition", `attachment; filename="`+name+`"`)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Cache-Control", "no-store")
}

package control

import (
	"fmt"
	"io"
	"net/http"

	"capplayground/cluster/guard"
)

// Recording writes all that is retained.
type Recording interface {
	// Record writes a recording: a head, a hello of the present, then events.
	Record(io.Writer) error
}

// recordingFormat is the format of a recording that is not converted: JSON lines.
const recordingFormat = "jsonl"

// GET /api/recording?format=jsonl
func (a *API) getRecording(w http.ResponseWriter, r *http.Request) {
	if format := r.URL.Query().Get("format"); format != "" && format != recordingFormat {
		guard.WriteError(w, http.StatusBadRequest, fmt.Sprintf("no format %q (want %s, or none)", format, recordingFormat))
		return
	}
	h := w.Header()
	h.Set("Content-Type", "application/x-ndjson; charset=utf-8")
	h.Set("Content-Disposition", `attachment; filename="recording.jsonl"`)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Cache-Control", "no-store")
	// An error here means that the client went away, so it gets no answer.
	_ = a.State.Record(w)
}

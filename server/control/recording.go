package control

import (
	"io"
	"net/http"
)

// Recording writes all that is retained.
type Recording interface {
	// Record writes JSON lines, a hello of the present first, then events.
	Record(io.Writer) error
}

// GET /api/recording
func (a *API) getRecording(w http.ResponseWriter, _ *http.Request) {
	h := w.Header()
	h.Set("Content-Type", "application/x-ndjson; charset=utf-8")
	h.Set("Content-Disposition", `attachment; filename="recording.jsonl"`)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Cache-Control", "no-store")
	// An error here is the client's connection: there is nobody to tell.
	_ = a.State.Record(w)
}

package web

import (
	"bytes"
	"net/http"
	"strconv"
	"strings"

	"github.com/a-h/templ"

	"capplayground/cluster/modes"
)

// modeNames returns the texts of the mode buttons in the top bar.
func modeNames() []string {
	var names []string
	for _, mode := range modes.Names() {
		names = append(names, string(mode))
	}
	return names
}

// page answers with a whole page.
func page(of func(*http.Request) templ.Component) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		var page bytes.Buffer
		if err := of(r).Render(r.Context(), &page); err != nil {
			http.Error(w, "the page cannot be made", http.StatusInternalServerError)
			return
		}
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		w.Header().Set("Content-Length", strconv.Itoa(page.Len()))
		_, _ = w.Write(page.Bytes()) // an error means that the client went away
	}
}

// pageForBrowsers answers with a page if a browser opens the address. Every other request
// goes to the handler for programs.
func pageForBrowsers(page, programs http.Handler) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Vary", "Accept")
		if strings.Contains(r.Header.Get("Accept"), "text/html") {
			page.ServeHTTP(w, r)
			return
		}
		programs.ServeHTTP(w, r)
	}
}

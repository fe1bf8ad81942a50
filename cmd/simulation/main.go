//go:build js

// Command simulation is the simulated edition of the playground. It runs in a Web Worker
// (static/js/simulated/worker.js), in WebAssembly. Its arguments are the mode, the seed,
// the version, and a word that is not empty if the run of a link is repeated at once. The
// global playgroundRun of the worker is the JSON of such a run, if there is one. When it is ready it calls the function playgroundReady of the
// worker with two functions and the seed:
//
//	call(method, path, contentType, body, answer)  makes one call of the playground's API
//	open(since, boot, frame) → close               opens the stream of events
//
// With the build tag noraft it lacks one mode. It calls playgroundLacks when that is chosen.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"strconv"
	"strings"
	"syscall/js"

	"github.com/go-chi/chi/v5"

	"capplayground/cluster"
	"capplayground/cluster/modes"
	"capplayground/server/simnodes"
	"capplayground/web/comparison"
	"capplayground/web/fragments"
)

func main() {
	if err := run(os.Args); err != nil {
		js.Global().Call("playgroundFailed", err.Error())
	}
}

// run serves for as long as the worker lives.
func run(args []string) error {
	if len(args) != 5 {
		return errors.New("usage: simulation MODE SEED VERSION ATONCE")
	}
	mode, err := modes.Parse(args[1])
	if err != nil {
		return err
	}
	seed, err := strconv.ParseUint(args[2], 10, 64)
	if err != nil {
		return err
	}
	again, err := linked()
	if err != nil {
		return err
	}
	if again != nil {
		seed = again.Seed
	}
	number := strconv.FormatUint(seed, 10)
	e, err := simnodes.Open(simnodes.EditionConfig{
		Run: again, AtOnce: args[4] != "",
		Mode: mode, Seed: seed, Boot: number + "-" + strconv.FormatInt(cluster.Steady(0)(), 36), Version: args[3] + " simulated, seed " + number, Clock: cluster.Steady(0), // a recording says so, too
		Lacks: func(mode cluster.Mode) { js.Global().Call("playgroundLacks", string(mode)) },
		Turn:  turn,
	})
	if err != nil {
		return err
	}
	r := chi.NewRouter()
	fragments.Add(r)
	r.Get("/compare", func(w http.ResponseWriter, r *http.Request) {
		_ = comparison.Page(e.Compare.Lanes(), "static").Render(r.Context(), w) // the writer is in memory
	})
	r.Handle("/api", whole(e))
	r.Handle("/api/*", whole(e))
	p := page{e, r}
	js.Global().Call("playgroundReady", js.FuncOf(p.call), js.FuncOf(p.open), number)
	return e.Serve(context.Background())
}

// linked returns the run of the link by which the page was opened; nil: there is none.
func linked() (*simnodes.Run, error) {
	text := js.Global().Get("playgroundRun")
	if text.IsUndefined() {
		return nil, nil
	}
	var again simnodes.Run
	decoder := json.NewDecoder(strings.NewReader(text.String()))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&again); err != nil {
		return nil, fmt.Errorf("the run of the link cannot be read: %w", err)
	}
	return &again, nil
}

// turn lets the worker take in the messages of the page. Go gives the worker's only thread
// back when no goroutine can run, and a timer's function comes after such messages.
func turn() {
	heard := make(chan struct{})
	timer := js.FuncOf(func(js.Value, []js.Value) any {
		close(heard)
		return nil
	})
	defer timer.Release()
	js.Global().Call("setTimeout", timer, 0)
	<-heard
}

// whole gives a chi router below another one the whole path.
func whole(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		chi.RouteContext(r.Context()).RoutePath = ""
		next.ServeHTTP(w, r)
	})
}

// page is the worker's side of the page.
type page struct {
	edition *simnodes.Edition
	handler http.Handler
}

// call answers call(method, path, contentType, body, answer). answer gets the status, the
// Content-Type, the Content-Disposition and the body.
func (p page) call(_ js.Value, args []js.Value) any {
	method, path, contentType, body, answer := args[0].String(), args[1].String(), args[2].String(), args[3].String(), args[4]
	go func() {
		req, err := http.NewRequest(method, "http://localhost:8080"+path, strings.NewReader(body))
		if err != nil {
			answer.Invoke(http.StatusBadRequest, "application/json", "", bytesOf([]byte(`{"error":"unusable path"}`)))
			return
		}
		if contentType != "" {
			req.Header.Set("Content-Type", contentType)
		}
		req.Header.Set("X-Cap-Client", "page")
		response := simnodes.Serve(p.handler, req)
		text, _ := io.ReadAll(response.Body) // it is in memory
		answer.Invoke(response.StatusCode, response.Header.Get("Content-Type"), response.Header.Get("Content-Disposition"), bytesOf(text))
	}()
	return nil
}

// open answers open(since, boot, frame). frame gets each frame of the stream.
func (p page) open(_ js.Value, args []js.Value) any {
	since, _ := strconv.ParseUint(args[0].String(), 10, 64) // "" is the beginning
	boot, frame := args[1].String(), args[2]
	ctx, end := context.WithCancel(context.Background())
	go func() {
		viewer, err := p.edition.Hub.Join(since, boot)
		if err != nil {
			return
		}
		defer viewer.Leave()
		for {
			text, err := viewer.Next(ctx)
			if err != nil {
				return
			}
			frame.Invoke(string(text))
		}
	}()
	return js.FuncOf(func(js.Value, []js.Value) any {
		end()
		return nil
	})
}

// bytesOf copies bytes into an array of the worker.
func bytesOf(b []byte) js.Value {
	array := js.Global().Get("Uint8Array").New(len(b))
	js.CopyBytesToJS(array, b)
	return array
}

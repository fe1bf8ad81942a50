package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"capplayground/cluster/console"
	"capplayground/server"
	"capplayground/server/recording"
)

const replayHelp = `Usage: playground replay FILE [flags]

Serves the page of a recording, which --record, the button "Save recording" or
GET /api/recording made. It starts no node. FILE may be compressed by gzip.

`

// replay is the command replay.
func replay(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	var o options
	flags := o.pageFlags("playground replay")
	flags.BoolVar(&o.open, "open", false, "open the page in a browser")
	files, done, err := o.readFiles(flags, args, replayHelp, stdout)
	if err != nil || done {
		return err
	}
	rec, err := readRecording(files)
	if err != nil {
		return err
	}
	for _, text := range rec.Missing {
		_, _ = fmt.Fprintln(stderr, "playground:", text)
	}
	if err := o.readToken(); err != nil {
		return err
	}
	screen := console.New(stdout)
	defer screen.Close(readTimeout)
	var r *server.Replay
	cfg := server.Config{Listen: o.listen, Names: o.names, Token: o.token, Log: stderr, Ready: func() {
		for _, page := range o.pages(r.URL()) {
			_, _ = fmt.Fprintln(screen, "Open   "+page)
		}
		if o.open {
			if err := openBrowser(o.pages(r.URL())[0]); err != nil {
				_, _ = fmt.Fprintln(stderr, "playground: no browser to open:", err)
			}
		}
	}}
	switch r, err = server.NewReplay(cfg, rec); {
	case errors.Is(err, server.ErrConfig):
		return fmt.Errorf("%w: %w", errUsage, err)
	case errors.Is(err, server.ErrBusy):
		return fmt.Errorf("%w%s", err, holders([]string{cfg.Listen}))
	case err != nil:
		return err
	}
	return r.Run(ctx)
}

// readRecording reads the one file that a command names.
func readRecording(files []string) (*recording.Recording, error) {
	if len(files) != 1 {
		return nil, fmt.Errorf("%w: want one FILE, not %q (see --help)", errUsage, strings.Join(files, " "))
	}
	file, err := os.Open(files[0])
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errUsage, err)
	}
	defer file.Close()
	rec, err := recording.Read(file)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", files[0], err)
	}
	return rec, nil
}

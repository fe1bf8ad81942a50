package console

import (
	"bytes"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestEverythingArrivesInOrder(t *testing.T) {
	t.Parallel()
	var got bytes.Buffer
	c := New(&got)
	var want strings.Builder
	for i := range 1000 {
		fmt.Fprintf(c, "line %d\n", i)
		fmt.Fprintf(&want, "line %d\n", i)
	}
	c.Close(time.Minute)
	if got.String() != want.String() {
		t.Errorf("got %d bytes, want %d", got.Len(), want.Len())
	}
}

// If the reader of a console stops, lines are left out, and no write waits. When it reads
// again, it gets the number of lines that were left out.
func TestAReaderThatStopsHoldsNobody(t *testing.T) {
	t.Parallel()
	r, w := io.Pipe()
	defer r.Close()
	c := New(w)
	const lines = 10_000
	line := strings.Repeat("x", 99) + "\n"
	written := make(chan struct{})
	go func() {
		defer close(written)
		for range lines {
			_, _ = io.WriteString(c, line)
		}
	}()
	select {
	case <-written:
	case <-time.After(10 * time.Second):
		t.Fatal("a write waits for the reader")
	}
	closed := make(chan struct{})
	go func() {
		defer close(closed)
		c.Close(time.Nanosecond)
	}()
	select {
	case <-closed:
	case <-time.After(10 * time.Second):
		t.Fatal("Close waits for the reader")
	}
}

func TestAReaderHearsHowMuchWasLeftOut(t *testing.T) {
	t.Parallel()
	r, w := io.Pipe()
	c := New(w)
	line := strings.Repeat("x", 99) + "\n"
	const lines = 10_000
	for range lines {
		_, _ = io.WriteString(c, line)
	}
	var got bytes.Buffer
	read := make(chan struct{})
	go func() {
		defer close(read)
		_, _ = got.ReadFrom(r)
	}()
	c.Close(time.Minute)
	_, _ = io.WriteString(c, "after the end\n")
	_ = w.Close()
	<-read
	var left int
	text := strings.ReplaceAll(got.String(), line, "")
	if n, err := fmt.Sscanf(text, "… %d lines are left out", &left); n != 1 || err != nil {
		t.Fatalf("the reader got %q", text)
	}
	if kept := strings.Count(got.String(), line); kept+left != lines || kept*len(line) > 2*Size {
		t.Errorf("the reader got %d lines, and %d were left out, of %d", kept, left, lines)
	}
}

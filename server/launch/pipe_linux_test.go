package launch

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"
)

// All bytes must arrive, with the end after them, however the writer splits them and
// whether the reader finds the pipe full or empty.
func TestLazyPipeBringsAllBytesAndTheEnd(t *testing.T) {
	t.Parallel()
	r, w, err := newLazyPipe()
	must(t, err)
	defer r.Close()
	sent := make([]byte, 4<<20)
	dice := rand.New(rand.NewPCG(1, 2))
	for i := range sent {
		sent[i] = byte(dice.Uint32())
	}
	go func() {
		defer w.Close()
		for rest := sent; len(rest) > 0; {
			n := min(len(rest), 1+dice.IntN(9000))
			if _, err := w.Write(rest[:n]); err != nil {
				t.Error(err)
				return
			}
			rest = rest[n:]
		}
	}()
	got, err := io.ReadAll(r)
	must(t, err)
	if !bytes.Equal(got, sent) {
		t.Errorf("%d bytes arrived, not the %d bytes that were sent", len(got), len(sent))
	}
}

// Each message waits for the answer to the one before, so the reader finds the pipe empty
// every time.
func TestLazyPipeWakesAReaderThatWaits(t *testing.T) {
	t.Parallel()
	r, w, err := newLazyPipe()
	must(t, err)
	defer r.Close()
	answers := make(chan byte)
	go func() {
		defer w.Close()
		for i := range 2000 {
			if _, err := w.Write([]byte{byte(i)}); err != nil || <-answers != byte(i) {
				t.Error("message", i, "has another answer, or", err)
				return
			}
		}
	}()
	b := make([]byte, 1)
	for {
		if _, err := r.Read(b); err != nil {
			if err != io.EOF {
				t.Error(err)
			}
			return
		}
		answers <- b[0]
	}
}

func TestCloseEndsAReadOfALazyPipe(t *testing.T) {
	t.Parallel()
	r, w, err := newLazyPipe()
	must(t, err)
	defer w.Close()
	ended := make(chan error)
	go func() {
		_, err := r.Read(make([]byte, 1))
		ended <- err
	}()
	eventually(t, soon, "the read to wait", func() bool { return isWatched(t, r) })
	must(t, r.Close())
	if err := <-ended; !errors.Is(err, os.ErrClosed) {
		t.Errorf("the read ended with %v", err)
	}
}

// A read of a busy node's pipe returns at the next beat after a write. A wake-up by the
// write itself would return between two beats.
func TestABusyPipeIsReadInBeats(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r, w, err := newLazyPipe()
		must(t, err)
		defer r.Close()
		defer w.Close()
		r.busy = true
		b := make([]byte, 1)
		for beats := range time.Duration(looks - 1) {
			after := beats*beat + beat/2
			time.AfterFunc(after, func() { _, _ = w.Write([]byte("a")) })
			began := time.Now() // on a beat
			_, err := r.Read(b)
			must(t, err)
			if took, want := time.Since(began), (beats+1)*beat; took != want {
				t.Errorf("a write after %v was read after %v, want %v", after, took, want)
			}
		}
	})
}

// After some beats without a write, a read waits like that of any node.
func TestARestingPipeIsWatched(t *testing.T) {
	t.Parallel()
	r, w, err := newLazyPipe()
	must(t, err)
	defer r.Close()
	r.busy = true
	ended := make(chan error)
	go func() {
		_, err := r.Read(make([]byte, 1))
		ended <- err
	}()
	eventually(t, soon, "the read to wait", func() bool { return isWatched(t, r) })
	must(t, w.Close())
	if err := <-ended; err != io.EOF || r.busy {
		t.Errorf("the read ended with %v, and the pipe is busy: %v", err, r.busy)
	}
}

// While no Read waits, the epoll must not watch the pipe: each write would wake up a thread.
func TestAPipeIsWatchedOnlyWhileAReadWaits(t *testing.T) {
	t.Parallel()
	r, w, err := newLazyPipe()
	must(t, err)
	defer r.Close()
	defer w.Close()
	for range 3 {
		if isWatched(t, r) {
			t.Fatal("the pipe is watched although no read waits")
		}
		ended := make(chan error)
		go func() {
			_, err := r.Read(make([]byte, 1))
			ended <- err
		}()
		eventually(t, soon, "the read to wait", func() bool { return isWatched(t, r) })
		_, err = w.Write([]byte("a"))
		must(t, err)
		must(t, <-ended)
	}
}

// isWatched reports whether a byte in the pipe would make the epoll ready (proc_pid_fdinfo(5)).
func isWatched(t *testing.T, p *lazyPipe) bool {
	t.Helper()
	var info []byte
	must(t, p.raw.Control(func(fd uintptr) {
		var err error
		info, err = os.ReadFile(fmt.Sprintf("/proc/self/fdinfo/%d", fd))
		must(t, err)
	}))
	_, mask, _ := strings.Cut(string(info), "events:")
	events, err := strconv.ParseUint(strings.Fields(mask)[0], 16, 64)
	must(t, err)
	return events&syscall.EPOLLIN != 0
}

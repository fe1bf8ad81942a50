package recording

import (
	"bufio"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
	"time"
)

// maxQueue bounds the events that wait to be written. Under a load that the disk
// cannot take, events are left out: the reader finds the gap in their numbers.
const maxQueue = 200_000

// packEvery is how long compressed events may wait for others. Each flush of
// compressed data costs space.
const packEvery = 250 * time.Millisecond

// Recorder writes a file while the cluster runs. Take never waits for the disk.
type Recorder struct {
	file *os.File
	pack *gzip.Writer  // nil: not compressed
	out  *bufio.Writer // onto pack or file
	say  func(string)  // tells a person why the recording ends early

	mu    sync.Mutex
	queue []queued
	over  bool // nothing more is written

	wake    chan struct{}
	closing chan struct{}
	done    chan struct{} // closed when run has returned; nil before Begin
}

// queued is an event that waits to be written.
type queued struct {
	seq  uint64
	text []byte
}

// Create creates the file of a recorder. It does not overwrite a file. A file
// whose name ends in .gz is compressed. say takes one sentence where the recording
// ends early. Close must follow.
func Create(name string, say func(string)) (*Recorder, error) {
	file, err := os.OpenFile(name, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o644)
	if err != nil {
		return nil, err
	}
	r := &Recorder{file: file, say: say, wake: make(chan struct{}, 1), closing: make(chan struct{})}
	var out io.Writer = file
	if strings.HasSuffix(name, ".gz") {
		r.pack = gzip.NewWriter(file)
		out = r.pack
	}
	r.out = bufio.NewWriterSize(out, 64<<10)
	return r, nil
}

// Begin writes the head and the hello, and from then on the events whose seq is
// higher than at, the hello's. Take may be called before it.
func (r *Recorder) Begin(head Head, hello []byte, at uint64) error {
	w, err := NewWriter(r.out, head, hello)
	if err == nil {
		err = r.flush()
	}
	if err != nil {
		return err
	}
	r.done = make(chan struct{})
	go r.run(w, at)
	return nil
}

// Take queues events with consecutive seqs. The texts are their JSON and never
// change.
func (r *Recorder) Take(first uint64, texts [][]byte) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for i, text := range texts {
		if !r.over && len(r.queue) < maxQueue {
			r.queue = append(r.queue, queued{first + uint64(i), text})
		}
	}
	select {
	case r.wake <- struct{}{}:
	default:
	}
}

// Close writes what is queued and closes the file. It must be called once, and
// not while Begin runs.
func (r *Recorder) Close() error {
	close(r.closing)
	if r.done != nil {
		<-r.done
	}
	var err error
	if r.pack != nil {
		err = r.pack.Close()
	}
	return errors.Join(err, r.file.Close())
}

// run writes until Close is called, the file is full, or writing fails.
func (r *Recorder) run(w *Writer, at uint64) {
	defer close(r.done)
	defer r.drop()
	written := size{}
	for closing := false; !closing; {
		closing = r.wait()
		if err := r.write(w, at, &written); err != nil {
			r.say("the recording ends here: " + err.Error())
			return
		}
	}
}

// wait returns when there may be events to write, and whether Close was called.
func (r *Recorder) wait() (closing bool) {
	select {
	case <-r.wake:
	case <-r.closing:
		return true
	}
	if r.pack == nil {
		return false
	}
	select {
	case <-time.After(packEvery):
		return false
	case <-r.closing:
		return true
	}
}

// size counts what a file holds.
type size struct{ events, bytes int }

// errFull ends a recording that no reader would take if it were longer.
var errFull = errors.New("it is full")

// write writes what is queued.
func (r *Recorder) write(w *Writer, at uint64, written *size) error {
	r.mu.Lock()
	queue := r.queue
	r.queue = nil
	r.mu.Unlock()
	for _, q := range queue {
		if q.seq <= at {
			continue
		}
		n, err := w.Event(q.text)
		if err != nil {
			return err
		}
		written.events, written.bytes = written.events+1, written.bytes+n
		if 2*written.events > MaxEvents || written.bytes > MaxBytes-2*MaxLine { // each event may have brought a marker
			return errors.Join(fmt.Errorf("%w after %d events", errFull, written.events), r.flush())
		}
	}
	return r.flush()
}

// drop forgets what is queued, and queues nothing more.
func (r *Recorder) drop() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.queue, r.over = nil, true
}

// flush hands all that was written to the file, so that it is complete after
// kill -9.
func (r *Recorder) flush() error {
	if err := r.out.Flush(); err != nil || r.pack == nil {
		return err
	}
	return r.pack.Flush()
}

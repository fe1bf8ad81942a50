package main

import (
	"context"
	"errors"
	"io"
	"net"
	"os"
	"sync"
	"time"
)

// link is the two pipes of one node to its playground.
type link struct {
	theirIn, theirOut *os.File // the node's ends
	in, out           *os.File // ours; in is never written, but must stay open
}

func newLink() (l *link, err error) {
	l = &link{}
	if l.theirIn, l.in, err = os.Pipe(); err == nil {
		l.out, l.theirOut, err = os.Pipe()
	}
	if err != nil {
		l.close()
	}
	return l, err
}

func (l *link) close() {
	for _, f := range []*os.File{l.theirIn, l.theirOut, l.in, l.out} {
		if f != nil {
			_ = f.Close()
		}
	}
}

// copyEvery is the pause after each read of a pipe, so that several turns of a node are
// copied at once. It is as long as the pause of the playground. Without it the copy costs
// about as much as a playground: each write of a node wakes up a thread.
const copyEvery = 4 * time.Millisecond

// besideBareCopy measures a load on five nodes that report their events to a bare program.
// It copies the bytes to one viewer and does nothing else.
func besideBareCopy(ctx context.Context, l *bench, s subject, load func(addrs []string) (figures, error)) (figures, error) {
	links := make([]*link, nodes)
	reads := make([]*os.File, nodes)
	for i := range links {
		var err error
		if links[i], err = newLink(); err != nil {
			return figures{}, err
		}
		defer links[i].close()
		reads[i] = links[i].out
	}
	addr, pid, stop, err := againWith(ctx, reads, "bare-copy")
	if err != nil {
		return figures{}, err
	}
	defer stop()
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		return figures{}, err
	}
	defer conn.Close()
	go func() { _, _ = io.Copy(io.Discard, conn) }()
	five, err := startLinkedNodes(ctx, l, s, "CP", links)
	if err != nil {
		return figures{}, err
	}
	defer five.stop()
	return measured(append(pidsOf(five.processes), pid), func() (figures, error) { return load(five.addrs) })
}

// bareCopy prints its address, and copies what the pipes of five nodes bring to the first
// connection. The pipes are its descriptors from 3 on.
func bareCopy(_ context.Context, _ []string, stdout io.Writer) error {
	conn, err := acceptOne(stdout)
	if err != nil {
		return err
	}
	defer conn.Close()
	var mu sync.Mutex // held while one node's bytes are written
	var copying sync.WaitGroup
	errs := make([]error, nodes)
	for i := range nodes {
		copying.Go(func() {
			pipe := os.NewFile(uintptr(3+i), "pipe")
			buf := make([]byte, 64<<10)
			for errs[i] == nil {
				n, err := pipe.Read(buf)
				if err != nil {
					return // the node has ended
				}
				mu.Lock()
				_, errs[i] = conn.Write(buf[:n])
				mu.Unlock()
				time.Sleep(copyEvery)
			}
		})
	}
	copying.Wait()
	return errors.Join(errs...)
}

package main

import (
	"context"
	"errors"
	"io"
	"net"
	"os"
	"slices"
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

// copiedNodes are five nodes that report their events to a bare program. It copies the
// bytes to one viewer and does nothing else.
type copiedNodes struct {
	*nodeProcesses
	copier int // its process id
	stops  []func()
}

func (c *copiedNodes) stop() {
	for _, stop := range slices.Backward(c.stops) {
		stop()
	}
}

func startCopied(ctx context.Context, l *bench, s subject) (_ *copiedNodes, err error) {
	c := &copiedNodes{}
	defer func() {
		if err != nil {
			c.stop()
		}
	}()
	links := make([]*link, nodes)
	reads := make([]*os.File, nodes)
	for i := range links {
		if links[i], err = newLink(); err != nil {
			return nil, err
		}
		c.stops = append(c.stops, links[i].close)
		reads[i] = links[i].out
	}
	addr, pid, stop, err := againWith(ctx, reads, "bare-copy")
	if err != nil {
		return nil, err
	}
	c.copier, c.stops = pid, append(c.stops, stop)
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		return nil, err
	}
	c.stops = append(c.stops, func() { _ = conn.Close() })
	go func() { _, _ = io.Copy(io.Discard, conn) }()
	if c.nodeProcesses, err = startLinkedNodes(ctx, l, s, "CP", links); err != nil {
		return nil, err
	}
	c.stops = append(c.stops, c.nodeProcesses.stop)
	return c, nil
}

// copyEvery is the time between two looks at the pipes. No write of a node wakes the copy.
const copyEvery = 4 * time.Millisecond

// bareCopy prints its address, and copies what the pipes of five nodes bring to the first
// connection. The pipes are its descriptors from 3 on. It ends when all nodes have ended.
func bareCopy(_ context.Context, _ []string, stdout io.Writer) error {
	conn, err := acceptOne(stdout)
	if err != nil {
		return err
	}
	defer conn.Close()
	var pipes []*os.File
	for i := range nodes {
		pipe, err := polledPipe(uintptr(3 + i))
		if err != nil {
			return err
		}
		pipes = append(pipes, pipe)
	}
	buf := make([]byte, 64<<10)
	for len(pipes) > 0 {
		time.Sleep(copyEvery)
		pipes = slices.DeleteFunc(pipes, func(pipe *os.File) bool {
			n, readErr := pipe.Read(buf)
			if n > 0 {
				_, err = conn.Write(buf[:n])
			}
			return errors.Is(readErr, io.EOF)
		})
		if err != nil {
			return err
		}
	}
	return nil
}

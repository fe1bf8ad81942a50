package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// viewers measures what a crowd costs the cluster: the same load with nobody at
// the page, with a crowd of whom a fifth never reads, and, for the floor, with
// nobody there and a bare process that writes as many bytes to as many
// connections.
func viewers(ctx context.Context, args []string, stdout io.Writer) error {
	flags := flag.NewFlagSet("viewers", flag.ContinueOnError)
	count := flags.Int("viewers", 1000, "how many")
	turns := flags.Int("turns", 3, "how often, in turns; the medians count")
	span := flags.Duration("span", 5*time.Second, "how long each load lasts")
	if err := flags.Parse(args); err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "bench-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	binary, err := buildPlayground(ctx, dir)
	if err != nil {
		return err
	}
	p, _, err := startPlayground(ctx, binary, "--mode", "CP")
	if err != nil {
		return err
	}
	defer p.stop()
	writes := func() (figures, error) {
		return load(ctx, 16, *span, http.StatusCreated, nodeRequest(p.block.Addrs, "write", 16))
	}
	var alone, watched, bare []float64
	for turn := range *turns {
		none, err := writes()
		if err != nil {
			return err
		}
		all, err := p.crowd(*count)
		if err != nil {
			return err
		}
		before := all.bytes.Load()
		some, err := writes()
		if err != nil {
			all.leave()
			return err
		}
		each := float64(all.bytes.Load()-before) / span.Seconds() / float64(all.readers)
		held := all.held()
		all.leave()
		floor, err := fanOut(ctx, *count, each, writes)
		if err != nil {
			return err
		}
		fmt.Fprintf(stdout, "turn %d: nobody %s\n        %d viewers, %d of %d readers still there, %.0f KiB/s each, playground %s MiB %s\n        a bare fan-out of that %s\n",
			turn+1, none, *count, held, all.readers, each/1024, residentMiB(p.cmd.Process.Pid), some, floor)
		alone, watched, bare = append(alone, none.perSecond), append(watched, some.perSecond), append(bare, floor.perSecond)
	}
	a, w, b := middle(alone), middle(watched), middle(bare)
	fmt.Fprintf(stdout, "CP writes, 16 clients: %.0f/s with nobody, %.0f/s with %d viewers (%.2f times), %.0f/s beside a bare fan-out of as much (%.2f times)\n",
		a, w, *count, w/a, b, b/a)
	return nil
}

// middle is the median.
func middle(all []float64) float64 {
	durations := make([]time.Duration, len(all))
	for i, v := range all {
		durations[i] = time.Duration(v * 1e6)
	}
	return float64(at(durations, 0.5)) / 1e6
}

// crowd are connections to one server, a fifth of which never read.
type crowd struct {
	conns   []net.Conn
	readers int
	bytes   atomic.Int64 // that the readers have had
	gone    atomic.Int64 // readers that lost their connection
	reading sync.WaitGroup
}

// join opens n connections, and sends each the greeting.
func join(addr string, n int, greeting string) (*crowd, error) {
	c := &crowd{}
	for i := range n {
		conn, err := net.Dial("tcp", addr)
		if err == nil {
			_, err = io.WriteString(conn, greeting)
		}
		if err != nil {
			c.leave()
			return nil, err
		}
		c.conns = append(c.conns, conn)
		if i%5 == 0 {
			continue
		}
		c.readers++
		c.reading.Go(func() {
			buf := make([]byte, 16<<10)
			for {
				n, err := conn.Read(buf)
				c.bytes.Add(int64(n))
				if err != nil {
					c.gone.Add(1)
					return
				}
			}
		})
	}
	return c, nil
}

func (c *crowd) held() int { return c.readers - int(c.gone.Load()) }

func (c *crowd) leave() {
	for _, conn := range c.conns {
		_ = conn.Close()
	}
	c.reading.Wait()
}

// crowd joins the page's stream, and returns when all readers have their hello
// and nothing more comes.
func (p *playground) crowd(n int) (*crowd, error) {
	c, err := join(p.block.Playground, n, "GET /ws HTTP/1.1\r\nHost: "+p.block.Playground+"\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"+
		"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n")
	if err != nil {
		return nil, err
	}
	for last, calm := int64(-1), 0; calm < 5; { // half a second with the same count
		time.Sleep(100 * time.Millisecond)
		if now := c.bytes.Load(); now == last {
			calm++
		} else if last, calm = now, 0; c.gone.Load() > 0 {
			c.leave()
			return nil, errors.New("a viewer that reads was sent away")
		}
	}
	return c, nil
}

// fanOut measures a load beside a bare process that writes so many bytes a
// second to each of n connections.
func fanOut(ctx context.Context, n int, each float64, load func() (figures, error)) (figures, error) {
	addr, stop, err := again(ctx, "bare-fan-out")
	if err != nil {
		return figures{}, err
	}
	defer stop()
	c, err := join(addr, n, fmt.Sprintf("%d\n", int(each*fanOutEvery.Seconds())))
	if err != nil {
		return figures{}, err
	}
	defer c.leave()
	return load()
}

// fanOutEvery is the time between two frames to one of a thousand viewers.
const fanOutEvery = 100 * time.Millisecond

// bareFanOut writes to whoever connects as many bytes, in one piece, as he asks
// for.
func bareFanOut(_ context.Context, _ []string, stdout io.Writer) error {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	fmt.Fprintln(stdout, ln.Addr())
	for {
		conn, err := ln.Accept()
		if err != nil {
			return err
		}
		go func() {
			defer conn.Close()
			var line [32]byte
			n, err := conn.Read(line[:])
			if err != nil {
				return
			}
			size, err := strconv.Atoi(strings.TrimSpace(string(line[:n])))
			if err != nil || size < 0 || size > 16<<20 {
				return
			}
			frame := make([]byte, max(1, size))
			for range time.Tick(fanOutEvery) {
				_ = conn.SetWriteDeadline(time.Now().Add(5 * time.Second)) // as for a viewer
				if _, err := conn.Write(frame); err != nil {
					return
				}
			}
		}()
	}
}

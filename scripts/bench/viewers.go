package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// measureViewers measures how much slower many viewers make the cluster. It puts the
// same load on the cluster three times:
//   - without a viewer;
//   - with many viewers, of which a fifth never reads;
//   - as the floor, beside a bare process that writes as many bytes to as many
//     connections.
func measureViewers(ctx context.Context, l *bench, s subject) (all []figure, err error) {
	p, err := startPlayground(ctx, s, "--mode", "CP")
	if err != nil {
		return nil, err
	}
	defer p.Stop()
	writes := func() (figures, error) {
		return load(ctx, 16, l.span, http.StatusCreated, nodeRequest(p.Place.Nodes, "write", 16))
	}
	for _, n := range []int{20, 200, 1000} {
		alone, err := writes()
		if err != nil {
			return nil, err
		}
		viewers, err := joinPage(p.Place.Listen, n)
		if err != nil {
			return nil, err
		}
		before := viewers.bytes.Load()
		watched, err := writes()
		each := float64(viewers.bytes.Load()-before) / l.span.Seconds() / float64(viewers.readers)
		held := viewers.held()
		viewers.leave()
		if err != nil {
			return nil, err
		}
		floor, err := fanOut(ctx, n, each, writes)
		if err != nil {
			return nil, err
		}
		with := fmt.Sprintf("%d viewers: ", n)
		all = append(all,
			figure{with + "CP writes left", watched.perSecond / alone.perSecond, "times"},
			figure{with + "CP writes left beside a bare fan-out of as many bytes", floor.perSecond / alone.perSecond, "times"},
			figure{with + "CP writes, over those beside the bare fan-out", watched.perSecond / floor.perSecond, "times"},
			figure{with + "readers still there", float64(held), fmt.Sprintf("of %d", viewers.readers)},
			figure{with + "to each reader", each / 1024, "KiB/s"},
			figure{with + "resident memory of the playground", residentMiB(p.PID), "MiB"})
	}
	return all, nil
}

// connections is a set of connections to one server. A fifth of them never reads.
type connections struct {
	conns   []net.Conn
	readers int
	bytes   atomic.Int64 // bytes that the readers received
	gone    atomic.Int64 // number of readers that lost their connection
	reading sync.WaitGroup
}

// join opens n connections, and sends the greeting on each.
func join(addr string, n int, greeting string) (*connections, error) {
	c := &connections{}
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

func (c *connections) held() int { return c.readers - int(c.gone.Load()) }

func (c *connections) leave() {
	for _, conn := range c.conns {
		_ = conn.Close()
	}
	c.reading.Wait()
}

// joinPage connects n viewers to the stream of the page at addr. It returns when no
// reader has received a byte for half a second. All readers have their hello then.
func joinPage(addr string, n int) (*connections, error) {
	c, err := join(addr, n, "GET /ws HTTP/1.1\r\nHost: "+addr+"\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"+
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

// fanOut measures a load while a bare process writes to n connections. Each connection
// gets `each` bytes per second.
func fanOut(ctx context.Context, n int, each float64, load func() (figures, error)) (figures, error) {
	addr, _, stop, err := again(ctx, "bare-fan-out")
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

// fanOutEvery is the time between two frames to one viewer of a thousand.
const fanOutEvery = 100 * time.Millisecond

// bareFanOut is a server. The first line of a connection is a number of bytes. Every
// fanOutEvery the server writes so many bytes to the connection, in one piece.
func bareFanOut(_ context.Context, _ []string, stdout io.Writer) error {
	ln, err := listen(stdout)
	if err != nil {
		return err
	}
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
				_ = conn.SetWriteDeadline(time.Now().Add(5 * time.Second)) // the playground has this deadline for a viewer too
				if _, err := conn.Write(frame); err != nil {
					return
				}
			}
		}()
	}
}

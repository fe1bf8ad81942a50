package server

import (
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"strings"
	"syscall"

	"golang.org/x/sync/errgroup"

	"capplayground/cluster/guard"
	"capplayground/cluster/loopback"
)

// listener is where the page is served: one address, or the two that localhost means.
type listener struct {
	listeners []net.Listener
	// foreign is "", or the address to which localhost leads first and which another
	// program uses, such as "[::1]:8080".
	foreign string
}

// listen binds addr. Its error says what to do. If addr is 127.0.0.1, it binds ::1 as
// well: many programs first try ::1 for localhost (RFC 6724, section 6), and another
// program may listen there.
func listen(addr string) (*listener, error) {
	ln, err := net.Listen("tcp", addr)
	switch {
	case errors.Is(err, syscall.EADDRINUSE):
		return nil, fmt.Errorf("%w: something listens at %s already (choose another with --listen)", ErrBusy, addr)
	case err != nil:
		return nil, fmt.Errorf("%w: cannot listen at %s: %w", ErrConfig, addr, err)
	}
	l := &listener{listeners: []net.Listener{ln}}
	port, ours := strings.CutPrefix(l.addr(), "127.0.0.1:")
	if !ours {
		return l, nil
	}
	other := net.JoinHostPort("::1", port)
	switch ln, err := net.Listen("tcp", other); {
	case err == nil:
		l.listeners = append(l.listeners, ln)
	case errors.Is(err, syscall.EADDRINUSE):
		l.foreign = other
	} // any other error: there is no ::1 here, and localhost is 127.0.0.1
	return l, nil
}

// addr returns host:port of the address that was asked for.
func (l *listener) addr() string { return l.listeners[0].Addr().String() }

// url returns the URL of the page. It has the name localhost if that leads to this page.
func (l *listener) url() string {
	addr := l.addr()
	if port, ok := strings.CutPrefix(addr, "127.0.0.1:"); ok && l.foreign == "" {
		addr = "localhost:" + port
	}
	return "http://" + addr
}

// serve starts a server on each address, in a goroutine of g. When one of them ends, it
// calls stop. Its errors go to logTo.
func (l *listener) serve(g *errgroup.Group, stop func(), h http.Handler, logTo io.Writer) (servers []*http.Server) {
	for _, ln := range l.listeners {
		server := guard.Server(h, log.New(logTo, "", 0))
		servers = append(servers, server)
		g.Go(func() error {
			defer stop()
			if err := guard.Serve(server, ln, maxConnections); !errors.Is(err, http.ErrServerClosed) {
				return fmt.Errorf("server: %w", err)
			}
			return nil
		})
	}
	return servers
}

func (l *listener) close() {
	for _, ln := range l.listeners {
		_ = ln.Close()
	}
}

// checkFree checks that the address of every node is free, and returns an error that
// names those that are not. Nothing stays bound: a socket of the playground would hide
// the death of a node.
func checkFree(peers []string) error {
	var busy []string
	for _, p := range peers {
		err := loopback.Free(p)
		switch {
		case err == nil:
		case errors.Is(err, syscall.EADDRINUSE):
			busy = append(busy, p)
		default:
			return fmt.Errorf("%w: no node can listen at %s: %w", ErrConfig, p, err)
		}
	}
	if len(busy) > 0 {
		return fmt.Errorf("%w: something listens at %s already (choose other addresses with --peers)", ErrBusy, strings.Join(busy, ", "))
	}
	return nil
}

// hosts returns the names of the page: those of its addresses, and Names. A name without
// a port is listed with the port of the page, and without a port.
func (c Config) hosts(l *listener) []string {
	var hosts []string
	for _, ln := range l.listeners {
		hosts = append(hosts, guard.Hosts(ln.Addr().String())...)
	}
	_, port, _ := net.SplitHostPort(l.addr())
	for _, name := range c.Names {
		hosts = append(hosts, name)
		if _, _, err := net.SplitHostPort(name); err != nil {
			hosts = append(hosts, net.JoinHostPort(name, port))
		}
	}
	return hosts
}

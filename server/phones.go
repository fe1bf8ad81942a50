package server

import (
	"context"
	"errors"
	"fmt"
	"log"
	"net"
	"net/http"
	"strings"

	"golang.org/x/sync/errgroup"

	"capplayground/cluster"
	"capplayground/cluster/guard"
	"capplayground/server/audience"
	"capplayground/web"
)

// maxPhones bounds the connections of phones.
const maxPhones = 8192

// phones serves package audience on an address of its own.
type phones struct {
	listener *listener
	// servers has one server for each address. guard.Serve counts the connections of a
	// server, so two addresses must not share one.
	servers []*http.Server
	token   string // of the remote
	url     string // the URL that phones use, without a slash at its end
}

// openPhones listens for phones.
func openPhones(addr string, talk audience.Talk, pages web.PhonePages, logTo *log.Logger) (*phones, error) {
	ln, err := listen(addr)
	if err != nil {
		return nil, err
	}
	at := ln.addr()
	d := &phones{listener: ln, token: audience.NewToken(), url: "http://" + reachable(at)}
	handler := audience.New(audience.Config{
		Talk: talk, Page: pages.Page, Remote: pages.Remote, Streams: pages.Streams, Static: pages.Static,
		Hosts: guard.Hosts(at), Token: d.token,
	})
	for range ln.listeners {
		d.servers = append(d.servers, guard.Server(web.Headers(handler), logTo))
	}
	return d, nil
}

// serve answers phones until close is called.
func (d *phones) serve() error {
	var g errgroup.Group
	for i, ln := range d.listener.listeners {
		g.Go(func() error {
			if err := guard.Serve(d.servers[i], ln, maxPhones); !errors.Is(err, http.ErrServerClosed) {
				return fmt.Errorf("server: the listener for phones: %w", err)
			}
			return nil
		})
	}
	return g.Wait()
}

// close closes the listeners.
func (d *phones) close() { d.listener.close() }

// end ends the calls of phones. Their streams have ended before.
func (d *phones) end(ctx context.Context) {
	for _, server := range d.servers {
		if server.Shutdown(ctx) != nil {
			_ = server.Close()
		}
	}
}

// reachable returns an address that other machines can call. For a wildcard address it
// has the first address of this machine that is not loopback.
func reachable(addr string) string {
	host, port, err := net.SplitHostPort(addr)
	if err != nil {
		return addr
	}
	if ip := net.ParseIP(host); ip == nil || !ip.IsUnspecified() {
		return addr
	}
	for _, name := range guard.Hosts(addr) {
		host, _, err := net.SplitHostPort(name)
		if ip := net.ParseIP(host); err == nil && ip != nil && ip.To4() != nil && !ip.IsLoopback() {
			return net.JoinHostPort(host, port)
		}
	}
	return strings.Replace(addr, host, "localhost", 1)
}

// Phones is the answer to GET /api/audience: the addresses for phones, as text and as QR
// codes.
type Phones struct {
	URL        string        `json:"url"`
	Code       audience.Code `json:"code"`
	RemoteURL  string        `json:"remote_url"`
	RemoteCode audience.Code `json:"remote_code"`
}

func (s *Server) phonePages() (answer any, err error) {
	d := s.phones
	if d == nil {
		return nil, fmt.Errorf("%w: phones cannot connect; start with --audience HOST:PORT", cluster.ErrNotFound)
	}
	var p Phones
	p.URL, p.RemoteURL = d.url+"/audience", d.url+"/remote?token="+d.token
	if p.Code, err = audience.NewCode(p.URL); err == nil {
		p.RemoteCode, err = audience.NewCode(p.RemoteURL)
	}
	return p, err
}

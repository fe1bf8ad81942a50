package server

import (
	"errors"
	"fmt"
	"net"
	"strings"
	"syscall"

	"capplayground/cluster/guard"
)

// listen binds addr, with an error that says what to do about it.
func listen(addr string) (net.Listener, error) {
	ln, err := net.Listen("tcp", addr)
	switch {
	case err == nil:
		return ln, nil
	case errors.Is(err, syscall.EADDRINUSE):
		return nil, fmt.Errorf("%w: something listens at %s already (choose another with --listen)", ErrBusy, addr)
	}
	return nil, fmt.Errorf("%w: cannot listen at %s: %w", ErrConfig, addr, err)
}

// free checks that every node will find its address free, and names those that
// are not. Nothing stays bound: a socket of ours would hide a node's death.
func free(peers []string) error {
	var busy []string
	for _, p := range peers {
		ln, err := net.Listen("tcp", p)
		switch {
		case err == nil:
			_ = ln.Close()
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

// hosts are the names of the page that listens at addr: its own, and Names. A
// name without a port is that name with the port of addr, and alone.
func (c Config) hosts(addr string) []string {
	hosts := guard.Hosts(addr)
	_, port, _ := net.SplitHostPort(addr)
	for _, name := range c.Names {
		hosts = append(hosts, name)
		if _, _, err := net.SplitHostPort(name); err != nil {
			hosts = append(hosts, net.JoinHostPort(name, port))
		}
	}
	return hosts
}

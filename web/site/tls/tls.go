// Package tls holds the names of crypto/tls that net/http needs to be compiled. A program in
// a browser opens no connections of its own, so no function here does anything.
package tls

import (
	"context"
	"errors"
	"net"
)

var errAbsent = errors.New("tls: not in this program")

// VersionTLS12 and VersionTLS13 are the numbers of the protocol's versions.
const (
	VersionTLS12 = 0x0303
	VersionTLS13 = 0x0304
)

// Certificate is never made.
type Certificate struct{}

// ClientHelloInfo is never made.
type ClientHelloInfo struct{}

// Config has the fields that net/http reads or writes.
type Config struct {
	Certificates       []Certificate
	GetCertificate     func(*ClientHelloInfo) (*Certificate, error)
	GetConfigForClient func(*ClientHelloInfo) (*Config, error)
	NextProtos         []string
	ServerName         string
}

// Clone returns a copy.
func (c *Config) Clone() *Config {
	if c == nil {
		return nil
	}
	twin := *c
	return &twin
}

// ConnectionState has the fields that net/http reads.
type ConnectionState struct {
	NegotiatedProtocol         string
	NegotiatedProtocolIsMutual bool
}

// RecordHeaderError is never returned.
type RecordHeaderError struct {
	RecordHeader [5]byte
	Conn         net.Conn
}

func (RecordHeaderError) Error() string { return errAbsent.Error() }

// Conn is a connection whose handshake fails.
type Conn struct{ net.Conn }

// HandshakeContext returns an error.
func (*Conn) HandshakeContext(context.Context) error { return errAbsent }

// ConnectionState returns nothing.
func (*Conn) ConnectionState() ConnectionState { return ConnectionState{} }

// NetConn returns the connection below.
func (c *Conn) NetConn() net.Conn { return c.Conn }

// Client returns a connection whose handshake fails.
func Client(conn net.Conn, _ *Config) *Conn { return &Conn{conn} }

// NewListener returns the listener as it is.
func NewListener(inner net.Listener, _ *Config) net.Listener { return inner }

// LoadX509KeyPair returns an error.
func LoadX509KeyPair(string, string) (Certificate, error) { return Certificate{}, errAbsent }

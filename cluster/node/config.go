package node

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"slices"
	"strings"

	"github.com/google/uuid"

	"capplayground/cluster"
	"capplayground/cluster/driver"
	"capplayground/cluster/link"
)

// Disk is a node's durable memory. cluster/store implements it.
type Disk interface {
	// Load returns every record, once, before the first Apply.
	Load() ([]cluster.Record, error)
	// Apply makes the records durable, all or none, in their order.
	Apply([]cluster.Record) error
	// Database names this database since it was last emptied.
	Database() string
}

// Config is what a node needs. ID, Peers, Mode, Machine and Disk are required.
type Config struct {
	ID    cluster.NodeID
	Peers map[cluster.NodeID]string // host:port of every node's REST API, this one's included
	Mode  cluster.Mode
	Epoch int    // counts the modes since the playground began; peers of another one are refused
	Token string // where one is in force, peers must bring it; "" for none

	Machine cluster.Machine
	Disk    Disk

	// Link reaches the playground; nil for a node alone.
	Link *link.Dialer
	// Screen is where the node's screen is written besides the link; nil for
	// nowhere. The loop writes to it, so it must never wait: see package console.
	Screen io.Writer
	// Log is for operators; nil for nowhere. It must never wait either.
	Log *slog.Logger
	// Clock is in microseconds since the epoch; nil is cluster.Steady.
	Clock func() int64
	// Incarnation names this process; made when it is "".
	Incarnation string
	// Bug plants a known mistake in the driver, one of driver.Bugs. Only tests set it.
	Bug string
}

// ErrConfig is returned for a Config that cannot work.
var ErrConfig = errors.New("unusable node configuration")

// validate fills the defaults.
func (c *Config) validate() error {
	switch {
	case c.ID < 1 || c.ID > cluster.MaxNodes:
		return fmt.Errorf("%w: node %d", ErrConfig, c.ID)
	case c.Peers[c.ID] == "":
		return fmt.Errorf("%w: no address of %v", ErrConfig, c.ID)
	case c.Machine == nil || c.Disk == nil:
		return fmt.Errorf("%w: a machine and a disk are needed", ErrConfig)
	case c.Bug != "" && !slices.Contains(driver.Bugs, c.Bug):
		return fmt.Errorf("%w: no bug %q in the driver", ErrConfig, c.Bug)
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	if c.Incarnation == "" {
		c.Incarnation = strings.ReplaceAll(uuid.NewString(), "-", "")[:8]
	}
	return nil
}

// others are the peers, ascending.
func (c *Config) others() []cluster.NodeID {
	ids := slices.Sorted(maps.Keys(c.Peers))
	return slices.DeleteFunc(ids, func(id cluster.NodeID) bool { return id == c.ID })
}

package script

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"capplayground/cluster"
)

// cmdDisk carries out a fault of disks that are in files.
func (w *World) cmdDisk(name string, args []string) error {
	if w.cfg.Disk == nil {
		return errors.New("the disks are in memory")
	}
	if name == "members" {
		return w.cmdMembers(args)
	}
	return w.cmdDamage(args)
}

func (w *World) cmdDamage(args []string) error {
	if len(args) != 2 {
		return errUsage
	}
	n, err := w.node(args[0])
	if err != nil {
		return err
	}
	sector, err := strconv.Atoi(args[1])
	switch {
	case err != nil:
		return err
	case sector < 0 || sector >= n.files.Sectors():
		return fmt.Errorf("%q: want a sector from 0 to %d", args[1], n.files.Sectors()-1)
	case n.driver != nil:
		return fmt.Errorf("%v is up", n.id)
	case n.repair != nil:
		return fmt.Errorf("%v has a damaged disk", n.id)
	}
	n.repair = n.files.Damage(sector, 0)
	return nil
}

// repair repairs a damaged disk, and starts its node again. If the node has started on the
// damaged disk, the disk stays as it is.
func (w *World) repair(n *host) {
	if n.driver != nil {
		w.crash(n)
	}
	if n.repair != nil {
		n.repair()
		n.repair = nil
	}
	w.start(n)
}

func (w *World) cmdMembers(args []string) error {
	if len(args) != 1 {
		return errUsage
	}
	var members []cluster.NodeID
	for word := range strings.SplitSeq(args[0], ",") {
		n, err := w.node(word)
		if err != nil {
			return err
		}
		members = append(members, n.id)
	}
	for _, n := range w.hosts {
		if n.driver != nil {
			w.crash(n)
		}
	}
	w.members = slices.Sorted(slices.Values(members))
	for _, id := range w.members {
		w.start(w.hosts[id-1])
	}
	return nil
}

package twophase

import (
	"encoding/hex"
	"strconv"
	"strings"

	"capplayground/cluster"
)

// outcome is how a transaction ended.
type outcome struct {
	version uint64 // that its key got; 0 for abort
	byHand  bool
}

var aborted = outcome{}

func (o outcome) committed() bool { return o.version > 0 }

func (o outcome) String() string {
	s := "a"
	if o.committed() {
		s = strconv.FormatUint(o.version, 10)
	}
	if o.byHand {
		s = "h" + s
	}
	return s
}

func parseOutcome(s string) (outcome, bool) {
	rest, byHand := strings.CutPrefix(s, "h")
	if rest == "a" {
		return outcome{byHand: byHand}, true
	}
	version, err := strconv.ParseUint(rest, 10, 64)
	return outcome{version, byHand}, err == nil && version > 0 && version <= maxVersion
}

// packed is an outcome in eight bytes: the version, then a bit for by hand.
type packed uint64

func (o outcome) pack() packed {
	p := packed(o.version << 1)
	if o.byHand {
		p |= 1
	}
	return p
}

func (p packed) outcome() outcome { return outcome{uint64(p >> 1), p&1 == 1} }

// finished remembers how transactions ended. It only grows, so it keeps the
// names that real nodes give, UUIDs, in sixteen bytes: about 55 bytes of memory
// a transaction.
type finished struct {
	uuids  map[[16]byte]packed
	others map[cluster.OpID]packed
}

func (f *finished) get(tx cluster.OpID) (o outcome, ok bool) {
	var p packed
	if u, is := parseUUID(tx); is {
		p, ok = f.uuids[u]
	} else {
		p, ok = f.others[tx]
	}
	return p.outcome(), ok
}

func (f *finished) add(tx cluster.OpID, o outcome) {
	if f.uuids == nil {
		f.uuids, f.others = map[[16]byte]packed{}, map[cluster.OpID]packed{}
	}
	if u, is := parseUUID(tx); is {
		f.uuids[u] = o.pack()
	} else {
		f.others[tx] = o.pack()
	}
}

// remove forgets how a transaction ended. Only a planted bug does that.
func (f *finished) remove(tx cluster.OpID) {
	u, _ := parseUUID(tx)
	delete(f.uuids, u)
	delete(f.others, tx)
}

// parseUUID reads the one form that stands for itself: 36 characters in lower
// case. Any other text is another name.
func parseUUID(tx cluster.OpID) (u [16]byte, ok bool) {
	if len(tx) != 36 || tx[8] != '-' || tx[13] != '-' || tx[18] != '-' || tx[23] != '-' {
		return u, false
	}
	var digits [32]byte
	n := copy(digits[:], tx[:8])
	n += copy(digits[n:], tx[9:13])
	n += copy(digits[n:], tx[14:18])
	n += copy(digits[n:], tx[19:23])
	copy(digits[n:], tx[24:])
	for _, c := range digits {
		if c >= 'A' && c <= 'F' {
			return u, false
		}
	}
	_, err := hex.Decode(u[:], digits[:])
	return u, err == nil
}

// Outcomes reads from a node's disk how the transactions that it remembers
// ended, true for commit; those ended by hand are left out. Tests compare the
// disks of all nodes: no transaction may be committed here and aborted there.
func Outcomes(disk []cluster.Record) map[cluster.OpID]bool {
	all := map[cluster.OpID]bool{}
	for _, r := range disk {
		tx, ok := strings.CutPrefix(r.Key, prefixFinished)
		if o, is := parseOutcome(string(r.Val)); ok && is && !o.byHand {
			all[cluster.OpID(tx)] = o.committed()
		}
	}
	return all
}

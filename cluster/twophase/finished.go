package twophase

import (
	"encoding/hex"
	"strconv"
	"strings"

	"capplayground/cluster"
)

// outcome is how a transaction ended.
type outcome struct {
	version uint64 // that its key got; 0: aborted
	// sum identifies the write of a commit, see idempotency.Sum. It is 0 for an abort,
	// and on disks that are older than this field.
	sum uint64
}

var aborted = outcome{}

func (o outcome) committed() bool { return o.version > 0 }

// String is the form of the outcome in its record: "a", or the version and the sum.
func (o outcome) String() string {
	if !o.committed() {
		return "a"
	}
	s := strconv.FormatUint(o.version, 10)
	if o.sum != 0 {
		s += "." + strconv.FormatUint(o.sum, 36)
	}
	return s
}

// parseOutcome reads the text that String writes, and reports whether it could.
func parseOutcome(s string) (o outcome, ok bool) {
	if s == "a" {
		return aborted, true
	}
	version, sum, has := strings.Cut(s, ".")
	var err error
	if o.version, err = strconv.ParseUint(version, 10, 64); err != nil || o.version == 0 || o.version > maxVersion {
		return aborted, false
	}
	if has {
		o.sum, err = strconv.ParseUint(sum, 36, 64)
	}
	return o, err == nil
}

// finished remembers how transactions ended. It only grows, so it keeps UUIDs, the names
// that real nodes give, in 16 bytes each.
type finished struct {
	uuids  map[[16]byte]outcome
	others map[cluster.OpID]outcome
}

func (f *finished) get(tx cluster.OpID) (o outcome, ok bool) {
	if u, is := parseUUID(tx); is {
		o, ok = f.uuids[u]
	} else {
		o, ok = f.others[tx]
	}
	return o, ok
}

func (f *finished) add(tx cluster.OpID, o outcome) {
	if f.uuids == nil {
		f.uuids, f.others = map[[16]byte]outcome{}, map[cluster.OpID]outcome{}
	}
	if u, is := parseUUID(tx); is {
		f.uuids[u] = o
	} else {
		f.others[tx] = o
	}
}

// remove forgets how a transaction ended. Only a planted bug does that.
func (f *finished) remove(tx cluster.OpID) {
	u, _ := parseUUID(tx)
	delete(f.uuids, u)
	delete(f.others, tx)
}

// parseUUID reads a UUID in its usual form: 36 characters in lower case. Any other text
// is not a UUID.
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

// Outcomes returns the outcomes of the transactions on a node's disk: true means
// committed. It leaves out transactions that were proposed by hand. Tests compare the
// disks of all nodes: no transaction may be committed at one node and aborted at another.
func Outcomes(disk []cluster.Record) map[cluster.OpID]bool {
	all := map[cluster.OpID]bool{}
	for _, r := range disk {
		tx, ok := strings.CutPrefix(r.Key, prefixTransaction)
		if o, is := parseOutcome(string(r.Val)); ok && is {
			all[cluster.OpID(tx)] = o.committed()
		}
	}
	return all
}

package history

import (
	"slices"

	"capplayground/cluster"
)

// maxFromDisk bounds the values of a key that are remembered as from a disk.
const maxFromDisk = 64

// diskValue is a value that a disk held when its node started.
type diskValue struct {
	version    string
	at         int64 // when the node reported it
	number     int   // in the order of the reports
	atTheStart bool  // the register may have had it when the history began
	written    bool  // a read returned it, so it counts as written (see explainByDisk)
}

// started takes in a value that a node holds. A value that no known write wrote was on the
// node's disk before the history began. If no operation on the key is known yet, the history
// begins with it.
func (k *keyHistory) started(hash, version string, t int64) {
	if hash == "" || k.written.forgot || k.knows(hash) || k.fromDisk[hash] != nil {
		return // once older writes are forgotten, one of them may have written the value
	}
	if len(k.fromDisk) >= maxFromDisk && !k.forgetDiskValue() {
		return
	}
	if k.fromDisk == nil {
		k.fromDisk = map[string]*diskValue{}
	}
	k.fromDisks++
	k.fromDisk[hash] = &diskValue{version: version, at: t, number: k.fromDisks, atTheStart: k.untouched()}
	if k.untouched() {
		k.values = append(k.values, hash)
	}
}

// untouched reports whether no operation on the key is known yet.
func (k *keyHistory) untouched() bool {
	return k.cutAt == 0 && len(k.piece) == 0 && len(k.underWay) == 0 && len(k.open) == 0
}

// forgetDiskValue forgets the oldest value that no node holds any more. It returns false if
// there is none. A node that starts may report every value of a long log, one after the other.
func (k *keyHistory) forgetDiskValue() bool {
	held := map[string]bool{}
	for _, h := range k.holds {
		held[h.hash] = true
	}
	oldest := ""
	for hash, v := range k.fromDisk {
		if !held[hash] && (oldest == "" || v.number < k.fromDisk[oldest].number) {
			oldest = hash
		}
	}
	if oldest == "" {
		return false
	}
	if k.fromDisk[oldest].atTheStart && k.untouched() {
		k.removeValue(oldest)
	}
	delete(k.fromDisk, oldest)
	return true
}

// removeValue says that the register did not have this value when the history began.
func (k *keyHistory) removeValue(hash string) {
	k.values = slices.DeleteFunc(k.values, func(v string) bool { return v == hash })
}

// explainByDisk explains a read of a value that no known write wrote. If a node that joined
// later reported to hold it, the value came with that node's disk. It counts as written by a
// write that began at the time of the report.
func (k *keyHistory) explainByDisk(read *Op) {
	v := k.fromDisk[read.Hash]
	if read.write() || v == nil || v.atTheStart || v.written || k.knows(read.Hash) || len(k.open) >= maxOpen {
		return
	}
	v.written = true
	k.open = append(k.open, &Op{
		ID: cluster.OpID("disk:" + read.Hash), Kind: cluster.OpWrite, Key: read.Key, Hash: read.Hash, Invoke: min(v.at, read.Invoke), Status: 504,
	})
}

// wroteAfterAll corrects started: the event of the write came after the report that a node
// holds its value.
func (k *keyHistory) wroteAfterAll(hash string) {
	if v := k.fromDisk[hash]; v != nil && v.atTheStart && k.cutAt == 0 && len(k.piece) == 0 {
		k.removeValue(hash)
	}
}

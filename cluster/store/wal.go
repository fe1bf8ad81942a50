package store

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"os"
	"slices"

	"capplayground/cluster"
)

// The layout of a log, little-endian:
//
//	sector 0   the head: magic, generation, sizes, checksums, database id
//	then       frames, one after the other, on multiples of 16 bytes
//	then       zeros to the end of the file
//
// A frame is a head of 16 bytes (kind, length, checksum of the rest, checksum
// of this head), the payload with every bit turned over, and at least 8 bytes
// of filler. Text never holds the byte 0xFF, so a turned payload of text has
// no zero, and every sector of a frame that was written has a byte that is not
// zero.
const (
	sector    = 512
	frameHead = 16
	filler    = 0xA5
	magic     = "CAPLOG01"
)

// The kinds of frames.
const (
	kindRecords = 0xF1 // records, in the form of encodeRecords
	// kindFold was written by earlier versions, as the last frame of a log while
	// the database was written. It is only read.
	kindFold = 0xF2
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// head is the first sector of a log.
type head struct {
	gen      uint64 // the number of folds; the database of the same generation holds what was folded before this log
	size     int64  // of the whole file
	dbSize   int64  // of that database, or unverified
	dbSum    uint32 // the checksum of that database
	database string // the id of that database
	cluster  string // the cluster to which the database belongs, see Options.mark; "" on disks of early versions
	oldEnd   int64  // where the frames of the log before this one end
}

// unverified in a head says that the database is being written: no size and no
// checksum of it are known.
const unverified = -1

// The places of the texts and of the last number in a head.
const (
	headDatabase = 36
	headCluster  = 128
	headOldEnd   = sector - 12
)

// putText writes a text of at most 255 bytes with its length in front.
func putText(b []byte, s string) {
	b[0] = byte(copy(b[1:], s[:min(len(s), 255)]))
}

func (h head) encode() []byte {
	b := make([]byte, sector)
	copy(b, magic)
	binary.LittleEndian.PutUint64(b[8:], h.gen)
	binary.LittleEndian.PutUint64(b[16:], uint64(h.size))
	binary.LittleEndian.PutUint64(b[24:], uint64(h.dbSize))
	binary.LittleEndian.PutUint32(b[32:], h.dbSum)
	putText(b[headDatabase:headCluster], h.database)
	putText(b[headCluster:headOldEnd], h.cluster)
	binary.LittleEndian.PutUint64(b[headOldEnd:], uint64(h.oldEnd))
	binary.LittleEndian.PutUint32(b[sector-4:], crc32.Checksum(b[:sector-4], castagnoli))
	return b
}

// text reads what putText has written.
func text(b []byte) string { return string(b[1:min(len(b), 1+int(b[0]))]) }

func decodeHead(b []byte) (head, error) {
	if len(b) < sector || string(b[:8]) != magic {
		return head{}, errors.New("no log begins here")
	}
	if binary.LittleEndian.Uint32(b[sector-4:]) != crc32.Checksum(b[:sector-4], castagnoli) {
		return head{}, errors.New("wrong checksum of the head")
	}
	h := head{
		gen:    binary.LittleEndian.Uint64(b[8:]),
		size:   int64(binary.LittleEndian.Uint64(b[16:])),
		dbSize: int64(binary.LittleEndian.Uint64(b[24:])),
		dbSum:  binary.LittleEndian.Uint32(b[32:]),
	}
	h.database = text(b[headDatabase:headCluster])
	h.cluster = text(b[headCluster:headOldEnd])
	h.oldEnd = int64(binary.LittleEndian.Uint64(b[headOldEnd:]))
	return h, nil
}

// wal is an open log.
type wal struct {
	file *os.File
	head head
	end  int64  // where the next frame goes
	sync bool   // what is written must be durable: file came from openForLog
	buf  []byte // memory for the frame that is being made
}

// setHead replaces the head. Frames may be appended at the same time.
func (l *wal) setHead(h head) error {
	if _, err := l.file.WriteAt(h.encode(), 0); err != nil {
		return err
	}
	return l.flush()
}

// createLog writes an empty log at path. The file has its full size from the beginning.
func createLog(path string, h head, durable bool) error {
	file, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_TRUNC|noFollow, 0o600)
	if err != nil {
		return err
	}
	_, err = file.Write(h.encode())
	if err == nil {
		err = writeZeros(file, sector, h.size)
	}
	if err == nil && durable {
		err = file.Sync()
	}
	if err = errors.Join(err, file.Close()); err != nil {
		_ = os.Remove(path) // so that a disk that is full later has room for it
	}
	return err
}

// writeZeros writes zeros over the bytes of a file from the place from to the place to.
func writeZeros(file *os.File, from, to int64) error {
	zeros := make([]byte, 64<<10)
	for from < to {
		n, err := file.WriteAt(zeros[:min(int64(len(zeros)), to-from)], from)
		if err != nil {
			return err
		}
		from += int64(n)
	}
	return nil
}

// openLog opens the log at path and passes the payload of each frame with records to
// replay. marked reports whether the last frame is a kindFold. The error is that of the
// system, or it wraps ErrDamaged. If there is an error, the file has not changed.
func openLog(path string, durable bool, replay func(payload []byte) error) (l *wal, marked bool, err error) {
	file, err := openForLog(path, durable)
	if err != nil {
		return nil, false, err
	}
	defer func() {
		if err != nil {
			_ = file.Close()
		}
	}()
	data, err := readWhole(file)
	if err != nil {
		return nil, false, err
	}
	h, err := decodeHead(data)
	if err != nil {
		return nil, false, damaged(path, err.Error())
	}
	if int64(len(data)) < h.size || !allZero(data[h.size:]) {
		return nil, false, damaged(path, fmt.Sprintf("%d bytes long, should be %d", len(data), h.size))
	}
	data = data[:h.size] // the file is longer if the process ended while the log grew
	l = &wal{file: file, head: h, end: sector, sync: durable}
	for !marked {
		kind, payload, next, err := readFrame(data, l.end, h.gen)
		if err != nil {
			return nil, false, damaged(path, fmt.Sprintf("at byte %d: %v", l.end, err))
		}
		if kind == 0 {
			break
		}
		if kind == kindRecords {
			if err := replay(payload); err != nil {
				return nil, false, damaged(path, fmt.Sprintf("at byte %d: %v", l.end, err))
			}
		}
		marked = kind == kindFold
		l.end = next
	}
	if at, found := frameBehind(data, l.end, h.gen); found {
		return nil, false, damaged(path, fmt.Sprintf("nothing readable at byte %d, and whole frames behind it, at byte %d", l.end, at))
	}
	return l, marked, l.zeroTail(data)
}

// grow adds zeros to the log. They are durable before the head contains the new size: if
// the process is killed between the two, the file is longer than its head says.
func (l *wal) grow(by int64) error {
	h := l.head
	h.size += by
	if err := writeZeros(l.file, l.head.size, h.size); err != nil {
		return err
	}
	if err := l.flush(); err != nil {
		return err
	}
	if err := l.setHead(h); err != nil {
		return err
	}
	l.head = h
	return nil
}

// frameBehind looks for a whole frame after the end of a log. If the power failed during
// a write, that write was the last one, so there is no such frame. If there is one, the
// frames before it were acknowledged and are damaged.
func frameBehind(data []byte, end int64, gen uint64) (at int64, found bool) {
	for at = end; at < int64(len(data)); at += 16 {
		if kind, _, _, err := readFrame(data, at, gen); kind != 0 && err == nil {
			return at, true
		}
	}
	return 0, false
}

// openForLog opens a log to append to it.
func openForLog(path string, durable bool) (*os.File, error) {
	flag := os.O_RDWR | noFollow
	if durable {
		flag |= syncedWrites
	}
	return os.OpenFile(path, flag, 0)
}

// readWhole reads a file into one slice of the right size. A slice that grows would need
// twice as much memory.
func readWhole(file *os.File) ([]byte, error) {
	info, err := file.Stat()
	if err != nil {
		return nil, err
	}
	data := make([]byte, info.Size())
	_, err = io.ReadFull(file, data)
	return data, err
}

// readFrame reads the frame at off. Kind 0 means that there is no frame: it was never
// written, or not completely.
func readFrame(data []byte, off int64, gen uint64) (kind byte, payload []byte, next int64, err error) {
	if off+frameHead > int64(len(data)) {
		return 0, nil, off, nil
	}
	h := data[off : off+frameHead]
	if allZero(h) {
		return 0, nil, off, nil
	}
	if binary.LittleEndian.Uint32(h[12:]) != headSum(h, off, gen) {
		return 0, nil, 0, errors.New("wrong checksum of a frame's head")
	}
	length := int64(binary.LittleEndian.Uint32(h[4:]))
	next = off + frameSize(length)
	if next > int64(len(data)) {
		return 0, nil, 0, errors.New("a frame reaches past the end")
	}
	body := data[off+frameHead : next]
	if binary.LittleEndian.Uint32(h[8:]) != crc32.Checksum(body, castagnoli) {
		if hasZeroSector(data, off, next) && allZero(data[next:]) {
			return 0, nil, off, nil
		}
		return 0, nil, 0, errors.New("wrong checksum of a frame")
	}
	payload = make([]byte, length)
	for i := range payload {
		payload[i] = ^body[i]
	}
	return h[0], payload, next, nil
}

// hasZeroSector reports whether a sector, or the part of it in data[from:to], is zero.
func hasZeroSector(data []byte, from, to int64) bool {
	for from < to {
		end := min(to, (from/sector+1)*sector)
		if allZero(data[from:end]) {
			return true
		}
		from = end
	}
	return false
}

// zeroTail writes zeros over the rest of an unfinished frame after the end of the log.
// Otherwise that rest would look like damage after the next frame.
func (l *wal) zeroTail(data []byte) error {
	if allZero(data[l.end:]) {
		return nil
	}
	if err := writeZeros(l.file, l.end, int64(len(data))); err != nil {
		return err
	}
	return l.flush()
}

// fits says whether a frame of that size can be appended.
func (l *wal) fits(size int64) bool { return l.end+size <= l.head.size }

// append writes one frame and makes it durable.
func (l *wal) append(kind byte, payload []byte) error {
	l.buf = encodeFrame(l.buf[:0], kind, payload, l.end, l.head.gen)
	if _, err := l.file.WriteAt(l.buf, l.end); err != nil {
		return err
	}
	l.end += int64(len(l.buf))
	return l.flush()
}

// encodeFrame appends to the empty b the frame that stands at off.
func encodeFrame(b []byte, kind byte, payload []byte, off int64, gen uint64) []byte {
	b = slices.Grow(b, int(frameSize(int64(len(payload)))))[:frameSize(int64(len(payload)))]
	for i, c := range payload {
		b[frameHead+i] = ^c
	}
	for i := frameHead + len(payload); i < len(b); i++ {
		b[i] = filler
	}
	clear(b[1:4])
	b[0] = kind
	binary.LittleEndian.PutUint32(b[4:], uint32(len(payload)))
	binary.LittleEndian.PutUint32(b[8:], crc32.Checksum(b[frameHead:], castagnoli))
	binary.LittleEndian.PutUint32(b[12:], headSum(b, off, gen))
	return b
}

func (l *wal) flush() error {
	if !l.sync || syncedWrites != 0 {
		return nil
	}
	return l.file.Sync()
}

// headSum returns the checksum of a frame's head at its place in its generation.
func headSum(h []byte, off int64, gen uint64) uint32 {
	var place [16]byte
	binary.LittleEndian.PutUint64(place[:], uint64(off))
	binary.LittleEndian.PutUint64(place[8:], gen)
	return crc32.Update(crc32.Checksum(place[:], castagnoli), castagnoli, h[:12])
}

// frameSize returns the room that a payload of n bytes takes.
func frameSize(n int64) int64 { return (frameHead + n + 8 + 15) &^ 15 }

func allZero(b []byte) bool { return len(bytes.TrimLeft(b, "\x00")) == 0 }

func damaged(path, what string) error { return fmt.Errorf("%s: %w: %s", path, ErrDamaged, what) }

// encodeRecords writes each record as: 1 for an upsert or 2 for a removal, the
// length of the key, the key, the length of the value, the value.
func encodeRecords(records []cluster.Record) []byte {
	size := 0
	for _, r := range records {
		size += 1 + 2*binary.MaxVarintLen32 + len(r.Key) + len(r.Val)
	}
	b := make([]byte, 0, size)
	for _, r := range records {
		if r.Val == nil {
			b = append(b, 2)
		} else {
			b = append(b, 1)
		}
		b = binary.AppendUvarint(b, uint64(len(r.Key)))
		b = append(b, r.Key...)
		b = binary.AppendUvarint(b, uint64(len(r.Val)))
		b = append(b, r.Val...)
	}
	return b
}

// eachRecord reads what encodeRecords has written. The keys and values are parts of b. A
// nil value is a removal.
func eachRecord(b []byte, do func(key, val []byte)) error {
	for len(b) > 0 {
		kind := b[0]
		key, rest, ok := cutField(b[1:])
		if !ok {
			return errShort
		}
		val, rest, ok := cutField(rest)
		if !ok {
			return errShort
		}
		switch kind {
		case 1:
			do(key, val)
		case 2:
			do(key, nil)
		default:
			return fmt.Errorf("a record of unknown kind %d", kind)
		}
		b = rest
	}
	return nil
}

// errShort is returned for records that were cut.
var errShort = errors.New("a record ends early")

// cutField reads a length and that many bytes.
func cutField(b []byte) (field, rest []byte, ok bool) {
	n, used := binary.Uvarint(b)
	if used <= 0 || n > uint64(len(b)-used) {
		return nil, nil, false
	}
	return b[used : used+int(n) : used+int(n)], b[used+int(n):], true
}

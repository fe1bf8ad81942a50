package store

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"capplayground/cluster"
)

// testLog makes a log of this size. Its frames begin at byte sector.
func testLog(t *testing.T, size int64) (l *wal, path string) {
	t.Helper()
	path = filepath.Join(t.TempDir(), "log")
	if err := createLog(path, head{gen: 1, size: size}, false); err != nil {
		t.Fatal(err)
	}
	l, _, err := openLog(path, false, func([]byte) error { return nil })
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.file.Close() })
	return l, path
}

func readFile(t *testing.T, path string) []byte {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func TestAHeadComesBack(t *testing.T) {
	t.Parallel()
	want := head{gen: 3, size: 2 << 20, dbSize: 7, dbSum: 9, database: "d1", cluster: "node 1 of 1", oldEnd: 11}
	if got, err := decodeHead(want.encode()); err != nil || got != want {
		t.Errorf("%+v, %v", got, err)
	}
	if got, err := decodeHead(want.encode()[:sector-1]); err == nil {
		t.Errorf("a head without its last byte is read as %+v", got)
	}
}

// The whole room of a log is written when the log is created or grows, not more and not less.
func TestALogHasTheSizeOfItsHead(t *testing.T) {
	t.Parallel()
	for _, size := range []int64{sector, sector + 1, 64 << 10, 64<<10 + sector, 200_000} {
		l, path := testLog(t, size)
		if got := int64(len(readFile(t, path))); got != size {
			t.Errorf("a new log of %d bytes has %d", size, got)
		}
		for _, by := range []int64{1, 64 << 10, 64<<10 + 1, 200_000} {
			size += by
			if err := l.grow(by); err != nil {
				t.Fatal(err)
			}
			data := readFile(t, path)
			h, err := decodeHead(data)
			if err != nil || h.size != size || l.head.size != size || int64(len(data)) != size || !allZero(data[sector:]) {
				t.Errorf("grown by %d to %d: the file has %d bytes, the head says %d, %v", by, size, len(data), h.size, err)
			}
		}
	}
}

// A kill while the log grows leaves a log that is longer than its head says. If there is
// damage too, Open refuses the log and does not change it.
func TestADamagedLogThatWasGrowing(t *testing.T) {
	t.Parallel()
	l, path := testLog(t, 4<<10)
	if err := l.append(kindRecords, encodeRecords([]cluster.Record{put("a", "1")})); err != nil {
		t.Fatal(err)
	}
	bad := append(readFile(t, path), make([]byte, 700)...)
	bad[sector+12] ^= 1
	if err := os.WriteFile(path, bad, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, _, err := openLog(path, false, func([]byte) error { return nil }); !errors.Is(err, ErrDamaged) {
		t.Errorf("got %v", err)
	}
	if !bytes.Equal(readFile(t, path), bad) {
		t.Error("it was changed")
	}
}

// Only the rest of an unfinished frame is overwritten, and the log keeps its size.
func TestTheRestOfAFrameIsErased(t *testing.T) {
	t.Parallel()
	l, path := testLog(t, 8<<10)
	if err := l.append(kindRecords, encodeRecords([]cluster.Record{put("a", "1")})); err != nil {
		t.Fatal(err)
	}
	want := readFile(t, path)
	torn := encodeFrame(nil, kindRecords, make([]byte, 3000), l.end, 1)
	clear(torn[2*sector-l.end : 3*sector-l.end]) // the third sector of the file
	if _, err := l.file.WriteAt(torn, l.end); err != nil {
		t.Fatal(err)
	}
	again, _, err := openLog(path, false, func([]byte) error { return nil })
	if err != nil {
		t.Fatal(err)
	}
	_ = again.file.Close()
	if got := readFile(t, path); !bytes.Equal(got, want) || again.end != l.end {
		t.Errorf("%d bytes instead of %d, the next frame goes to %d instead of %d", len(got), len(want), again.end, l.end)
	}
}

// Each write to a file that cannot be written returns an error.
func TestALogThatCannotBeWritten(t *testing.T) {
	t.Parallel()
	l, _ := testLog(t, 4<<10)
	if err := l.file.Close(); err != nil {
		t.Fatal(err)
	}
	for name, write := range map[string]func() error{
		"setHead":  func() error { return l.setHead(l.head) },
		"grow":     func() error { return l.grow(100) },
		"append":   func() error { return l.append(kindRecords, nil) },
		"zeroTail": func() error { return l.zeroTail(bytes.Repeat([]byte{1}, 4<<10)) },
	} {
		if err := write(); !errors.Is(err, fs.ErrClosed) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if l.end != sector || l.head.size != 4<<10 {
		t.Errorf("it counts what was not written: end %d, size %d", l.end, l.head.size)
	}
}

func TestAFrameFits(t *testing.T) {
	t.Parallel()
	l := &wal{end: sector + 32, head: head{size: sector + 96}}
	if !l.fits(64) || l.fits(80) {
		t.Errorf("fits: 64 bytes %v, 80 bytes %v; 64 bytes are left", l.fits(64), l.fits(80))
	}
}

// Bytes at the very end of a log, with no room for a frame, are damage. They are not the end
// of the log, which would be overwritten.
func TestBytesWithoutRoomForAFrame(t *testing.T) {
	t.Parallel()
	data := make([]byte, sector+frameHead)
	if kind, _, next, err := readFrame(data, sector, 1); kind != 0 || next != sector || err != nil {
		t.Errorf("zeros: kind %x, next %d, %v", kind, next, err)
	}
	data[sector] = kindRecords
	if kind, _, _, err := readFrame(data, sector, 1); err == nil {
		t.Errorf("read as kind %x", kind)
	}
}

// No sector of a frame is all zeros, wherever the frame begins. Otherwise damage in the frame
// would look like a sector that the disk did not write.
func TestNoSectorOfAFrameIsZero(t *testing.T) {
	t.Parallel()
	data := make([]byte, 4*sector)
	payload := []byte(strings.Repeat("v", 2*sector))
	for off := int64(sector); off < 2*sector; off += 16 {
		for n := range 600 {
			frame := encodeFrame(nil, kindRecords, payload[:n], off, 1)
			end := off + int64(copy(data[off:], frame))
			if hasZeroSector(data, off, end) {
				t.Fatalf("a frame of %d bytes at byte %d has a sector of zeros", n, off)
			}
			clear(data[off:end])
		}
	}
}

// Records that were cut anywhere are refused, although the missing bytes still stand behind
// them in memory.
func TestCutRecords(t *testing.T) {
	t.Parallel()
	for _, r := range []cluster.Record{put("k", "v"), put("key", ""), del("key"), put(strings.Repeat("k", 200), strings.Repeat("v", 300)), del(strings.Repeat("k", 200))} {
		name := fmt.Sprintf("a key of %d bytes, a value of %d", len(r.Key), len(r.Val))
		whole := encodeRecords([]cluster.Record{r})
		if got, err := recordsOf(whole); err != nil || !equalRecords(got, []cluster.Record{r}) {
			t.Errorf("%s: came back as %v, %v", name, got, err)
		}
		for n := 1; n < len(whole); n++ {
			if got, err := recordsOf(whole[:n]); !errors.Is(err, errShort) {
				t.Errorf("%s: %d of %d bytes are read as %v, %v", name, n, len(whole), got, err)
			}
		}
	}
}

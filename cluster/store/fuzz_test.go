package store

import (
	"bytes"
	"slices"
	"testing"

	"capplayground/cluster"
)

func equalRecords(a, b []cluster.Record) bool {
	return slices.EqualFunc(a, b, func(x, y cluster.Record) bool {
		return x.Key == y.Key && bytes.Equal(x.Val, y.Val) && (x.Val == nil) == (y.Val == nil)
	})
}

// FuzzRecords: the content of a frame is refused, or read as records. These are the same after
// they are written and read again.
func FuzzRecords(f *testing.F) {
	f.Add(encodeRecords([]cluster.Record{put("a", "1"), del("b")}))
	f.Add([]byte{1, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1})
	f.Add([]byte{2, 1, 'k', 0, 3, 0, 0})
	f.Fuzz(func(t *testing.T, b []byte) {
		records, err := recordsOf(b)
		if err != nil {
			return
		}
		if again, err := recordsOf(encodeRecords(records)); err != nil || !equalRecords(again, records) {
			t.Fatalf("%x: %v came back as %v, %v", b, records, again, err)
		}
	})
}

// FuzzFrame: a frame can be read wherever it was written. If one byte of it changes, it is
// read as damage, or as the end of the log where the disk left a gap. It is never read as
// another frame.
func FuzzFrame(f *testing.F) {
	f.Add([]byte("payload"), uint16(0), uint64(1), uint16(17), byte(1))
	f.Add([]byte{}, uint16(3), uint64(0), uint16(0), byte(0xF1))
	f.Add(bytes.Repeat([]byte{0xff}, 600), uint16(31), uint64(9), uint16(512), byte(0xff))
	f.Fuzz(func(t *testing.T, payload []byte, place uint16, gen uint64, at uint16, flip byte) {
		if len(payload) > 4096 {
			return
		}
		off := sector + int64(place%64)*16
		frame := encodeFrame(nil, kindRecords, payload, off, gen)
		data := make([]byte, off+int64(len(frame))+64)
		copy(data[off:], frame)
		kind, got, next, err := readFrame(data, off, gen)
		if err != nil || kind != kindRecords || !bytes.Equal(got, payload) || next != off+int64(len(frame)) {
			t.Fatalf("%x came back as %x, kind %x, next %d, %v", payload, got, kind, next, err)
		}
		if kind, _, _, err := readFrame(data, off, gen+1); err == nil {
			t.Fatalf("a frame of another generation is read as %x", kind)
		}
		if flip == 0 {
			return
		}
		data[off+int64(at)%int64(len(frame))] ^= flip
		if kind, got, _, err := readFrame(data, off, gen); err == nil && kind != 0 {
			t.Fatalf("with byte %d changed it reads as %x, kind %x", int(at)%len(frame), got, kind)
		}
	})
}

// FuzzHead: the first sector of a log is the same after it is written and read again. Any
// other bytes are refused.
func FuzzHead(f *testing.F) {
	f.Add(head{gen: 3, size: 2 << 20, dbSize: 7, dbSum: 9, database: "d1"}.encode(), uint16(40), byte(1))
	f.Add(make([]byte, sector), uint16(0), byte(0))
	f.Add([]byte(magic), uint16(511), byte(0xff))
	f.Fuzz(func(t *testing.T, b []byte, at uint16, flip byte) {
		h, err := decodeHead(b)
		if err != nil {
			return
		}
		fresh := h.encode()
		if again, err := decodeHead(fresh); err != nil || again != h {
			t.Fatalf("%+v came back as %+v, %v", h, again, err)
		}
		if flip != 0 {
			fresh[int(at)%len(fresh)] ^= flip
			if got, err := decodeHead(fresh); err == nil {
				t.Fatalf("with byte %d changed it reads as %+v", int(at)%len(fresh), got)
			}
		}
	})
}

// recordsOf returns the records that eachRecord reads.
func recordsOf(b []byte) (records []cluster.Record, err error) {
	err = eachRecord(b, func(key, val []byte) { records = append(records, cluster.Record{Key: string(key), Val: val}) })
	return records, err
}

package disk_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"capplayground/cluster"
	"capplayground/cluster/disk"
)

// TestTheNewestRecordOfAKeyStays: a later record replaces an earlier one, and a record
// without a value deletes it. An empty value is a value.
func TestTheNewestRecordOfAKeyStays(t *testing.T) {
	t.Parallel()
	m := disk.Memory{}
	m.Write([]cluster.Record{{Key: "b", Val: []byte("1")}, {Key: "c", Val: []byte("2")}, {Key: "a", Val: []byte{}}})
	m.Write([]cluster.Record{{Key: "c", Val: []byte("3")}, {Key: "c"}, {Key: "b", Val: []byte("4")}})
	want := []cluster.Record{{Key: "a", Val: []byte{}}, {Key: "b", Val: []byte("4")}}
	if diff := cmp.Diff(want, m.Records()); diff != "" {
		t.Error(diff)
	}
}

package store

import (
	"fmt"
	"maps"
	"strings"
	"testing"
	"time"

	"capplayground/cluster"
)

// holdFold makes a store whose folds wait until release is called.
func holdFold(t *testing.T, dir string, opts Options) (s *Store, held <-chan struct{}, release func()) {
	t.Helper()
	s = open(t, dir, opts)
	begun, ended := make(chan struct{}, 100), make(chan struct{})
	s.beforeFold = func() {
		begun <- struct{}{}
		<-ended
	}
	release = func() {
		select {
		case <-ended:
		default:
			close(ended)
		}
	}
	t.Cleanup(release) // before the store is closed, which waits for the fold
	return s, begun, release
}

// A long fold delays no write: the log grows. The records in the log survive a kill and a
// fold.
func TestWritesDoNotWaitForAFold(t *testing.T) {
	t.Parallel()
	for _, durability := range []Durability{Disk, Process} {
		dir := t.TempDir()
		opts := Options{Durability: durability, LogSize: 8 << 10}
		s, held, release := holdFold(t, dir, opts)
		acked := map[string]string{}
		write := func() {
			k, v := fmt.Sprintf("key%04d", len(acked)), strings.Repeat("v", 200)
			apply(t, s, put(k, v))
			acked[k] = v
		}
		for len(held) == 0 { // until a fold has begun, which then waits
			write()
		}
		size := s.log.head.size
		for range 200 {
			write()
		}
		if s.log.head.size <= size {
			t.Errorf("the log still has %d bytes", s.log.head.size)
		}
		if got := load(t, s); !maps.Equal(got, acked) {
			t.Errorf("it holds %d of %d records", len(got), len(acked))
		}
		killed := t.TempDir()
		snapshot(t, dir).write(t, killed)
		if opened, err := verify(t, killed, acked); !opened || err != nil {
			t.Errorf("after a kill: opened is %v, %v", opened, err)
		}
		release()
		for range 200 {
			write()
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		if got := load(t, open(t, dir, opts)); !maps.Equal(got, acked) {
			t.Errorf("after the folds it holds %d of %d records", len(got), len(acked))
		}
	}
}

// A write waits for the fold only if the log has many times its usual length.
func TestAWriteWaitsForAFoldThatIsFarBehind(t *testing.T) {
	t.Parallel()
	s, held, release := holdFold(t, t.TempDir(), Options{Durability: Process, LogSize: 2 << 10})
	for n := 0; len(held) == 0; n++ {
		apply(t, s, put(fmt.Sprint(n), strings.Repeat("v", 200)))
	}
	done := make(chan int64)
	go func() {
		defer close(done)
		for n := 0; n < 500 && s.Apply([]cluster.Record{put(fmt.Sprint(n), strings.Repeat("v", 200))}) == nil; n++ {
			done <- s.log.end
		}
	}()
	var longest int64
	for end := range done {
		longest = max(longest, end)
		if end >= mostGrowth*(2<<10) {
			release()
		}
	}
	if longest < mostGrowth*(2<<10) || longest > (mostGrowth+1)*(2<<10) {
		t.Errorf("the log became %d bytes long", longest)
	}
}

// The delay of a write grows with the log, and is bounded.
func TestDelayGrowsWithTheLog(t *testing.T) {
	t.Parallel()
	s := &Store{opts: Options{Node: 3, LogSize: 1000 * sector}, log: &wal{}}
	at := func(times int64) time.Duration {
		s.log.end = times * 1000 * sector
		return s.delay()
	}
	if at(100) != 0 {
		t.Error("a write is delayed without a fold")
	}
	s.fold = make(chan struct{})
	if at(1) != 0 || at(slowFrom) != 0 {
		t.Error("a write is delayed for a log of usual length")
	}
	for times := int64(slowFrom); times < mostGrowth; times++ {
		if at(times) >= at(times+1) {
			t.Errorf("%v at %d, %v at %d", at(times), times, at(times+1), times+1)
		}
	}
	if at(mostGrowth) != mostDelay || at(1000) != mostDelay {
		t.Errorf("%v and %v where the log is longest", at(mostGrowth), at(1000))
	}
}

// A fold has more changes than fit into one transaction.
func TestAFoldOfManyChanges(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	opts := Options{Durability: Process, LogSize: 4 << 20}
	s := open(t, dir, opts)
	want := map[string]string{}
	for n := 0; n < 3*foldBatch; n++ {
		want[fmt.Sprintf("key%05d", n)] = "v"
	}
	batch := make([]cluster.Record, 0, len(want))
	for k, v := range want {
		batch = append(batch, put(k, v))
	}
	apply(t, s, batch...)
	for n := 0; s.log.head.gen == 1; n++ {
		apply(t, s, put("filler", strings.Repeat("f", 100<<10)))
	}
	apply(t, s, del("filler"))
	for range 2 {
		if got := load(t, s); !maps.Equal(got, want) {
			t.Fatalf("it holds %d of %d records", len(got), len(want))
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		s = open(t, dir, opts)
	}
}

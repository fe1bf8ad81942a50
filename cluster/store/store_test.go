package store

import (
	"bufio"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	bolt "go.etcd.io/bbolt"
	"pgregory.net/rapid"

	"capplayground/cluster"
)

func open(t testing.TB, dir string, opts Options) *Store {
	t.Helper()
	opts.Node = 3
	s, err := Open(dir, opts)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

func apply(t testing.TB, s *Store, records ...cluster.Record) {
	t.Helper()
	if err := s.Apply(records); err != nil {
		t.Fatal(err)
	}
}

func load(t testing.TB, s *Store) map[string]string {
	t.Helper()
	records, err := s.Load()
	if err != nil {
		t.Fatal(err)
	}
	if !slices.IsSortedFunc(records, func(a, b cluster.Record) int { return strings.Compare(a.Key, b.Key) }) {
		t.Error("not ascending")
	}
	m := map[string]string{}
	for _, r := range records {
		m[r.Key] = string(r.Val)
	}
	return m
}

func put(k, v string) cluster.Record { return cluster.Record{Key: k, Val: []byte(v)} }
func del(k string) cluster.Record    { return cluster.Record{Key: k} }

func TestApplyLoad(t *testing.T) {
	t.Parallel()
	for _, durability := range []Durability{Disk, Process} {
		for _, size := range []int64{0, 1024} { // never folds; folds all the time
			dir := filepath.Join(t.TempDir(), "new", "dir")
			s := open(t, dir, Options{Durability: durability, LogSize: size})
			id := s.Database()
			apply(t, s, put("a", "1"), put("b", "2"), put("empty", ""))
			apply(t, s, put("a", "3"), del("b"), put("c", "x"), del("c"), del("never"))
			apply(t, s, put("big", strings.Repeat("y", 70000)))
			apply(t, s)
			apply(t, s, put("last", "\xff\x00"))
			want := map[string]string{"a": "3", "empty": "", "big": strings.Repeat("y", 70000), "last": "\xff\x00"}
			for range 3 {
				if diff := cmp.Diff(want, load(t, s)); diff != "" {
					t.Fatal(diff)
				}
				if err := s.Close(); err != nil {
					t.Fatal(err)
				}
				if err := s.Apply([]cluster.Record{put("a", "4")}); !errors.Is(err, ErrClosed) {
					t.Fatalf("Apply when closed: %v", err)
				}
				s = open(t, dir, Options{Durability: durability, LogSize: size})
				if s.Database() != id || id == "" {
					t.Fatalf("database %q became %q", id, s.Database())
				}
			}
			info, err := os.Stat(dir)
			if err != nil || info.Mode().Perm() != 0o700 {
				t.Errorf("directory %v %v", info.Mode(), err)
			}
		}
	}
}

// TestModel compares the store, reopened at any moment, with a map.
func TestModel(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(r *rapid.T) {
		dir, err := os.MkdirTemp(t.TempDir(), "")
		if err != nil {
			t.Fatal(err)
		}
		opts := Options{Node: 1, Durability: Process, LogSize: 2048}
		s, err := Open(dir, opts)
		if err != nil {
			r.Fatal(err)
		}
		want := map[string]string{}
		for range rapid.IntRange(1, 40).Draw(r, "steps") {
			if rapid.IntRange(0, 9).Draw(r, "reopen") == 0 {
				if err := s.Close(); err != nil {
					r.Fatal(err)
				}
				if s, err = Open(dir, opts); err != nil {
					r.Fatal(err)
				}
			}
			var batch []cluster.Record
			for range rapid.IntRange(0, 5).Draw(r, "batch") {
				k := rapid.StringMatching("[a-f]").Draw(r, "key")
				if rapid.Bool().Draw(r, "delete") {
					batch = append(batch, del(k))
					delete(want, k)
					continue
				}
				v := strings.Repeat(k, rapid.IntRange(0, 900).Draw(r, "size"))
				batch = append(batch, put(k, v))
				want[k] = v
			}
			if err := s.Apply(batch); err != nil {
				r.Fatal(err)
			}
			got := load(t, s)
			if !maps.Equal(got, want) {
				r.Fatal(cmp.Diff(want, got))
			}
		}
		if err := s.Close(); err != nil {
			r.Fatal(err)
		}
	})
}

func TestRefusals(t *testing.T) {
	t.Parallel()
	t.Run("in use", func(t *testing.T) {
		t.Parallel()
		dir := t.TempDir()
		open(t, dir, Options{})
		if _, err := Open(dir, Options{Node: 3}); !errors.Is(err, ErrInUse) || !strings.Contains(err.Error(), "node3.db") {
			t.Errorf("got %v", err)
		}
	})
	t.Run("symbolic link", func(t *testing.T) {
		t.Parallel()
		real, link := t.TempDir(), filepath.Join(t.TempDir(), "link")
		if err := os.Symlink(real, link); err != nil {
			t.Skip(err)
		}
		if _, err := Open(link, Options{Node: 3}); !errors.Is(err, ErrSymlink) {
			t.Errorf("directory: %v", err)
		}
		for _, name := range []string{"node3.db", "node3.log"} {
			dir := t.TempDir()
			if err := os.Symlink("/etc/passwd", filepath.Join(dir, name)); err != nil {
				t.Fatal(err)
			}
			if _, err := Open(dir, Options{Node: 3}); !errors.Is(err, ErrSymlink) {
				t.Errorf("%s: %v", name, err)
			}
		}
		// A symbolic link at the place of a temporary file is not followed either.
		dir := t.TempDir()
		target := filepath.Join(t.TempDir(), "target")
		if err := os.Symlink(target, filepath.Join(dir, "node3.spare")); err != nil {
			t.Fatal(err)
		}
		if _, err := Open(dir, Options{Node: 3}); err == nil {
			t.Error("wrote through a link")
		}
		if _, err := os.Stat(target); err == nil {
			t.Error("the link's target was created")
		}
	})
	t.Run("deleted under us", func(t *testing.T) {
		t.Parallel()
		dir := filepath.Join(t.TempDir(), "d")
		s := open(t, dir, Options{})
		apply(t, s, put("a", "1"))
		if err := os.RemoveAll(dir); err != nil {
			t.Skip(err)
		}
		for range 2 {
			if err := s.Apply([]cluster.Record{put("a", "2")}); !errors.Is(err, ErrGone) {
				t.Errorf("got %v", err)
			}
		}
	})
	t.Run("one of two files", func(t *testing.T) {
		t.Parallel()
		for _, name := range []string{"node3.db", "node3.log"} {
			dir := t.TempDir()
			s := open(t, dir, Options{})
			apply(t, s, put("a", "1"))
			_ = s.Close()
			if err := os.Remove(filepath.Join(dir, name)); err != nil {
				t.Fatal(err)
			}
			if _, err := Open(dir, Options{Node: 3}); !errors.Is(err, ErrDamaged) || !strings.Contains(err.Error(), name) {
				t.Errorf("without %s: %v", name, err)
			}
		}
	})
	t.Run("no directory", func(t *testing.T) {
		t.Parallel()
		file := filepath.Join(t.TempDir(), "file")
		if err := os.WriteFile(file, nil, 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := Open(filepath.Join(file, "d"), Options{Node: 3}); err == nil {
			t.Error("opened in a file")
		}
	})
	t.Run("unusable key", func(t *testing.T) {
		t.Parallel()
		s := open(t, t.TempDir(), Options{})
		if err := s.Apply([]cluster.Record{put("", "1")}); err == nil {
			t.Error("no key accepted")
		}
		apply(t, s, put("a", "1"))
	})
}

// TestKill kills a process during Apply, again and again. All acknowledged records must be
// there.
func TestKill(t *testing.T) {
	t.Parallel()
	rounds := 6
	if testing.Short() {
		rounds = 2
	}
	for _, durability := range []Durability{Disk, Process} {
		dir := t.TempDir()
		acked := 0
		for range rounds {
			cmd := exec.Command(os.Args[0], "-test.run=^TestChild$")
			cmd.Env = append(os.Environ(), "STORE_CHILD="+dir, "STORE_FROM="+strconv.Itoa(acked+1), "STORE_DURABILITY="+string(durability))
			out, err := cmd.StdoutPipe()
			if err != nil {
				t.Fatal(err)
			}
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			lines := bufio.NewScanner(out)
			for until := acked + 50 + rand.IntN(200); lines.Scan(); {
				n, err := strconv.Atoi(lines.Text())
				if err != nil {
					t.Fatalf("child: %s", lines.Text())
				}
				if acked = n; n == until {
					_ = cmd.Process.Kill()
				}
			}
			_ = cmd.Wait()
			s := open(t, dir, Options{LogSize: 16 << 10})
			got := load(t, s)
			for n := 1; n <= acked; n++ {
				if got[fmt.Sprint("a", n)] != fmt.Sprint(n) || got[fmt.Sprint("b", n)] != strings.Repeat("z", n%1000) {
					t.Fatalf("%s: write %d of %d is lost", durability, n, acked)
				}
			}
			for n := acked + 1; got[fmt.Sprint("a", n)] != ""; n++ {
				if _, ok := got[fmt.Sprint("b", n)]; !ok {
					t.Errorf("only a part of write %d is there", n)
				}
			}
			if err := s.Close(); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// TestChild is the other process of TestKill.
func TestChild(t *testing.T) {
	dir := os.Getenv("STORE_CHILD")
	if dir == "" {
		t.Skip("only as a child of TestKill")
	}
	s, err := Open(dir, Options{Node: 3, LogSize: 16 << 10, Durability: Durability(os.Getenv("STORE_DURABILITY"))})
	if err != nil {
		fmt.Println(err)
		return
	}
	from, _ := strconv.Atoi(os.Getenv("STORE_FROM"))
	for n := from; n < from+100000; n++ {
		if err := s.Apply([]cluster.Record{put(fmt.Sprint("a", n), fmt.Sprint(n)), put(fmt.Sprint("b", n), strings.Repeat("z", n%1000))}); err != nil {
			fmt.Println(err)
			return
		}
		fmt.Println(n)
	}
}

// TestADiskKnowsItsCluster: a store can only be opened with the nodes and the mode for which
// it was made, because the promises of a protocol depend on them.
func TestADiskKnowsItsCluster(t *testing.T) {
	t.Parallel()
	five := []cluster.NodeID{1, 2, 3, 4, 5}
	made := Options{Node: 3, Mode: "CP", Members: five, LogSize: 4 << 10}
	dir := t.TempDir()
	s := open(t, dir, made)
	for n := range 100 { // causes folds, which must keep the mark of the cluster
		apply(t, s, put(fmt.Sprint(n), strings.Repeat("v", 100)))
	}
	_ = s.Close()
	refused := func(dir string, opts Options) {
		t.Helper()
		opts.Node, opts.LogSize = 3, 4<<10
		before := snapshot(t, dir)
		_, err := Open(dir, opts)
		if !errors.Is(err, ErrOtherCluster) || !strings.Contains(err.Error(), "node3.db") || !strings.Contains(err.Error(), "node 3 of 1, 2, 3, 4, 5 in mode CP") {
			t.Errorf("%+v: %v", opts, err)
		}
		if !equalFiles(before, snapshot(t, dir)) {
			t.Errorf("%+v: it changed the files", opts)
		}
	}
	refused(dir, Options{Mode: "CP", Members: []cluster.NodeID{1, 2, 3}})
	refused(dir, Options{Mode: "CA", Members: five})
	made.Members = []cluster.NodeID{5, 4, 3, 2, 1}
	if got := load(t, open(t, dir, made)); len(got) != 100 {
		t.Errorf("its own cluster reads %d of 100 records", len(got))
	}

	// The files of one node have the name of another node.
	files := snapshot(t, dir)
	other := t.TempDir()
	for _, what := range []string{"db", "log"} {
		if err := os.WriteFile(filepath.Join(other, "node4."+what), files["node3."+what], 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := Open(other, Options{Node: 4, Mode: "CP", Members: five}); !errors.Is(err, ErrOtherCluster) {
		t.Errorf("as another node: %v", err)
	}

	// A store from before the marks belongs to the first cluster that opens it.
	dir = t.TempDir()
	s = open(t, dir, Options{})
	apply(t, s, put("a", "1"))
	_ = s.Close()
	s = open(t, dir, Options{Mode: "CP", Members: five})
	if got := load(t, s); got["a"] != "1" {
		t.Errorf("a store from before the marks: %v", got)
	}
	_ = s.Close()
	refused(dir, Options{Mode: "AP", Members: five})
}

// TestOneProcessAtATime: a second process reads and changes nothing, although the log looks as
// if its last write was cut off.
func TestOneProcessAtATime(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := open(t, dir, Options{})
	apply(t, s, put("a", "1"))
	half := encodeFrame(nil, kindRecords, make([]byte, 2000), s.log.end, s.log.head.gen)
	if _, err := s.log.file.WriteAt(half[:sector], s.log.end); err != nil {
		t.Fatal(err)
	}
	before := snapshot(t, dir)
	if _, err := Open(dir, Options{Node: 3}); !errors.Is(err, ErrInUse) || !strings.Contains(err.Error(), "node3.db") {
		t.Errorf("the second process got %v", err)
	}
	if !equalFiles(before, snapshot(t, dir)) {
		t.Error("the second process changed the files of the first")
	}
	// The store of another node in the same directory can be opened.
	four, err := Open(dir, Options{Node: 4})
	if err != nil {
		t.Fatal(err)
	}
	_ = four.Close()
	_ = s.Close()
	if got := load(t, open(t, dir, Options{})); got["a"] != "1" {
		t.Errorf("afterwards: %v", got)
	}
}

var largeMiB = flag.Int("store.large", 0, "BenchmarkStandstill fills the database with so many MiB first")

// BenchmarkStandstill writes values of 100 bytes into a large database, and reports the
// longest time of an Apply. The node's loop stands still for this time. Each Apply has 64
// writes, as in a turn of a loaded node.
//
//	go test ./cluster/store -run - -bench Standstill -benchtime 200000x -store.large 500
func BenchmarkStandstill(b *testing.B) {
	if *largeMiB == 0 {
		b.Skip("-store.large is not set")
	}
	s := open(b, b.TempDir(), Options{Durability: Process})
	mib := strings.Repeat("v", 1<<10)
	for n := range *largeMiB {
		records := make([]cluster.Record, 1<<10)
		for i := range records {
			records[i] = put(fmt.Sprintf("key%09d", n<<10+i), mib)
		}
		apply(b, s, records...)
	}
	time.Sleep(5 * time.Second) // for the fold of these writes
	b.ResetTimer()
	var longest time.Duration
	var slow int
	for n := 0; n < b.N; n += 64 {
		time.Sleep(5 * time.Millisecond) // 12,800 records a second: more than a node writes
		records := make([]cluster.Record, 64)
		for i := range records {
			records[i] = put(fmt.Sprintf("key%09d", rand.IntN(*largeMiB<<10)), strings.Repeat("w", 100))
		}
		began := time.Now()
		apply(b, s, records...)
		took := time.Since(began)
		longest = max(longest, took)
		if took > 50*time.Millisecond {
			slow++
		}
	}
	b.ReportMetric(float64(longest.Microseconds())/1000, "ms-longest")
	b.ReportMetric(float64(slow), "over-50ms")
}

func BenchmarkApply(b *testing.B) {
	s := open(b, b.TempDir(), Options{})
	val, err := json.Marshal(strings.Repeat("v", 300))
	if err != nil {
		b.Fatal(err)
	}
	var worst time.Duration
	for i := 0; b.Loop(); i++ {
		t := time.Now()
		if err := s.Apply([]cluster.Record{{Key: fmt.Sprint("key", i*7919%100003), Val: val}}); err != nil {
			b.Fatal(err)
		}
		worst = max(worst, time.Since(t))
	}
	b.ReportMetric(float64(worst.Microseconds()), "µs-worst")
}

// BenchmarkBbolt measures what Apply would cost with bbolt alone. This cost is the reason for
// the log. To compare, run five of each benchmark at once, as the nodes of a cluster do.
func BenchmarkBbolt(b *testing.B) {
	db, err := bolt.Open(filepath.Join(b.TempDir(), "db"), 0o600, nil)
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	val := []byte(strings.Repeat("v", 300))
	for i := 0; b.Loop(); i++ {
		err := db.Update(func(tx *bolt.Tx) error {
			bucket, err := tx.CreateBucketIfNotExists(recordsBucket)
			if err != nil {
				return err
			}
			return bucket.Put(fmt.Append(nil, "key", i*7919%100003), val)
		})
		if err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkFold folds one full log after another, without syncs. Of the keys a half ascends, as
// the operations in CP do, and a half is random, as the transactions in CA are.
//
//	GOMAXPROCS=1 go test ./cluster/store -run - -bench Fold -benchtime 20x
func BenchmarkFold(b *testing.B) {
	s := open(b, b.TempDir(), Options{Durability: Process})
	val := []byte(strings.Repeat("v", 60))
	n, random := 0, rand.New(rand.NewPCG(1, 2))
	for gen := uint64(2); b.Loop(); gen++ {
		b.StopTimer()
		var log changes
		for size := int64(0); size < DefaultLogSize; size += 220 { // of the frame of both
			log.add(fmt.Sprintf("op/%08d", n), val)
			log.add(fmt.Sprintf("f/%016x-%016x", random.Uint64(), random.Uint64()), val)
			n++
		}
		b.StartTimer()
		if err := s.writeDB(log, gen); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkCreate(b *testing.B) {
	for b.Loop() {
		s := open(b, b.TempDir(), Options{})
		_ = s.Close()
	}
}

func BenchmarkReopen(b *testing.B) {
	dir := b.TempDir()
	for b.Loop() {
		s := open(b, dir, Options{})
		_ = s.Close()
	}
}

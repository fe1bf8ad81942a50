package store

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	bolt "go.etcd.io/bbolt"

	"capplayground/cluster"
)

// Durability says what a record must survive before Apply returns.
type Durability string

// The durabilities.
const (
	Disk    Durability = "disk"    // power loss: it is synced
	Process Durability = "process" // any end of the process: the kernel has the data
)

// ParseDurability reads a Durability by its name.
func ParseDurability(s string) (Durability, error) {
	switch d := Durability(s); d {
	case Disk, Process:
		return d, nil
	}
	return "", fmt.Errorf("unknown durability %q (want disk or process)", s)
}

// The ways in which a store is unusable. The error's text names the file.
var (
	ErrDamaged = errors.New("damaged") // cut short, changed, or a part of it gone
	ErrInUse   = errors.New("in use by another process")
	// ErrOtherCluster is returned for a store that was made for another node,
	// another mode or other members.
	ErrOtherCluster = errors.New("made for another cluster")
	ErrSymlink      = errors.New("is a symbolic link")
	ErrGone         = errors.New("deleted under the running node")
	ErrClosed       = errors.New("store is closed")
)

// Options are the ways to open a store.
type Options struct {
	Node       cluster.NodeID // names the files: node3.db, node3.log
	Durability Durability     // "" is Disk
	// Mode and Members describe the node's cluster. The promises of a protocol hold
	// for its members only, so a store that was made for another cluster is refused
	// with ErrOtherCluster. A store of an early version names no cluster: it belongs
	// to the first cluster that opens it. Mode "" turns this check off.
	Mode    cluster.Mode
	Members []cluster.NodeID
	// LogSize is the usual size of the log of node 3, in bytes; 0 is DefaultLogSize. The
	// other nodes have a little less or more, see logSize. A log that exists keeps its
	// size until it is folded.
	LogSize int64
	// Beside calls the work in the background, which computes and waits for the disk, and
	// returns after it. A process with one thread for Go code needs a second one for it, or
	// its other goroutines wait. nil: the work is only called.
	Beside func(work func())
}

// DefaultLogSize is large enough that folds are rare, and small enough that
// five nodes still start at once.
const DefaultLogSize = 2 << 20

// Store is one node's disk. Its methods are safe for concurrent use; each waits for the
// one before it.
type Store struct {
	dir  string
	opts Options

	lock *os.File // held while the store is open

	mu sync.Mutex
	db *bolt.DB
	// pending has the changes since the log began. folding has those of the old log, whose
	// records are being folded.
	log     *wal
	pending changes
	folding changes
	fold    chan struct{} // closed when the work in the background ends; nil for none
	spare   int64         // the size of the log that comes next; 0 for none
	// beforeFold is called in the background before each fold; nil for nothing.
	// Tests hold a fold up with it.
	beforeFold func()
	// failed is the first error of a write. After it the content of the disk is not
	// known (a failed sync drops the pages that it could not write), so the store
	// acknowledges nothing more.
	failed error
}

// Open opens node's store in dir, and creates both where they are missing. It
// returns ErrDamaged, ErrInUse, ErrSymlink, ErrOtherCluster or the system's error.
// Before it has the lock it reads and changes nothing.
func Open(dir string, opts Options) (*Store, error) {
	if opts.Durability == "" {
		opts.Durability = Disk
	}
	if opts.LogSize == 0 {
		opts.LogSize = DefaultLogSize
	}
	if opts.Beside == nil {
		opts.Beside = func(work func()) { work() }
	}
	s := &Store{dir: dir, opts: opts}
	if err := s.prepare(); err != nil {
		return nil, err
	}
	var err error
	if s.lock, err = lockFile(s.lockPath()); err != nil {
		return nil, fmt.Errorf("%s: %w", s.dbPath(), err)
	}
	if err := s.recover(); err != nil {
		_ = s.Close()
		return nil, err
	}
	return s, nil
}

// Database is the name of this database. It was drawn when the database was created.
func (s *Store) Database() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.log.head.database
}

// Load returns every record, ascending by key.
func (s *Store) Load() ([]cluster.Record, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.usable(); err != nil {
		return nil, err
	}
	newer := make(map[string][]byte)
	for _, c := range slices.Concat(s.folding, s.pending) {
		newer[c.key] = c.val
	}
	var all []cluster.Record
	err := guarded(s.dbPath(), func() error {
		return s.db.View(func(tx *bolt.Tx) error {
			return tx.Bucket(recordsBucket).ForEach(func(k, v []byte) error {
				if _, changed := newer[string(k)]; !changed {
					all = append(all, cluster.Record{Key: string(k), Val: append([]byte{}, v...)})
				}
				return nil
			})
		})
	})
	if err != nil {
		return nil, err
	}
	for k, v := range newer {
		if v != nil {
			all = append(all, cluster.Record{Key: k, Val: append([]byte{}, v...)})
		}
	}
	slices.SortFunc(all, func(a, b cluster.Record) int { return strings.Compare(a.Key, b.Key) })
	return all, nil
}

// Apply makes the records durable, all or none, in their order. After an error
// the store refuses everything; what was acknowledged before is still there
// for the next Open.
func (s *Store) Apply(records []cluster.Record) error {
	delay, err := s.applyLocked(records)
	time.Sleep(delay)
	return err
}

// applyLocked is Apply, but for the delay that the fold wants.
func (s *Store) applyLocked(records []cluster.Record) (delay time.Duration, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.usable(); err != nil {
		return 0, err
	}
	if len(records) == 0 {
		return 0, nil
	}
	for _, r := range records {
		if r.Key == "" || len(r.Key) > bolt.MaxKeySize {
			return 0, fmt.Errorf("a record's key has %d bytes, want 1 to %d", len(r.Key), bolt.MaxKeySize)
		}
	}
	if err := s.apply(records); err != nil {
		s.failed = err
	}
	return s.delay(), s.failed
}

func (s *Store) apply(records []cluster.Record) error {
	payload := encodeRecords(records)
	if size := frameSize(int64(len(payload))); !s.log.fits(size) {
		if err := s.makeRoom(size); err != nil {
			return err
		}
	}
	if err := s.log.append(kindRecords, payload); err != nil {
		return err
	}
	n := 0
	err := eachRecord(payload, func(_, val []byte) {
		s.pending.add(records[n].Key, val)
		n++
	})
	if err != nil {
		return err
	}
	s.prepareSpare(0)
	return s.exists()
}

// mark is the text by which a store knows its cluster; it stands in errors as well.
func (o Options) mark() string {
	if o.Mode == "" {
		return ""
	}
	members := slices.Sorted(slices.Values(o.Members))
	text := make([]string, len(members))
	for i, m := range members {
		text[i] = strconv.Itoa(int(m))
	}
	return fmt.Sprintf("node %d of %s in mode %s", o.Node, strings.Join(text, ", "), o.Mode)
}

// checkCluster refuses the store of another cluster. One that does not know its
// cluster yet takes this one for its own.
func (s *Store) checkCluster() error {
	was, is := s.log.head.cluster, s.opts.mark()
	switch {
	case is == "" || was == is:
		return nil
	case was == "":
		h := s.log.head
		h.cluster = is
		if err := s.log.setHead(h); err != nil {
			return err
		}
		s.log.head = h
		return nil
	}
	return fmt.Errorf("%s: %w: it is of %s, and would be opened as %s; start the node with the mode and the --peers that it was made with, or name another --data-dir", s.dbPath(), ErrOtherCluster, was, is)
}

// exists returns ErrGone if the log was deleted: data that is written to it now would
// be lost with the process.
func (s *Store) exists() error {
	if deleted(s.log.file) {
		return fmt.Errorf("%s: %w", s.logPath(), ErrGone)
	}
	return nil
}

func (s *Store) usable() error {
	if s.failed != nil {
		return s.failed
	}
	if s.db == nil { // Close was called
		return ErrClosed
	}
	return nil
}

// Close releases the files. It writes nothing, because everything that was acknowledged
// is durable.
func (s *Store) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	var errs []error
	if s.log != nil {
		_ = s.waitForBackground() // its error is in failed
		if err := s.log.file.Close(); !errors.Is(err, fs.ErrClosed) {
			errs = append(errs, err)
		}
	}
	if s.db != nil {
		errs = append(errs, s.db.Close())
	}
	if s.lock != nil {
		errs = append(errs, s.lock.Close())
	}
	s.db, s.lock = nil, nil
	return errors.Join(errs...)
}

func (s *Store) dbPath() string    { return s.path("db") }
func (s *Store) logPath() string   { return s.path("log") }
func (s *Store) oldPath() string   { return s.path("old") }
func (s *Store) sparePath() string { return s.path("spare") }
func (s *Store) lockPath() string  { return s.path("lock") }

func (s *Store) path(what string) string {
	return filepath.Join(s.dir, fmt.Sprintf("node%d.%s", s.opts.Node, what))
}

// prepare makes the directory, which only its owner may read, and refuses
// symbolic links in the place of files.
func (s *Store) prepare() error {
	if err := os.MkdirAll(s.dir, 0o700); err != nil {
		return err
	}
	for _, path := range []string{s.dir, s.dbPath(), s.logPath(), s.oldPath(), s.lockPath()} {
		info, err := os.Lstat(path)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return err
		}
		if info.Mode()&fs.ModeSymlink != 0 {
			return fmt.Errorf("%s %w", path, ErrSymlink)
		}
	}
	return nil
}

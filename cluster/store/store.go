package store

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	bolt "go.etcd.io/bbolt"

	"capplayground/cluster"
)

// Durability says what a record must survive before Apply returns.
type Durability string

// The durabilities.
const (
	Disk    Durability = "disk"    // power loss: it is synced
	Process Durability = "process" // the end of the process, by whatever means: the kernel has it
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
	ErrSymlink = errors.New("is a symbolic link")
	ErrGone    = errors.New("deleted under the running node")
	ErrClosed  = errors.New("store is closed")
)

// Options are the ways to open a store.
type Options struct {
	Node       cluster.NodeID // names the files: node3.db, node3.log
	Durability Durability     // "" is Disk
	// LogSize is the room in the log, in bytes; 0 is DefaultLogSize. A log
	// that exists keeps its size until it is folded.
	LogSize int64
}

// DefaultLogSize is large enough that folds are rare, and small enough that
// five nodes still start at once.
const DefaultLogSize = 2 << 20

// Store is one node's disk. Its methods are safe for concurrent use, one at a
// time.
type Store struct {
	dir  string
	opts Options

	mu sync.Mutex
	db *bolt.DB
	// log holds what changed since the database's generation, and pending the
	// same by key: the latest value of each.
	log     *wal
	pending map[string][]byte
	// failed is the first error of a write. After it nobody knows what the
	// disk holds (a failed sync drops the pages that it could not write), so
	// nothing more is acknowledged.
	failed error
}

// Open opens node's store in dir, and creates both where they are missing. It
// returns ErrDamaged, ErrInUse, ErrSymlink or the system's error.
func Open(dir string, opts Options) (*Store, error) {
	if opts.Durability == "" {
		opts.Durability = Disk
	}
	if opts.LogSize == 0 {
		opts.LogSize = DefaultLogSize
	}
	s := &Store{dir: dir, opts: opts, pending: map[string][]byte{}}
	if err := s.prepare(); err != nil {
		return nil, err
	}
	if err := s.recover(); err != nil {
		_ = s.Close()
		return nil, err
	}
	return s, nil
}

// Database names this database: it is made with it.
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
	var all []cluster.Record
	err := guarded(s.dbPath(), func() error {
		return s.db.View(func(tx *bolt.Tx) error {
			return tx.Bucket(recordsBucket).ForEach(func(k, v []byte) error {
				if _, newer := s.pending[string(k)]; !newer {
					all = append(all, cluster.Record{Key: string(k), Val: append([]byte{}, v...)})
				}
				return nil
			})
		})
	})
	if err != nil {
		return nil, err
	}
	for k, v := range s.pending {
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
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.usable(); err != nil {
		return err
	}
	if len(records) == 0 {
		return nil
	}
	for _, r := range records {
		if r.Key == "" || len(r.Key) > bolt.MaxKeySize {
			return fmt.Errorf("a record's key has %d bytes, want 1 to %d", len(r.Key), bolt.MaxKeySize)
		}
	}
	s.failed = s.apply(records)
	return s.failed
}

func (s *Store) apply(records []cluster.Record) error {
	frame := encodeRecords(records)
	if !s.log.fits(frame) {
		if err := s.fold(); err != nil {
			return err
		}
	}
	if !s.log.fits(frame) {
		// Larger than a whole log: the database takes it by itself.
		s.remember(records)
		return s.fold()
	}
	if err := s.log.append(kindRecords, frame); err != nil {
		return err
	}
	s.remember(records)
	return s.exists()
}

func (s *Store) remember(records []cluster.Record) {
	for _, r := range records {
		if r.Val == nil {
			s.pending[r.Key] = nil
			continue
		}
		s.pending[r.Key] = append([]byte{}, r.Val...)
	}
}

// exists returns ErrGone when a file was deleted: what is written to it now
// would be lost with the process.
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
	if s.db == nil || s.log == nil {
		return ErrClosed
	}
	return nil
}

// Close releases the files. Nothing needs to be written: all that was
// acknowledged is durable.
func (s *Store) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	var errs []error
	if s.log != nil {
		if err := s.log.file.Close(); !errors.Is(err, fs.ErrClosed) {
			errs = append(errs, err)
		}
	}
	if s.db != nil {
		errs = append(errs, s.db.Close())
	}
	if s.failed == nil {
		s.failed = ErrClosed
	}
	s.db = nil
	return errors.Join(errs...)
}

func (s *Store) dbPath() string  { return filepath.Join(s.dir, fmt.Sprintf("node%d.db", s.opts.Node)) }
func (s *Store) logPath() string { return filepath.Join(s.dir, fmt.Sprintf("node%d.log", s.opts.Node)) }

// prepare makes the directory, for nobody else's eyes, and looks that nobody
// put a link in the way.
func (s *Store) prepare() error {
	if err := os.MkdirAll(s.dir, 0o700); err != nil {
		return err
	}
	for _, path := range []string{s.dir, s.dbPath(), s.logPath()} {
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

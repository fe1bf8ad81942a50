package store

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"runtime/debug"
	"slices"
	"time"

	"github.com/google/uuid"
	bolt "go.etcd.io/bbolt"
	bolterrors "go.etcd.io/bbolt/errors"
)

// The database's buckets.
var (
	recordsBucket = []byte("records")
	metaBucket    = []byte("meta")
	genKey        = []byte("generation")
)

// lockWait is how long Open waits for a process that is on its way out.
const lockWait = 2 * time.Second

// recover opens what is there, or creates it. A store is created in this
// order: the database under a temporary name, the log, the database's name. So
// a log without a database is either a creation that was cut off, when nothing
// had been acknowledged, or a loss.
func (s *Store) recover() error {
	_, dbErr := os.Lstat(s.dbPath())
	_, logErr := os.Lstat(s.logPath())
	switch noDB, noLog := errors.Is(dbErr, fs.ErrNotExist), errors.Is(logErr, fs.ErrNotExist); {
	case noDB && noLog:
		return s.create()
	case noLog:
		return damaged(s.logPath(), "missing beside its database")
	case noDB:
		return s.finishCreation()
	}
	return s.reopen()
}

func (s *Store) create() error {
	if err := s.remove(s.newDB()); err != nil {
		return err
	}
	db, err := s.openDB(s.newDB())
	if err != nil {
		return err
	}
	db.NoSync = true // once, below, for all of it
	err = db.Update(func(tx *bolt.Tx) error {
		if _, err := tx.CreateBucket(recordsBucket); err != nil {
			return err
		}
		meta, err := tx.CreateBucket(metaBucket)
		if err != nil {
			return err
		}
		return meta.Put(genKey, binary.BigEndian.AppendUint64(nil, 1))
	})
	if err == nil && s.durable() {
		err = db.Sync()
	}
	if err = errors.Join(err, db.Close()); err != nil {
		return err
	}
	log, err := s.newLog(head{gen: 1, database: uuid.NewString()}, s.newDB())
	if err != nil {
		return err
	}
	if err := log.file.Close(); err != nil {
		return err
	}
	return s.finishCreation()
}

// finishCreation gives the new database its name, if it and the log under it
// are just as create left them.
func (s *Store) finishCreation() error {
	empty := true
	log, _, err := openLog(s.logPath(), s.durable(), func([]byte) error { empty = false; return nil })
	if err != nil {
		return err
	}
	defer func() { _ = log.file.Close() }()
	if !empty || log.head.gen != 1 || checkSum(s.newDB(), log.head) != nil {
		return damaged(s.dbPath(), "missing beside its log")
	}
	if err := os.Rename(s.newDB(), s.dbPath()); err != nil {
		return err
	}
	if err := s.syncDir(); err != nil {
		return err
	}
	return s.reopen()
}

// reopen opens both files and verifies one by the other.
func (s *Store) reopen() error {
	log, folding, err := openLog(s.logPath(), s.durable(), func(payload []byte) error {
		records, err := decodeRecords(payload)
		s.remember(records)
		return err
	})
	if err != nil {
		return err
	}
	s.log = log
	if !folding {
		if err := checkSum(s.dbPath(), log.head); err != nil {
			return err
		}
	}
	var gen uint64
	err = guarded(s.dbPath(), func() error {
		if s.db, err = s.openDB(s.dbPath()); err != nil {
			return err
		}
		return s.db.View(func(tx *bolt.Tx) error {
			meta, records := tx.Bucket(metaBucket), tx.Bucket(recordsBucket)
			if meta == nil || records == nil || len(meta.Get(genKey)) != 8 {
				return damaged(s.dbPath(), "not a node's database")
			}
			gen = binary.BigEndian.Uint64(meta.Get(genKey))
			if !folding {
				return nil
			}
			// No checksum of ours holds now: touch every page, here, where
			// what goes wrong can be caught (Tx.Check has its own goroutine).
			return records.ForEach(func(_, _ []byte) error { return nil })
		})
	})
	switch {
	case err != nil:
		return err
	case folding && gen == log.head.gen+1:
		// The database has it all; only the new log is missing.
		clear(s.pending)
		return s.startLog(gen)
	case gen != log.head.gen:
		return damaged(s.dbPath(), fmt.Sprintf("of generation %d, its log of %d", gen, log.head.gen))
	case folding:
		return s.foldMarked()
	}
	return nil
}

// fold brings the log's changes into the database and starts a fresh log. The
// mark says to the next Open, should this be cut off, that the database may be
// of either generation.
func (s *Store) fold() error {
	if err := s.log.append(kindFold, nil); err != nil {
		return err
	}
	return s.foldMarked()
}

func (s *Store) foldMarked() error {
	gen := s.log.head.gen + 1
	err := guarded(s.dbPath(), func() error {
		s.db.NoSync = !s.durable()
		return s.db.Update(func(tx *bolt.Tx) error {
			records := tx.Bucket(recordsBucket)
			for _, k := range slices.Sorted(maps.Keys(s.pending)) {
				v, err := s.pending[k], error(nil)
				if v == nil {
					err = records.Delete([]byte(k))
				} else {
					err = records.Put([]byte(k), v)
				}
				if err != nil {
					return err
				}
			}
			return tx.Bucket(metaBucket).Put(genKey, binary.BigEndian.AppendUint64(nil, gen))
		})
	})
	if err != nil {
		return err
	}
	if err := s.exists(); err != nil {
		return err
	}
	clear(s.pending)
	return s.startLog(gen)
}

// startLog puts an empty log of this generation in the place of the present
// one, which the database has swallowed.
func (s *Store) startLog(gen uint64) error {
	// Closed first: not every system renames over an open file.
	if err := s.log.file.Close(); err != nil {
		return err
	}
	log, err := s.newLog(head{gen: gen, database: s.log.head.database}, s.dbPath())
	if err != nil {
		return err
	}
	s.log = log
	return nil
}

// newLog creates the log that lies over the database at dbPath.
func (s *Store) newLog(h head, dbPath string) (*wal, error) {
	var err error
	h.size = max(s.opts.LogSize, 2*sector)
	if h.dbSize, h.dbSum, err = sumOf(dbPath); err != nil {
		return nil, err
	}
	temp := s.logPath() + ".new"
	if err := createLog(temp, h, s.durable()); err != nil {
		return nil, err
	}
	if err := os.Rename(temp, s.logPath()); err != nil {
		return nil, err
	}
	if err := s.syncDir(); err != nil {
		return nil, err
	}
	file, err := openForLog(s.logPath(), s.durable())
	if err != nil {
		return nil, err
	}
	return &wal{file: file, head: h, end: sector, sync: s.durable()}, nil
}

func (s *Store) durable() bool { return s.opts.Durability == Disk }

func (s *Store) newDB() string { return s.dbPath() + ".new" }

func (s *Store) remove(path string) error {
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

// syncDir makes names durable.
func (s *Store) syncDir() error {
	if !s.durable() {
		return nil
	}
	return syncDirectory(filepath.Dir(s.dbPath()))
}

func (s *Store) openDB(path string) (*bolt.DB, error) {
	db, err := bolt.Open(path, 0o600, &bolt.Options{
		Timeout:      lockWait,
		FreelistType: bolt.FreelistMapType,
		NoGrowSync:   true, // its own syncs cover it
		OpenFile: func(name string, flag int, mode os.FileMode) (*os.File, error) {
			return os.OpenFile(name, flag|noFollow, mode)
		},
	})
	if errors.Is(err, bolterrors.ErrTimeout) {
		return nil, fmt.Errorf("%s: %w", path, ErrInUse)
	}
	return db, err
}

// checkSum compares the database at path with what its log says of it.
func checkSum(path string, h head) error {
	size, sum, err := sumOf(path)
	switch {
	case err != nil:
		return err
	case size != h.dbSize:
		return damaged(path, fmt.Sprintf("%d bytes long, should be %d", size, h.dbSize))
	case sum != h.dbSum:
		return damaged(path, "wrong checksum")
	}
	return nil
}

// sumOf reads a whole file.
func sumOf(path string) (size int64, sum uint32, err error) {
	file, err := os.OpenFile(path, os.O_RDONLY|noFollow, 0)
	if err != nil {
		return 0, 0, err
	}
	defer func() { _ = file.Close() }()
	hash := crc32.New(castagnoli)
	size, err = io.Copy(hash, file)
	return size, hash.Sum32(), err
}

// guarded runs f, in which bbolt reads the file at path through memory that is
// mapped to it, and turns what a damaged or truncated file does to it, a panic
// or a fault, into ErrDamaged.
func guarded(path string, f func() error) (err error) {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		if p := recover(); p != nil {
			err = damaged(path, fmt.Sprint(p))
		}
	}()
	err = f()
	if errors.Is(err, bolterrors.ErrInvalid) || errors.Is(err, bolterrors.ErrChecksum) || errors.Is(err, bolterrors.ErrVersionMismatch) {
		return damaged(path, err.Error())
	}
	return err
}

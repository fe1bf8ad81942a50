package store

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"io/fs"
	"os"
	"runtime/debug"
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

// lockWait is how long Open waits for a process that is ending. lockRetry is the time
// between two attempts.
const (
	lockWait  = 2 * time.Second
	lockRetry = 20 * time.Millisecond
)

// recover opens the store, or creates it. A store is created in this order: the
// database under a temporary name, the log, the database's name. So there are two
// reasons for a log without a database: the creation was cut off, before anything was
// acknowledged, or the database was lost.
func (s *Store) recover() error {
	if err := s.finishRenames(); err != nil {
		return err
	}
	noDB, noLog := missing(s.dbPath()), missing(s.logPath())
	switch {
	case noDB && noLog:
		return s.create()
	case noLog:
		return damaged(s.logPath(), "missing beside its database")
	case noDB:
		return s.finishCreation()
	}
	return s.reopen()
}

func missing(path string) bool {
	_, err := os.Lstat(path)
	return errors.Is(err, fs.ErrNotExist)
}

// finishRenames undoes the first half of a change of logs that was cut off
// between its two halves: the new log had no name and no frame yet.
func (s *Store) finishRenames() error {
	if missing(s.oldPath()) || !missing(s.logPath()) {
		return nil
	}
	return s.rename(s.oldPath(), s.logPath())
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
	h := head{gen: 1, size: s.logSize(0), database: uuid.NewString(), cluster: s.opts.mark()}
	if h.dbSize, h.dbSum, err = sumOf(s.newDB()); err != nil {
		return err
	}
	if err := s.installLog(h); err != nil {
		return err
	}
	return s.finishCreation()
}

// installLog creates a log and gives it its name.
func (s *Store) installLog(h head) error {
	if err := createLog(s.sparePath(), h, s.durable()); err != nil {
		return err
	}
	return s.rename(s.sparePath(), s.logPath())
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
	if err := s.rename(s.newDB(), s.dbPath()); err != nil {
		return err
	}
	return s.reopen()
}

// reopen opens the files and verifies them by each other.
func (s *Store) reopen() error {
	marked, err := s.readLogs()
	if err != nil {
		return err
	}
	if err := s.checkCluster(); err != nil {
		return err
	}
	verified := s.log.head.dbSize != unverified && !marked
	if verified {
		if err := checkSum(s.dbPath(), s.log.head); err != nil {
			return err
		}
	}
	gen, err := s.openRecords(!verified)
	if err != nil {
		return err
	}
	return s.settleGeneration(gen, marked)
}

// readLogs replays the old log, where there is one, and the log.
func (s *Store) readLogs() (marked bool, err error) {
	into := &s.pending
	replay := func(payload []byte) error {
		return eachRecord(payload, func(key, val []byte) { into.add(string(key), val) })
	}
	var oldEnd int64
	hasOld := !missing(s.oldPath())
	if hasOld {
		into = &s.folding
		old, _, err := openLog(s.oldPath(), s.durable(), replay)
		if err != nil {
			return false, err
		}
		oldEnd = old.end
		if err := old.file.Close(); err != nil {
			return false, err
		}
		into = &s.pending
	}
	s.log, marked, err = openLog(s.logPath(), s.durable(), replay)
	switch {
	case err != nil:
		return false, err
	case hasOld && oldEnd != s.log.head.oldEnd:
		return false, damaged(s.oldPath(), fmt.Sprintf("its frames end at byte %d, should end at %d", oldEnd, s.log.head.oldEnd))
	case !hasOld && s.log.head.dbSize == unverified:
		return false, damaged(s.oldPath(), "missing, although the database may not have its records")
	}
	return marked, nil
}

// openRecords opens the database and returns its generation. With touch it first reads
// every page, because a fault can be caught here.
func (s *Store) openRecords(touch bool) (gen uint64, err error) {
	err = guarded(s.dbPath(), func() error {
		if s.db, err = s.openDB(s.dbPath()); err != nil {
			return err
		}
		s.db.NoSync = !s.durable()
		return s.db.View(func(tx *bolt.Tx) error {
			meta, records := tx.Bucket(metaBucket), tx.Bucket(recordsBucket)
			if meta == nil || records == nil || len(meta.Get(genKey)) != 8 {
				return damaged(s.dbPath(), "not a node's database")
			}
			gen = binary.BigEndian.Uint64(meta.Get(genKey))
			if !touch {
				return nil
			}
			return records.ForEach(func(_, _ []byte) error { return nil })
		})
	})
	return gen, err
}

// settleGeneration completes a fold that was cut off: it brings the missing records
// into the database.
func (s *Store) settleGeneration(gen uint64, marked bool) error {
	want := s.log.head.gen
	hasOld := !missing(s.oldPath())
	switch {
	case marked && gen == want+1: // a log of an earlier version, which the database has
		s.pending.reset()
		return s.replaceLog(gen)
	case marked && gen == want:
		if err := s.writeDB(s.pending, gen+1); err != nil {
			return err
		}
		s.pending.reset()
		return s.replaceLog(gen + 1)
	case hasOld && gen == want-1:
		if err := s.writeDB(s.folding, want); err != nil {
			return err
		}
		return s.finishFold()
	case gen != want:
		return damaged(s.dbPath(), fmt.Sprintf("of generation %d, its log of %d", gen, want))
	case hasOld:
		return s.finishFold()
	}
	return nil
}

// replaceLog puts an empty log of this generation in the place of the present one,
// whose records are all in the database.
func (s *Store) replaceLog(gen uint64) (err error) {
	h := s.log.head
	h.gen = gen
	if h.dbSize, h.dbSum, err = sumOf(s.dbPath()); err != nil {
		return err
	}
	h.size = s.logSize(h.dbSize)
	// Closed first: not every system renames over an open file.
	if err := s.log.file.Close(); err != nil {
		return err
	}
	if err := s.installLog(h); err != nil {
		return err
	}
	s.log, _, err = openLog(s.logPath(), s.durable(), func([]byte) error { return nil })
	return err
}

func (s *Store) durable() bool { return s.opts.Durability == Disk }

func (s *Store) newDB() string { return s.dbPath() + ".new" }

func (s *Store) remove(path string) error {
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

// rename gives a file another name, which is durable then.
func (s *Store) rename(from, to string) error {
	if err := os.Rename(from, to); err != nil {
		return err
	}
	return s.syncDir()
}

// syncDir makes names durable.
func (s *Store) syncDir() error {
	if !s.durable() {
		return nil
	}
	return syncDirectory(s.dir)
}

// pageSize is the size of a page of a new database, in bytes. A fold changes nearly every
// page, and writes each by a call of its own. With pages of 16 KiB it needs fewer calls
// than with those of the system, which mostly have 4 KiB.
const pageSize = 16 << 10

func (s *Store) openDB(path string) (*bolt.DB, error) {
	db, err := bolt.Open(path, 0o600, &bolt.Options{
		Timeout:      lockWait,
		PageSize:     pageSize,
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
	size, err = io.CopyBuffer(struct{ io.Writer }{hash}, struct{ io.Reader }{file}, make([]byte, 256<<10))
	return size, hash.Sum32(), err
}

// guarded runs f, in which bbolt reads the file at path through mapped memory. A damaged
// or truncated file causes a panic or a fault there. guarded turns it into ErrDamaged.
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

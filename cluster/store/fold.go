package store

import (
	"encoding/binary"
	"os"
	"time"

	bolt "go.etcd.io/bbolt"
)

// A fold brings a full log into the database. Apply does not wait for it: it goes
// on in a fresh log, and another goroutine writes the database. A fold of a large
// database takes long, but Apply waits only while the logs change places.
//
//	node3.log -> node3.old, node3.spare -> node3.log     in Apply
//	the records of node3.old go into node3.db            in the background
//	size and checksum of node3.db go into node3.log      in the background
//	node3.old is removed                                 in the background
//	node3.spare is made                                  in the background, when node3.log is half full
//
// Until the third step the head of node3.log says that the database is
// unverified. Open completes a fold that was cut off anywhere.
//
// The work in the background runs in Options.Beside.
//
// Where the log is full before the work in the background has ended, the log grows
// by a step at a time (see grow). From slowFrom on Apply waits a little after each
// write, longer the longer the log is, so that the fold catches up. Only a log of
// mostGrowth times its usual size makes Apply wait for the fold.

// spread is how many times larger than its log a database may be. The checksum of the
// whole database is computed once for each log: so many bytes are read for each byte
// that was logged.
const spread = 16

// How much longer than usual a log may become while a fold is under way, and how
// long Apply waits at most for each write meanwhile.
const (
	growthStep = 1 << 20
	slowFrom   = 2
	mostGrowth = 16
	mostDelay  = 50 * time.Millisecond
)

// foldBatch is how many changes go into the database in one transaction. It bounds
// how many pages a transaction holds in memory.
const foldBatch = 4096

// logSize is the size of a log over a database of so many bytes. A fold slows its node
// down. In most modes all nodes write the same records, so logs of one size would be full
// at the same time, and all nodes would fold together. So each node has another size: 1.5,
// 1.75, 2, 2.25 MiB, and so on.
func (s *Store) logSize(dbSize int64) int64 {
	usual := max(s.opts.LogSize, dbSize/spread)
	return max(usual*(5+int64(s.opts.Node))/8, 2*sector)
}

// makeRoom makes room in the log for a frame of that size: in a fresh log where the
// next one is ready, and otherwise in this one.
func (s *Store) makeRoom(size int64) error {
	if s.fold == nil && s.spare >= sector+size {
		return s.changeLogs()
	}
	if s.log.end >= mostGrowth*s.logSize(s.log.head.dbSize) {
		if err := s.waitForBackground(); err != nil {
			return err
		}
	}
	s.prepareSpare(size)
	return s.log.grow(max(s.log.end+size-s.log.head.size, min(growthStep, s.opts.LogSize)))
}

// changeLogs makes the present log the old one, puts the spare one in its place,
// and starts a fold of the old one.
func (s *Store) changeLogs() error {
	h := s.log.head
	h.gen, h.size, h.dbSize, h.dbSum, h.oldEnd = h.gen+1, s.spare, unverified, 0, s.log.end
	log, err := s.takeSpare(h)
	if err != nil {
		return err
	}
	// Closed first: not every system renames an open file.
	if err := s.log.file.Close(); err != nil {
		return err
	}
	if err := os.Rename(s.logPath(), s.oldPath()); err != nil {
		return err
	}
	if err := os.Rename(s.sparePath(), s.logPath()); err != nil {
		return err
	}
	if err := s.syncDir(); err != nil {
		return err
	}
	if log.file, err = openForLog(s.logPath(), s.durable()); err != nil {
		return err
	}
	s.log, s.spare = log, 0
	s.folding, s.pending = s.pending, s.folding // which the last fold has emptied
	s.fold = make(chan struct{})
	go s.foldOld(s.fold, s.folding, h.gen)
	return nil
}

// delay is how long Apply waits after a write, for the fold to catch up.
func (s *Store) delay() time.Duration {
	if s.fold == nil {
		return 0
	}
	usual := float64(s.logSize(s.log.head.dbSize))
	behind := (float64(s.log.end)/usual - slowFrom) / (mostGrowth - slowFrom)
	return time.Duration(max(0, min(1, behind)) * float64(mostDelay))
}

// takeSpare makes the spare log the one with this head.
func (s *Store) takeSpare(h head) (*wal, error) {
	file, err := openForLog(s.sparePath(), s.durable())
	if err != nil {
		return nil, err
	}
	log := &wal{file: file, head: h, end: sector, sync: s.durable()}
	if err := log.setHead(h); err != nil {
		_ = file.Close()
		return nil, err
	}
	return log, file.Close()
}

// waitForBackground waits until no fold is under way and no spare is being made.
// The caller holds the lock.
func (s *Store) waitForBackground() error {
	for s.fold != nil {
		fold := s.fold
		s.mu.Unlock()
		<-fold
		s.mu.Lock()
	}
	return s.usable()
}

// foldOld brings the changes of the old log into the database, which is of
// generation gen then. It runs in the background, and closes done when it has ended.
func (s *Store) foldOld(done chan<- struct{}, old changes, gen uint64) {
	if s.beforeFold != nil {
		s.beforeFold()
	}
	var err error
	s.opts.Beside(func() {
		if err = s.writeDB(old, gen); err == nil {
			err = s.finishFold()
		}
	})
	s.mu.Lock()
	defer s.mu.Unlock()
	s.fold = nil
	if err != nil && s.failed == nil {
		s.failed = err
	}
	close(done)
}

// writeDB brings the changes of a log into the database, which is of generation gen then.
// The generation is written with the last of the changes. After a fold that was cut off
// before that, all changes are brought in again.
func (s *Store) writeDB(old changes, gen uint64) error {
	rest := old.newest()
	return guarded(s.dbPath(), func() error {
		for len(rest) > foldBatch {
			if err := s.db.Update(putAll(rest[:foldBatch])); err != nil {
				return err
			}
			rest = rest[foldBatch:]
		}
		return s.db.Update(func(tx *bolt.Tx) error {
			if err := putAll(rest)(tx); err != nil {
				return err
			}
			return tx.Bucket(metaBucket).Put(genKey, binary.BigEndian.AppendUint64(nil, gen))
		})
	})
}

// putAll is a transaction that brings changes into the database.
func putAll(all changes) func(*bolt.Tx) error {
	return func(tx *bolt.Tx) error {
		records := tx.Bucket(recordsBucket)
		for _, c := range all {
			var err error
			if c.val == nil {
				err = records.Delete([]byte(c.key))
			} else {
				err = records.Put([]byte(c.key), c.val)
			}
			if err != nil {
				return err
			}
		}
		return nil
	}
}

// finishFold writes into the log's head what the database is now, and removes the
// old log.
func (s *Store) finishFold() error {
	size, sum, err := sumOf(s.dbPath())
	if err != nil {
		return err
	}
	if err := s.verified(size, sum); err != nil {
		return err
	}
	if err := s.remove(s.oldPath()); err != nil {
		return err
	}
	return s.syncDir()
}

// verified says that the database has this size and this checksum, and all records
// of the old log.
func (s *Store) verified(size int64, sum uint32) error {
	s.mu.Lock() // the log may grow, which changes its head as well
	defer s.mu.Unlock()
	h := s.log.head
	h.dbSize, h.dbSum = size, sum
	if err := s.log.setHead(h); err != nil {
		return err
	}
	s.log.head = h
	s.folding.reset()
	return nil
}

// prepareSpare begins to create the log that comes next, with room for a frame of
// that size, when the present one is half full and nothing is under way in the
// background. Its head is written when it is taken. Where it cannot be created the
// present log grows, and that error says why.
func (s *Store) prepareSpare(room int64) {
	if s.fold != nil || s.spare >= sector+room || s.log.end+room < s.log.head.size/2 {
		return
	}
	size := max(s.logSize(s.log.head.dbSize), sector+2*room)
	s.spare, s.fold = 0, make(chan struct{})
	go func(done chan<- struct{}) {
		var err error
		s.opts.Beside(func() { err = createLog(s.sparePath(), head{size: size}, s.durable()) })
		s.mu.Lock()
		defer s.mu.Unlock()
		s.fold = nil
		if err == nil {
			s.spare = size
		}
		close(done)
	}(s.fold)
}

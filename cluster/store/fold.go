package store

import (
	"encoding/binary"
	"maps"
	"os"
	"slices"

	bolt "go.etcd.io/bbolt"
)

// A fold brings a full log into the database. Apply does not wait for it: it goes
// on in a fresh log, and a goroutine of the fold's own writes the database. So a
// fold takes as long as it takes, however large the database is, and Apply stands
// still only while the logs change places.
//
//	node3.log -> node3.old, node3.spare -> node3.log     in Apply
//	the records of node3.old go into node3.db            in the background
//	size and checksum of node3.db go into node3.log      in the background
//	node3.old is removed                                 in the background
//	node3.spare is made                                  in the background, when node3.log is half full
//
// Until the third step the head of node3.log says that the database is
// unverified. Open completes a fold that was cut off anywhere.

// spread is how large a log may be beside its database: the checksum of the
// whole database is computed once for each log, so that it costs this many bytes
// read for each byte that was logged.
const spread = 16

// logSize is the size of a log over a database of so many bytes.
func (s *Store) logSize(dbSize int64) int64 {
	return max(s.opts.LogSize, dbSize/spread, 2*sector)
}

// changeLogs makes the present log the old one, puts a fresh one in its place that
// has room for a frame of that size, and starts a fold of the old one.
func (s *Store) changeLogs(room int64) error {
	if err := s.waitForFold(); err != nil {
		return err
	}
	h := s.log.head
	h.gen, h.dbSize, h.dbSum, h.oldEnd = h.gen+1, unverified, 0, s.log.end
	log, err := s.takeSpare(h, sector+room)
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
	s.folding, s.pending = s.pending, map[string][]byte{}
	s.fold = make(chan struct{})
	go s.foldOld(s.fold)
	return nil
}

// takeSpare makes the spare log the one with this head. Where there is none, or it
// is too small, it creates one.
func (s *Store) takeSpare(h head, least int64) (*wal, error) {
	h.size = s.spare
	if s.spare < least {
		h.size = max(s.log.head.size, s.opts.LogSize, least)
		if err := createLog(s.sparePath(), h, s.durable()); err != nil {
			return nil, err
		}
		return &wal{head: h, end: sector, sync: s.durable()}, nil
	}
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

// waitForFold waits until no fold is under way. The caller holds the lock.
func (s *Store) waitForFold() error {
	for s.fold != nil {
		fold := s.fold
		s.mu.Unlock()
		<-fold
		s.mu.Lock()
	}
	return s.usable()
}

// foldOld runs in the background, and closes done when it has ended.
func (s *Store) foldOld(done chan<- struct{}) {
	err := s.writeDB(s.folding, s.log.head.gen)
	if err == nil {
		err = s.finishFold()
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.fold = nil
	if err != nil && s.failed == nil {
		s.failed = err
	}
	close(done)
}

// writeDB brings changes into the database, which is of generation gen then.
func (s *Store) writeDB(changes map[string][]byte, gen uint64) error {
	return guarded(s.dbPath(), func() error {
		return s.db.Update(func(tx *bolt.Tx) error {
			records := tx.Bucket(recordsBucket)
			for _, k := range slices.Sorted(maps.Keys(changes)) {
				v, err := changes[k], error(nil)
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
}

// finishFold writes into the log's head what the database is now, and removes the
// old log.
func (s *Store) finishFold() error {
	h := s.log.head
	var err error
	if h.dbSize, h.dbSum, err = sumOf(s.dbPath()); err != nil {
		return err
	}
	if err := s.log.setHead(h); err != nil {
		return err
	}
	s.mu.Lock()
	s.log.head, s.folding = h, map[string][]byte{}
	s.mu.Unlock()
	if err := s.remove(s.oldPath()); err != nil {
		return err
	}
	return s.syncDir()
}

// prepareSpare begins to create the log that comes next, when the present one is
// half full and no fold is under way. Its head is written when it is taken. Where
// it cannot be created, the change of logs will say why.
func (s *Store) prepareSpare() {
	if s.spare != 0 || s.fold != nil || s.log.end < s.log.head.size/2 {
		return
	}
	size := s.logSize(s.log.head.dbSize)
	s.fold = make(chan struct{})
	go func(done chan<- struct{}) {
		err := createLog(s.sparePath(), head{size: size}, s.durable())
		s.mu.Lock()
		defer s.mu.Unlock()
		s.fold = nil
		if err == nil {
			s.spare = size
		}
		close(done)
	}(s.fold)
}

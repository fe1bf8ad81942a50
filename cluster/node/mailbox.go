package node

import (
	"sync"

	"capplayground/cluster"
)

// maxMail and maxMailBytes are how many messages of peers wait for the loop;
// then their streams wait, each with its next one in hand.
const (
	maxMail      = 4096
	maxMailBytes = 16 << 20 // of bodies
)

// mail is one thing that others left for the loop: a message of a peer, a
// client's call, or something to do in the loop's own goroutine.
type mail struct {
	message *cluster.Message
	call    *call
	do      func(*loop)
}

// mailbox is the only way into the loop from other goroutines. It keeps the
// order of arrival.
type mailbox struct {
	wake chan struct{} // something is in; capacity 1

	mu       sync.Mutex
	room     sync.Cond
	items    []mail
	messages int
	bytes    int // of their bodies
	closed   bool
}

func newMailbox() *mailbox {
	b := &mailbox{wake: make(chan struct{}, 1)}
	b.room.L = &b.mu
	return b
}

// put leaves an item and wakes the loop. It is false once the loop is gone.
// Messages wait for room, so that a stream of them cannot fill the memory.
func (b *mailbox) put(m mail) bool {
	ok := b.leave(m)
	if ok {
		select {
		case b.wake <- struct{}{}:
		default:
		}
	}
	return ok
}

// leave is put for what can wait for the loop's next turn, a heartbeat at most.
func (b *mailbox) leave(m mail) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if m.message != nil {
		for b.full() && !b.closed {
			b.room.Wait()
		}
		b.messages++
		b.bytes += len(m.message.Body)
	}
	if b.closed {
		return false
	}
	b.items = append(b.items, m)
	return true
}

// take empties the box into old's space, which take returned before.
func (b *mailbox) take(old []mail) []mail {
	clear(old)
	b.mu.Lock()
	defer b.mu.Unlock()
	items := b.items
	b.items = old[:0]
	if b.full() {
		b.room.Broadcast()
	}
	b.messages, b.bytes = 0, 0
	return items
}

// full says that messages must wait. The lock is held.
func (b *mailbox) full() bool { return b.messages >= maxMail || b.bytes >= maxMailBytes }

// close refuses what comes from now on and returns what was left.
func (b *mailbox) close() []mail {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.closed = true
	b.room.Broadcast()
	left := b.items
	b.items = nil
	return left
}

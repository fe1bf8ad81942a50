package node

import (
	"sync"

	"capplayground/cluster"
)

// maxMail and maxMailBytes bound the messages of peers that wait for the loop.
// Where there is no room the streams of the peers wait.
const (
	maxMail      = 4096
	maxMailBytes = 16 << 20 // of bodies

	usualMail = 512 // a box that was larger does not keep its space
)

// mail is one thing for the loop: a client's call, something to do in the loop's own
// goroutine, or else a message of a peer.
type mail struct {
	call    *call
	do      func(*loop)
	message cluster.Message
}

// mailbox is the only way into the loop from other goroutines. It keeps the
// order of arrival.
type mailbox struct {
	wake chan struct{} // there is mail; capacity 1

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

// put adds a call, or something to do, and wakes the loop. It is false once the loop has
// ended.
func (b *mailbox) put(m mail) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.closed {
		return false
	}
	b.items = append(b.items, m)
	b.signal()
	return true
}

// putMessages adds messages and wakes the loop. It waits for room, so that a stream of
// messages cannot fill the memory.
func (b *mailbox) putMessages(messages []cluster.Message) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for i := range messages {
		for b.full() && !b.closed {
			b.signal()
			b.room.Wait()
		}
		if b.closed {
			return
		}
		b.items = append(b.items, mail{message: messages[i]})
		b.messages++
		b.bytes += len(messages[i].Body)
	}
	b.signal()
}

// signal wakes the loop.
func (b *mailbox) signal() {
	select {
	case b.wake <- struct{}{}:
	default:
	}
}

// take returns the items and empties the box. It uses the space of old, which an
// earlier take returned.
func (b *mailbox) take(old []mail) []mail {
	clear(old)
	if cap(old) > usualMail {
		old = nil
	}
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

// full says whether messages must wait. The lock is held.
func (b *mailbox) full() bool { return b.messages >= maxMail || b.bytes >= maxMailBytes }

// close refuses mail from now on and returns the items that are left.
func (b *mailbox) close() []mail {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.closed = true
	b.room.Broadcast()
	left := b.items
	b.items = nil
	return left
}

package node

import (
	"encoding/json"
	"testing"
	"time"

	"capplayground/cluster"
)

// TestMailboxIsBounded puts more messages into a mailbox at once than have room. The loop
// is woken up for those that have room, and the others follow in their order.
func TestMailboxIsBounded(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		messages, room int
		body           json.RawMessage
	}{
		"messages": {2*maxMail + 10, maxMail, nil},
		"bytes":    {40, 16, make(json.RawMessage, maxMailBytes/16)},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newMailbox()
			all := make([]cluster.Message, c.messages)
			for i := range all {
				all[i] = cluster.Message{LC: uint64(i), Body: c.body}
			}
			go b.putMessages(all)
			var taken []mail
			for next := 0; next < c.messages; {
				select {
				case <-b.wake:
				case <-time.After(10 * time.Second):
					t.Fatalf("after %d messages the loop sleeps", next)
				}
				taken = b.take(taken)
				if len(taken) > c.room {
					t.Fatalf("%d messages have room for %d", len(taken), c.room)
				}
				for _, m := range taken {
					if m.message.LC != uint64(next) {
						t.Fatalf("message %d in the place of %d", m.message.LC, next)
					}
					next++
				}
			}
		})
	}
}

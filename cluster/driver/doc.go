// Package driver carries out what a [cluster.Machine] wants, in its one order.
// A real node, the simulator and the scripts of the protocols all use it, so
// that the simulator tries the code that a real node runs. Compare RawNode and
// Ready in go.etcd.io/raft.
//
// A [Driver] holds the machine, its clients' operations, the messages under way
// to it, its timers, the faults of its links and its Lamport clock, and it makes
// the events. It has no goroutine, clock, random source, disk, socket or log of
// its own: its caller passes the time and does what a [Batch] says. A Driver is
// not safe for concurrent use.
//
// # The caller's loop
//
//	d.Start(records, at)                  // what the disk kept
//	for {
//		d.Receive(message, at)            // from a peer: it waits until it is due
//		reply, ended := d.Request(…)      // from a client
//		for d.Advance(at) {               // everything that is due
//		}
//		for {
//			b := d.Batch(at)
//			write(b.Events)               // 1. before anything that they tell of leaves
//			send(b.Messages)              // 2.
//			answer(b.Replies)             // 3.
//			if len(b.Records) == 0 {
//				break
//			}
//			persist(b.Records)            // 4. in one transaction
//			d.Saved()                     // now the next Batch holds what waited for them
//		}
//	}
//
// # The order
//
// No message, reply, timer or note of an Output leaves before the records of
// that Output and of all earlier Outputs are durable. Two things need not wait:
// Outputs without records that come before the first one that has records, and
// the messages that this one sends ahead. Inputs may go on while records are
// being made durable; the records of those inputs are then saved together.
// [BugEarlyReply] breaks this rule.
//
// # Points
//
// A rule may name a point of the protocol ([cluster.Point]). When the driver has taken
// in the last message of that point it stands: [Driver.Advance] takes in nothing, and
// the Output of that step and of all later ones waits, with its records, messages,
// timers and replies. Outputs of earlier steps leave as ever. The caller kills the
// process, or gives the driver rules without that one, and the driver goes on. So the
// state of a node at that point is exactly what it has on its disk and what it has
// sent before the message. [BugRecordsAtPoint] and [BugMessagesAtPoint] break this.
//
// # Operation ids
//
// A client may bring the id of its operation, and may bring it again. The same
// id with the same kind, key, value, transaction, timestamp and If-Match is the
// same operation: while it is open the second caller waits for the same answer;
// afterwards it gets the same answer. Everything else under that id is refused
// with [ErrOpReused]. It has no effect, and no event tells of it.
//
// A driver remembers its newest [MaxRemembered] operations with at most
// [MaxRememberedBytes] of keys and values, until its process ends. At other nodes
// and after a restart the protocol recognises an id as far as it has seen it: see
// package idempotency.
package driver

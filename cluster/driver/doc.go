// Package driver carries out the Outputs of a [cluster.Machine], in one fixed order.
// A real node, the simulator and the scripts of the protocols all use it. So the
// simulator tests the code that a real node runs. Compare RawNode and Ready in
// go.etcd.io/raft.
//
// A [Driver] holds the machine, its clients' operations, the messages under way
// to it, its timers, the faults of its links and its Lamport clock. It makes the
// events. It has no goroutine, clock, random source, disk, socket or log of its own:
// its caller passes the time and carries out each [Batch]. A Driver is not safe for
// concurrent use.
//
// # The caller's loop
//
//	d.Start(records, at)                  // the records from the disk
//	for {
//		d.Receive(message, at)            // from a peer: the message waits until it is due
//		reply, ended := d.Request(…)      // from a client
//		for d.Advance(at) {               // gives the machine all that is due
//		}
//		for {
//			b := d.Batch(at)
//			write(b.Events)               // 1. before the messages and replies that they are about
//			send(b.Messages)              // 2.
//			answer(b.Replies)             // 3.
//			if len(b.Records) == 0 {
//				break
//			}
//			persist(b.Records)            // 4. in one transaction
//			d.Saved()                     // the next Batch holds the messages and replies that waited
//		}
//	}
//
// # The order
//
// No message, reply, timer or note of an Output leaves before the records of
// that Output and of all earlier Outputs are durable. Two things need not wait:
// the Outputs before the first Output that has records, and the messages in Ahead of
// that first Output. The machine may get inputs while records are being made durable.
// The records of those inputs are then saved together. [BugEarlyReply] breaks this rule.
//
// # Points
//
// A rule may name a point of the protocol ([cluster.Point]). When the driver has given
// the machine the last message of that point, the driver is stopped at the point:
// [Driver.Advance] gives the machine nothing more. The Output of that step and the
// Outputs of all later steps wait, with their records, messages, timers and replies.
// The Outputs of earlier steps leave as usual. Then the caller kills the process, or it
// calls SetRules without that rule and the driver continues. So a node at that point has
// on its disk, and has sent, only the Outputs from before that message.
// [BugRecordsAtPoint] and [BugMessagesAtPoint] break this rule.
//
// # Operation ids
//
// A client may choose the id of its operation, and may send the operation again. The
// same id with the same kind, key, value, transaction, timestamp and If-Match is the
// same operation. While it is open, the second caller waits for the same reply.
// After it has ended, the second caller gets the same reply at once. Any other request
// with that id is refused with [ErrOpReused]. It has no effect and no event.
//
// A driver remembers its newest [MaxRemembered] ended operations, with at most
// [MaxRememberedBytes] of keys and values, until its process ends. At other nodes
// and after a restart, the protocol recognises the ids that it has seen: see
// package idempotency.
package driver

// Package cluster is the vocabulary of the playground: what a node, a message,
// an operation, a protocol and an event are. It owns no behaviour beyond what
// its words need, imports nothing of ours, and everything else imports it.
//
// # A protocol is a pure state machine
//
// A [Machine] is one node's side of a protocol. There is no goroutine, clock,
// random source, socket, disk or log in it. One Step takes one [Input] and
// returns one [Output], and handlers run one at a time. The driver of a machine
// (cluster/driver), in a real node and in the simulator, keeps this promise:
//
//	for in := range inbox {
//		out := m.Step(in)
//		send(out.Ahead)         // 0. promises nothing of its own records
//		persist(out.Records)    // 1. durable, with those of all earlier Outputs
//		tell(out.Notes)         // 2. the stage hears of it before it can matter
//		send(out.Messages)      // 3. only now may other nodes and clients know
//		set(out.Timers)         // 4. timers come back as inputs
//		answer(out.Replies)     // 5. and clients are told
//	}
//
// No message and no reply leaves before the records of its Output and of all
// earlier Outputs are durable; one that is sent ahead waits for those of the
// earlier ones only. Several Outputs may share one synced write.
package cluster

// Package script runs the machines of one protocol by a text script and returns the
// transcript: what each step recorded, noted, sent, set and answered, one line for
// each. The machines run in the driver of a real node (package driver), in step
// mode. The package is for tests: a protocol keeps its scripts under testdata, each
// with its transcript, and [Files] compares.
//
//	func TestScripts(t *testing.T) {
//		script.Files(t, "testdata/*.txt", script.Config{New: func(c cluster.Config) cluster.Machine { return New(c) }})
//	}
//
// go test -update rewrites the transcripts. Read the diff.
//
// # The form of a script
//
// A line that begins with # is a comment, an indented one is transcript, any
// other is a command. A command's transcript follows it:
//
//	# Five nodes agree.
//	nodes 5
//	write n1 op=7 city=London
//	  n1 records lock/city tx/7
//	  n1 progress op=7 votes need=5 yes=1 waiting=2,3,4,5 timer=votes:7
//	  n1->n2 prepare tx=7 city=London
//	  n1 timer votes:7 at 1s
//	deliver n1->n2
//	  n1->n2 prepare tx=7 city=London
//	    n2 records lock/city tx/7
//	    n2->n1 yes tx=7
//
// What a message or a timer causes stands indented below it. The lines of a step
// are in the order of [cluster.Output].
//
// # Commands
//
// The cluster, before anything else (five nodes if left out):
//
//	nodes 5 [quorum=3,2,2]
//
// Clients. op names the operation (r1, r2… if left out); an id may be used again.
// timeout is how long its client waits (2s). Its answer appears as
// "n1 reply op=7 201 version=1":
//
//	write n1 [op=7] [timeout=2s] [ifmatch=V] city=London
//	read n1 [op=8] city
//	propose n1 tx=9 city=Rome · commit n1 tx=9 · rollback n1 tx=9
//	plant n1 [ts=5] city=Old · holds n1 city
//
// Messages. They stay in flight until a command takes them in. A selector is
// "all", or a link, a type and an operation, each of which may be left out;
// on the link * is any node. Several are separated by commas, "except" takes
// some away, and "first" in front takes of deliver's only the one sent first:
//
//	deliver n1->n3 · deliver n1->* prepare · deliver all except *->n4, commit
//	deliver first n1->n2 · deliver op=7
//	settle             deliver everything until nothing is in flight
//	drop n2->n1 yes    lose what is in flight
//	dup n1->n3 commit  put another copy in flight
//	hold commit        from now on such messages wait for an explicit deliver
//	cut n1->n2, n2->n1 from now on such messages are lost, those in flight too
//	partition 1,2 | 3,4,5
//	heal               no hold, no cut
//	inflight           list them
//
// "deliver all" and settle leave messages alone that a hold is about. An
// explicit deliver takes what was in flight when the command began, not what
// it causes.
//
// Time. It begins at 0s and stands still but for:
//
//	advance 1s         fire what falls due, in order; deliver nothing
//	run 5s             settle, and again after every timer
//	fire n1 votes:7    fire one timer now
//	timers             list them
//	wall n2 +30s       n2's wall clock is wrong by this
//
// Faults. A crashed node loses its memory, its timers and all that was on the
// way to it; what it had sent stays in flight. A frozen one takes nothing in,
// neither messages nor timers nor requests, until it thaws:
//
//	crash n2 · restart n2 · wipe n2 (restart with an empty, new database)
//	block-disk n2      until it crashes its disk takes no records, and only what
//	                   the protocol sends ahead of them leaves
//	freeze n2 · thaw n2
//	stop n1 yes 4      when n1 has taken in the fourth yes about one operation, it
//	                   stops: nothing of that step leaves, and it takes nothing in
//	go n1              n1 goes on; by itself it does so after 5s
//	quorum 3 2 2       the sizes, told to every node that is up
//
// Faults of disks, if [Config.Disk] makes them. A node that does not start because of its
// disk stays down. Its clients get no answer, as from every node that is down:
//
//	damage n2 3        sector 3 of the disk of n2, which is down, is read as zeros
//	repair n2          the sector can be read again; n2 starts again
//	members 1,2,3      all nodes stop; these start as a cluster, on the same disks
//
// What is there. An expect that does not hold fails the test:
//
//	snapshot n1        what the node holds
//	records n1         what its disk holds
//	check              the protocol's own invariants, of [Config.Check]
//	check settled      another check, of [Config.Checks]
//	expect n1 city=London [version=1] [locked=7] [locked=no]
//	expect n1 city none
//	expect op=7 201 [val=London] [version=1]
//	expect op=7 open   it has no answer yet
//	expect quiet       nothing is in flight
package script

package consensus

import (
	"encoding/json"
	"errors"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"capplayground/cluster"

	pb "go.etcd.io/raft/v3/raftpb"
)

func write(op cluster.OpID, deadline cluster.Time) cluster.Request {
	return cluster.Request{Op: op, Kind: cluster.OpWrite, Key: "k", Val: "v", Deadline: deadline}
}

func (m testMachine) ask(now cluster.Time, req cluster.Request) cluster.Output {
	return m.Step(cluster.Input{Kind: cluster.InputRequest, Now: now, Request: req})
}

func (m testMachine) take(now cluster.Time, msg cluster.Message) cluster.Output {
	return m.Step(cluster.Input{Kind: cluster.InputMessage, Now: now, Message: msg})
}

func (m testMachine) tick(now cluster.Time) cluster.Output {
	return m.Step(cluster.Input{Kind: cluster.InputTimer, Now: now, Timer: cluster.Timer{Name: timerTick, Quiet: true}})
}

func (m testMachine) expire(now cluster.Time, name string, op cluster.OpID) cluster.Output {
	return m.Step(cluster.Input{Kind: cluster.InputTimer, Now: now, Timer: cluster.Timer{Name: name, Op: op}})
}

// ofType returns the messages of one type in an Output.
func ofType(out cluster.Output, kind string) (messages []cluster.Message) {
	for _, msg := range append(out.Ahead, out.Messages...) {
		if msg.Type == kind {
			messages = append(messages, msg)
		}
	}
	return messages
}

// alone returns the machine of a cluster of one node, which is the leader from time 2.
func alone(t *testing.T, limit Limits) testMachine {
	t.Helper()
	m := newTestMachine(cluster.Config{ID: 1, Nodes: []cluster.NodeID{1}}, limit)
	m.Step(cluster.Input{Kind: cluster.InputStart, Now: 1})
	m.Step(cluster.Input{Kind: cluster.InputTimer, Now: 2, Timer: cluster.Timer{Name: timerElection, Due: 3}})
	if !m.leads() {
		t.Fatalf("the only node is %s after its election", m.Snapshot().Role)
	}
	return m
}

// TestAtItsDeadlineAnOperationIsLate: at its deadline, a write is not forwarded to a new
// leader, and a new write is refused. A read is not answered with a value at its deadline.
func TestAtItsDeadlineAnOperationIsLate(t *testing.T) {
	t.Parallel()
	m, _ := started(1)
	out := m.ask(5_000_000, write("late", 5_000_000))
	if len(out.Replies) != 1 || !errors.Is(out.Replies[0].Err, cluster.ErrUnavailable) || len(m.open) != 0 {
		t.Errorf("a request at its deadline: %+v", out.Replies)
	}
	m.ask(5_000_000, write("waits", 5_400_000))
	if out := m.take(5_400_000, appendOf(1, 0, 0, 0)); len(ofType(out, typeForward)) != 0 {
		t.Error("a write is forwarded at its deadline")
	}
	m.ask(5_400_000, write("in time", 5_900_000))
	if out := m.take(5_500_000, appendOf(2, 0, 0, 0)); len(ofType(out, typeForward)) != 1 {
		t.Error("a write is not forwarded before its deadline")
	}
	for now, want := range map[cluster.Time]error{999: cluster.ErrNotFound, 1000: cluster.ErrUnavailable} {
		m := alone(t, DefaultLimits())
		op := &operation{req: cluster.Request{Op: "r", Kind: cluster.OpRead, Key: "k", Deadline: 1000}, confirmed: true}
		m.open, m.toServe = []*operation{op}, []*operation{op}
		if out := m.tick(now); len(out.Replies) != 1 || !errors.Is(out.Replies[0].Err, want) {
			t.Errorf("a read that is confirmed at %d: %+v, want %v", now, out.Replies, want)
		}
	}
}

// TestAForwardThatIsLostTwiceCountsOnce: the loss of one forward is reported twice, which
// counts once. The write is then forwarded again and may be in the leader's log, so its
// outcome is unknown.
func TestAForwardThatIsLostTwiceCountsOnce(t *testing.T) {
	t.Parallel()
	m, _ := started(1)
	m.take(2, appendOf(1, 0, 0, 0))
	forward := ofType(m.ask(3, write("7", 3_000_000)), typeForward)
	if len(forward) != 1 {
		t.Fatalf("forwarded %v", forward)
	}
	for range 2 {
		m.Step(cluster.Input{Kind: cluster.InputLost, Now: 4, Message: forward[0]})
	}
	if again := ofType(m.tick(700_000), typeForward); len(again) != 1 {
		t.Fatalf("forwarded again %v", again)
	}
	out := m.expire(3_000_000, timerCommit, "7")
	if len(out.Replies) != 1 || !errors.Is(out.Replies[0].Err, cluster.ErrUnknown) {
		t.Errorf("answered %+v, want %v", out.Replies, cluster.ErrUnknown)
	}
}

// TestALeaderProposesAWriteOnce: a leader without a majority tries a write several times, but
// its log has only one entry of it.
func TestALeaderProposesAWriteOnce(t *testing.T) {
	t.Parallel()
	m := alone(t, DefaultLimits())
	last := m.lastIndex()
	m.logged["7"] = &logged{index: last} // as if a follower had not answered yet
	m.ask(3, write("7", 3_000_000))
	for now := cluster.Time(700_000); now < 2_800_000; now += 700_000 {
		m.tick(now)
	}
	if m.lastIndex() != last {
		t.Errorf("%d more entries", m.lastIndex()-last)
	}
	delete(m.logged, "7")
	m.tick(2_900_000)
	if m.lastIndex() != last+1 {
		t.Error("a write that is in no log is not proposed")
	}
}

// TestAnEndedReadLeavesNothing: after a read has ended, the machine keeps nothing of it.
func TestAnEndedReadLeavesNothing(t *testing.T) {
	t.Parallel()
	m := alone(t, DefaultLimits())
	for _, op := range []cluster.OpID{"a", "b"} {
		if out := m.ask(3, cluster.Request{Op: op, Kind: cluster.OpRead, Key: "k"}); len(out.Replies) != 1 {
			t.Fatalf("answered %+v", out.Replies)
		}
	}
	if len(m.reads) != 0 || len(m.open) != 0 || len(m.toServe) != 0 {
		t.Errorf("%d context ids, %d open, %d to serve", len(m.reads), len(m.open), len(m.toServe))
	}
}

// TestOverwrittenWritesAreNotInTheLog: a write whose entry was overwritten is not in the log,
// so a leader may propose it again.
func TestOverwrittenWritesAreNotInTheLog(t *testing.T) {
	t.Parallel()
	m, _ := started(1)
	m.take(2, appendOf(1, 0, 0, 0, "a", "b", "c"))
	m.take(3, appendOf(2, 2, 1, 0, "d"))
	if got, want := slices.Sorted(maps.Keys(m.logged)), []cluster.OpID{"a", "b", "d"}; !slices.Equal(got, want) {
		t.Errorf("the log has %v, want %v", got, want)
	}
}

// TestTheLimitsOfTheLog: the state is saved at the number of entries or of bytes, and the
// trailing entries stay on the disk. After a start, the log begins after the first of them.
func TestTheLimitsOfTheLog(t *testing.T) {
	t.Parallel()
	data, err := json.Marshal(entry{Op: "ab", Key: "ab", Val: "ab", At: 1, Deadline: 10})
	check(err)
	for bytes, want := range map[int]bool{len(data) - 1: true, len(data): true, len(data) + 1: false} {
		m, d := newTestMachine(cluster.Config{ID: 1, Nodes: three}, Limits{Entries: 1000, Bytes: bytes, Trailing: 100}), disk{}
		d.write(m.Step(cluster.Input{Kind: cluster.InputStart, Now: 1}))
		d.write(m.take(2, appendOf(1, 0, 0, 1, "ab")))
		if _, saved := d[recordState]; saved != want {
			t.Errorf("with a limit of %d bytes the state is saved: %v", bytes, saved)
		}
	}
	m, d := newTestMachine(cluster.Config{ID: 1, Nodes: three}, Limits{Entries: 3, Bytes: 1 << 20, Trailing: 2}), disk{}
	d.write(m.Step(cluster.Input{Kind: cluster.InputStart, Now: 1}))
	for i, key := range []string{"a", "b", "c"} {
		if _, saved := d[recordState]; saved {
			t.Errorf("the state is saved after %d entries", i)
		}
		d.write(m.take(2, appendOf(1, uint64(i), min(uint64(i), 1), uint64(i)+1, key)))
	}
	entries := func() (left []string) {
		for _, r := range d.records() {
			if strings.HasPrefix(r.Key, recordEntry) {
				left = append(left, r.Key)
			}
		}
		return left
	}
	if got, want := entries(), []string{entryKey(2), entryKey(3)}; !slices.Equal(got, want) {
		t.Errorf("on the disk are %v, want %v", got, want)
	}
	d.write(m.take(2, appendOf(1, 3, 1, 3, "d")))
	again, out := started(1, d.records()...)
	d.write(out)
	if got, want := entries(), []string{entryKey(3), entryKey(4)}; !slices.Equal(got, want) || again.lastIndex() != 4 {
		t.Errorf("after a start on the disk are %v, want %v; the last index is %d", got, want, again.lastIndex())
	}
}

func TestDecodeEntry(t *testing.T) {
	t.Parallel()
	data := encode(&pb.Entry{Index: new(uint64(9)), Term: new(uint64(3)), Data: []byte("x")})
	for name, r := range map[string]cluster.Record{
		"another record":   {Key: recordHard, Val: data},
		"no index":         {Key: recordEntry + "ghi", Val: data},
		"a removal":        {Key: entryKey(9)},
		"not the engine's": {Key: entryKey(9), Val: []byte{0xff}},
	} {
		if _, _, _, ok := DecodeEntry(r); ok {
			t.Errorf("%s is read as an entry", name)
		}
	}
	if index, term, got, ok := DecodeEntry(cluster.Record{Key: entryKey(9), Val: data}); !ok || index != 9 || term != 3 || string(got) != "x" {
		t.Errorf("%d, %d, %q, %v", index, term, got, ok)
	}
}

// TestSettleOutlastsAnElection: after Settle without faults every operation has ended:
// the nodes had time for an election and for an operation after it.
func TestSettleOutlastsAnElection(t *testing.T) {
	t.Parallel()
	if least := 2*ElectionTime + cluster.OpTimeout; Mode().Settle <= least {
		t.Errorf("Settle is %v, want more than %v", Mode().Settle, least)
	}
}

// TestNotesOfTheLogAreBounded: there are up to logNotes notes at once, and one more for each
// logNoteSpan of wall time. A clock that is set back neither adds nor removes any.
func TestNotesOfTheLogAreBounded(t *testing.T) {
	t.Parallel()
	var v logView
	allowed := func(wall int64) (n int) {
		for range 3 * logNotes {
			if v.allows(wall) {
				n++
			}
		}
		return n
	}
	const start = 1_000_000_000
	for _, step := range []struct {
		wall int64
		want int
	}{
		{start, logNotes},
		{start + logNoteSpan - 1, 0},
		{start + logNoteSpan, 1},
		{start + 4*logNoteSpan + 5, 3},
		{start, 0},                                    // the clock is set back
		{start + logNoteSpan, 1},                      // and runs on from there
		{start + 1000*logNotes*logNoteSpan, logNotes}, // a long time without notes saves no more than logNotes
		{start + 1000*logNotes*logNoteSpan + logNoteSpan/2, 0},
	} {
		if got := allowed(step.wall); got != step.want {
			t.Errorf("%d µs after the start: %d notes, want %d", step.wall-start, got, step.want)
		}
	}
}

// TestShownCellsAreBounded: the log is shown by its newest MaxLogCells entries.
func TestShownCellsAreBounded(t *testing.T) {
	t.Parallel()
	var v view
	for i := range uint64(cluster.MaxLogCells + 3) {
		v.append(cluster.LogCell{Index: i + 1})
		if len(v.cells) != min(int(i+1), cluster.MaxLogCells) || v.cells[len(v.cells)-1].Index != i+1 {
			t.Fatalf("after %d entries: %v", i+1, v.cells)
		}
	}
	if v.cells[0].Index != 4 {
		t.Errorf("the first cell is of entry %d, want 4", v.cells[0].Index)
	}
}

// TestAnEntryPastItsDeadlineAnswersNobody: an entry that its leader proposed after its
// deadline changes no key, and no client gets the reply that it was written.
func TestAnEntryPastItsDeadlineAnswersNobody(t *testing.T) {
	t.Parallel()
	for at, want := range map[cluster.Time]int{999: 1, 1000: 1, 1001: 0} {
		m, _ := started(1)
		m.ask(2, write("7", 3_000_000))
		data, err := json.Marshal(entry{Op: "7", Key: "k", Val: "v", At: at, Deadline: 1000})
		check(err)
		out := m.take(3, engineMessage(&pb.Message{
			Type: pb.MsgApp.Enum(), From: new(uint64(2)), To: new(uint64(1)), Term: new(uint64(1)), Index: new(uint64(0)), LogTerm: new(uint64(0)),
			Commit: new(uint64(1)), Entries: []*pb.Entry{{Term: new(uint64(1)), Index: new(uint64(1)), Data: data}},
		}))
		if len(out.Replies) != want || len(keysOf(m)) != want {
			t.Errorf("proposed at %d with the deadline 1000: replies %+v, keys %v", at, out.Replies, keysOf(m))
		}
	}
}

// TestASnapshotAnswersWrites: a node that gets a snapshot answers the writes of its
// clients that the snapshot holds, and no others.
func TestASnapshotAnswersWrites(t *testing.T) {
	t.Parallel()
	m, _ := started(1)
	m.take(2, appendOf(1, 0, 0, 0))
	for _, req := range []cluster.Request{write("held", 0), write("other", 0), {Op: "read", Kind: cluster.OpRead, Key: "k"}} {
		m.ask(3, req)
	}
	s := newState()
	for _, op := range []cluster.OpID{"held", "read"} { // another client's write may have the id of a read at this node
		s.write(7, entry{Op: op, Key: "k", Val: "v", At: 3, Deadline: 1000})
	}
	out := m.take(4, partOf(7, wholePart(s)))
	if len(out.Replies) != 1 || out.Replies[0].Op != "held" || out.Replies[0].Version != "7" || out.Replies[0].Err != nil {
		t.Errorf("answered %+v, want the write that the snapshot holds", out.Replies)
	}
}

// TestHeartbeatsThatConfirmAReadAreRequests: they carry its operation. All other
// heartbeats and their answers are background, and so are appends without entries.
func TestHeartbeatsThatConfirmAReadAreRequests(t *testing.T) {
	t.Parallel()
	m, _ := started(1)
	m.op = "7"
	for _, tc := range []struct {
		p     *pb.Message
		class cluster.Class
		op    cluster.OpID
	}{
		{&pb.Message{Type: pb.MsgHeartbeat.Enum()}, cluster.ClassBackground, ""},
		{&pb.Message{Type: pb.MsgHeartbeat.Enum(), Context: []byte{1}}, cluster.ClassRequest, "7"},
		{&pb.Message{Type: pb.MsgHeartbeatResp.Enum()}, cluster.ClassBackground, ""},
		{&pb.Message{Type: pb.MsgHeartbeatResp.Enum(), Context: []byte{1}}, cluster.ClassYes, "7"},
		{&pb.Message{Type: pb.MsgApp.Enum()}, cluster.ClassBackground, ""},
		{&pb.Message{Type: pb.MsgApp.Enum(), Entries: []*pb.Entry{{}}}, cluster.ClassRequest, ""},
		{&pb.Message{Type: pb.MsgSnap.Enum()}, cluster.ClassRepair, ""},
		{&pb.Message{Type: pb.MsgVote.Enum()}, cluster.ClassRequest, ""},
		{&pb.Message{Type: pb.MsgVoteResp.Enum()}, cluster.ClassYes, ""},
		{&pb.Message{Type: pb.MsgVoteResp.Enum(), Reject: new(true)}, cluster.ClassNo, ""},
	} {
		if msg := m.wrap(tc.p, words[tc.p.GetType()]); msg.Class != tc.class || msg.Op != tc.op {
			t.Errorf("%v with context %v: %s for %q, want %s for %q", tc.p.GetType(), tc.p.GetContext(), msg.Class, msg.Op, tc.class, tc.op)
		}
	}
}

// TestTermsAndIndexesAreBounded: a term or an index in a message may be maxCount, and no more.
func TestTermsAndIndexesAreBounded(t *testing.T) {
	t.Parallel()
	m, _ := started(1)
	for _, n := range []uint64{maxCount, maxCount + 1} {
		snapshot := func(index uint64) *pb.Snapshot {
			return &pb.Snapshot{Metadata: &pb.SnapshotMetadata{ConfState: m.confState(), Index: &index, Term: new(uint64(1))}}
		}
		for name, p := range map[string]*pb.Message{
			"term":     {Type: pb.MsgApp.Enum(), Term: &n},
			"index":    {Type: pb.MsgApp.Enum(), Term: new(uint64(1)), Index: &n},
			"commit":   {Type: pb.MsgApp.Enum(), Term: new(uint64(1)), Commit: &n},
			"snapshot": {Type: pb.MsgSnap.Enum(), Term: new(uint64(1)), Snapshot: snapshot(n)},
		} {
			p.From, p.To = new(uint64(2)), new(uint64(1))
			if taken := m.unwrap(engineMessage(p)) != nil; taken != (n == maxCount) {
				t.Errorf("%s %d: accepted is %v", name, n, taken)
			}
		}
	}
}

// TestAnOperationIsGivenAgainAfterRetryTime: an operation is forwarded again after retryTime,
// and not before.
func TestAnOperationIsGivenAgainAfterRetryTime(t *testing.T) {
	t.Parallel()
	m, _ := started(1)
	m.take(2, appendOf(1, 0, 0, 0))
	m.ask(3, write("7", 3_000_000))
	retry := cluster.Time(3).Add(retryTime)
	for _, step := range []struct {
		now  cluster.Time
		want int
	}{{retry - 1, 0}, {retry, 1}, {retry + 1, 0}, {retry.Add(retryTime), 1}, {retry.Add(10 * time.Second), 0}} {
		if got := ofType(m.tick(step.now), typeForward); len(got) != step.want {
			t.Errorf("at %v: forwarded %d times, want %d", step.now, len(got), step.want)
		}
	}
}

package driver

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"capplayground/cluster"
)

func TestNothingLeavesBeforeItsRecordsAreDurable(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	r.write(t, "w", "1")
	r.read(t, "r")
	want(t, "before Saved", r.batch(), "record:k=1")
	want(t, "still before Saved", r.batch(), "")
	r.Saved()
	want(t, "after Saved", r.batch(), "message:w reply:w= reply:r=1")
	want(t, "after that", r.batch(), "")
}

func TestOutputsBeforeTheFirstRecordsNeedNotWait(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	r.read(t, "r1")
	r.write(t, "w", "1")
	r.read(t, "r2")
	want(t, "before Saved", r.batch(), "reply:r1= record:k=1")
	r.Saved()
	want(t, "after Saved", r.batch(), "message:w reply:w= reply:r2=1")
}

func TestInputsGoOnWhileRecordsAreSaved(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	r.write(t, "w1", "1")
	want(t, "the first write", r.batch(), "record:k=1")
	r.write(t, "w2", "2")
	r.write(t, "w3", "3")
	r.read(t, "r")
	want(t, "while it is saved", r.batch(), "")
	r.Saved()
	// Both later writes are saved together, and the read waits for them.
	want(t, "once it is saved", r.batch(), "message:w1 reply:w1= record:k=2 record:k=3")
	r.Saved()
	want(t, "at the end", r.batch(), "message:w2 message:w3 reply:w2=1 reply:w3=2 reply:r=3")
}

func TestWhatIsSentAheadWaitsForEarlierRecordsOnly(t *testing.T) {
	t.Parallel()
	r := newRig(t, func(_ *Config, k *keeper) { k.ahead = true })
	r.write(t, "w1", "1")
	r.write(t, "w2", "2")
	want(t, "before Saved", r.batch(), "message:w1 record:k=1 record:k=2")
	r.Saved()
	want(t, "after Saved", r.batch(), "message:w2 reply:w1= reply:w2=1")
}

func TestEventsComeInTheOrderOfTheOutput(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	r.write(t, "w", "1")
	b := r.Batch(r.now)
	want(t, "events before Saved", told(b.Events), "")
	r.Saved()
	want(t, "events", told(r.all()), "invoke key sent timer return")

	r = newRig(t, func(_ *Config, k *keeper) { k.ahead = true })
	r.write(t, "w", "1")
	b = r.Batch(r.now)
	var before []cluster.Event
	for _, e := range b.Events {
		if e.Kind() != cluster.KindScreen {
			before = append(before, e)
		}
	}
	want(t, "events of a message sent ahead", told(before), "invoke sent")
	r.Saved()
	want(t, "the other events", told(r.all()), "key timer return")
}

func TestTheEarlyReplyIsCaught(t *testing.T) {
	t.Parallel()
	r := newRig(t, func(c *Config, _ *keeper) { c.Bug = BugEarlyReply })
	r.write(t, "w", "1")
	r.read(t, "r")
	want(t, "with the planted bug", r.batch(), "reply:r=1 record:k=1")
	r.Saved()
	want(t, "after Saved", r.batch(), "message:w reply:w=")
	if err := orderHolds(t, 1, BugEarlyReply); err == nil {
		t.Error("the random run does not catch the planted bug")
	}
}

// TestTheOrderHolds mixes inputs, batches and saves in random orders.
func TestTheOrderHolds(t *testing.T) {
	t.Parallel()
	for seed := range uint64(300) {
		if err := orderHolds(t, seed, ""); err != nil {
			t.Fatalf("seed %d: %v", seed, err)
		}
	}
}

// orderHolds runs random reads and writes. It checks that no reply has a value that is
// not durable, that every operation gets one reply, and that the replies come in the
// order of the requests.
func orderHolds(t *testing.T, seed uint64, bug string) error {
	t.Helper()
	draw := rand.New(rand.NewPCG(seed, 7))
	r := newRig(t, func(c *Config, k *keeper) { c.Bug, c.Watch, k.ahead = bug, WatchNothing, draw.IntN(2) == 0 })
	durable := map[string]bool{"": true}
	var saving []cluster.Record
	asked, answered := 0, 0
	take := func() error {
		b := r.Batch(r.now)
		for _, reply := range b.Replies {
			if want := cluster.OpID(fmt.Sprint(answered)); reply.Op != want {
				return fmt.Errorf("op=%s is answered when op=%s is next", reply.Op, want)
			}
			answered++
			if !durable[reply.Val] {
				return fmt.Errorf("op=%s is answered with %q, which is not durable", reply.Op, reply.Val)
			}
		}
		if len(b.Records) > 0 {
			if saving != nil {
				return fmt.Errorf("records while others are saved: %v", b.Records)
			}
			saving = b.Records
		}
		return nil
	}
	for range 200 {
		switch draw.IntN(4) {
		case 0:
			r.write(t, cluster.OpID(fmt.Sprint(asked)), fmt.Sprintf("v%d", asked))
			asked++
		case 1:
			r.read(t, cluster.OpID(fmt.Sprint(asked)))
			asked++
		case 2:
			if err := take(); err != nil {
				return err
			}
		case 3:
			if saving == nil {
				continue
			}
			for _, rec := range saving {
				durable[string(rec.Val)] = true
			}
			saving = nil
			r.Saved()
		}
	}
	for range 3 {
		if err := take(); err != nil {
			return err
		}
		for _, rec := range saving {
			durable[string(rec.Val)] = true
		}
		if saving != nil {
			saving = nil
			r.Saved()
		}
	}
	if answered != asked {
		return fmt.Errorf("%d of %d operations were answered", answered, asked)
	}
	return nil
}

func TestStopEndsWhatIsOpenAndLetsNothingElseOut(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	r.pass(time.Second)
	r.write(t, "w", "1")
	r.pass(time.Second)
	r.read(t, "r")
	r.Batch(r.now)
	b := r.Stop(r.now)
	if len(b.Messages)+len(b.Records) != 0 || len(b.Replies) != 2 {
		t.Fatalf("batch %+v", b)
	}
	if b.Replies[0].Op != "w" || b.Replies[0].Err != cluster.ErrUnknown || b.Replies[1].Err != cluster.ErrStopping {
		t.Errorf("replies %+v", b.Replies)
	}
	statuses := ""
	for _, e := range b.Events {
		if e.Kind() == cluster.KindReturn {
			statuses += fmt.Sprintf("%s=%d ", e.Operation(), cluster.BodyOf[cluster.Returned](e).Status.Code())
		}
	}
	want(t, "return events", statuses, "w=504 r=503 ")
}

package driver

import (
	"errors"
	"strings"
	"testing"

	"capplayground/cluster"
)

func TestDumpText(t *testing.T) {
	t.Parallel()
	want(t, "nothing", DumpText(3, cluster.Snapshot{}), "n3 holds 0 keys")
	want(t, "one key", DumpText(3, cluster.Snapshot{Keys: []cluster.KeyState{{Key: "city", Val: "Rome"}}}), "n3 holds 1 key\n  city = Rome")
	want(t, "all", DumpText(3, cluster.Snapshot{
		Keys: []cluster.KeyState{
			{Key: "city", Val: "Rome", Version: "7.1", LockedBy: "0198c0de-77", Siblings: []cluster.Sibling{{Val: "Oslo", Version: "6.2"}}},
			{Key: "a\nb", Val: strings.Repeat("x", cluster.MaxEventVal+1)},
		},
		Undecided: []cluster.Undecided{{Tx: "abcdef", Key: "k", Val: "v"}},
		Hints:     []cluster.Hint{{For: 2, Key: "h", Val: "w"}},
	}), strings.Join([]string{
		"n3 holds 2 keys",
		"  city = Rome  (version 7.1)  locked by 0198",
		"    beside it Oslo  (version 6.2)",
		"  a␊b = " + cluster.Cut(strings.Repeat("x", cluster.MaxEventVal+1), cluster.MaxEventVal),
		"  undecided abcd: k = v",
		"  hint for n2: h = w",
	}, "\n"))
}

// TestWhatAScreenSays: the screen shows one line for each event at a node.
func TestWhatAScreenSays(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	var lines []string
	take := func() {
		for {
			b := r.Batch(r.now)
			lines = append(lines, b.Screen...)
			if len(b.Records) == 0 {
				return
			}
			r.Saved()
		}
	}
	write := cluster.Request{Op: "write1", Kind: cluster.OpWrite, Key: "k", Val: "v"}
	r.Request(write, "curl", r.now)
	take()
	r.Request(write, "curl", r.now)
	write.Val = "w"
	r.Request(write, "page", r.now)
	r.Request(cluster.Request{Op: "read1", Kind: cluster.OpRead, Key: "k"}, "curl", r.now)
	r.Request(cluster.Request{Op: "propose1", Kind: cluster.OpPropose, Tx: "transaction", Key: "k", Val: strings.Repeat("y", 50)}, "curl", r.now)
	r.Request(cluster.Request{Op: "commit1", Kind: cluster.OpCommit, Tx: "transaction"}, "curl", r.now)
	r.Request(cluster.Request{Op: "plant1", Kind: cluster.OpPlant, Key: "k", Val: "v"}, "curl", r.now)
	lost := cluster.Message{From: 1, To: 2, Type: "have", Label: "k=v"}
	r.Lost(lost, cluster.WhyRefused, r.now)
	take()
	if got := strings.Join(lines, "\n"); got != strings.Join([]string{
		"curl: write k=v op=writ",
		"→ n2 have k=v",
		"curl: write op=writ answered 201",
		"curl: write k=v op=writ (asked again)",
		"page: write k=w op=writ (refused, the id belongs to another operation)",
		"× " + lost.String() + " lost: refused",
		"curl: read k op=read",
		"curl: read op=read answered 200",
		"curl: propose tx=tran k=" + cluster.Cut(strings.Repeat("y", 50), 40) + " op=prop",
		"curl: commit tx=tran op=comm",
		"curl: commit op=comm answered 200",
		"curl: plant k=v op=plan",
		"curl: plant op=plan answered 200",
	}, "\n") {
		t.Errorf("the screen shows\n%s", got)
	}
	want(t, "a message", messageText(&cluster.Message{Type: "have", Label: "k=v"}), "have k=v")
	want(t, "a message without a label", messageText(&cluster.Message{Type: "have"}), "have")
	failed := &operation{req: cluster.Request{Op: "read1", Kind: cluster.OpRead}, client: "curl", reply: cluster.Reply{Err: errors.New("no quorum")}}
	want(t, "an error", replyText(failed, 503), "curl: read op=read answered 503 (no quorum)")
}

// TestAPointIsSaidOnTheScreen: the screen says that the node stops at a point, and that it
// goes on.
func TestAPointIsSaidOnTheScreen(t *testing.T) {
	t.Parallel()
	r := pointRig(t, "")
	r.got("a", "a1")
	for _, want := range []string{
		"stops: message 2 of type got is in, and rule 9 says kill",
		"goes on: the playground has not answered about rule 9",
	} {
		r.Receive(cluster.Message{From: 2, To: 1, Type: "got", Op: "a", ID: "a2"}, r.now)
		r.advance()
		if screen := strings.Join(r.Batch(r.now).Screen, "\n"); !strings.Contains(screen, want) {
			t.Errorf("%q, want %q", screen, want)
		}
		r.pass(cluster.PointPatience)
	}
}

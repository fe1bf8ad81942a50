package hub

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"time"

	"capplayground/cluster"
)

// quiet is a source that publishes only the events of the test.
type quiet struct{}

func (quiet) Feed(func([]cluster.Event, [][]byte)) {}

func (quiet) Subscribe(uint64, string) ([]byte, [][]byte, uint64) { return []byte("{}"), nil, 0 }

// batchOf is a batch of the events from first to last, whose frame has so many bytes.
func batchOf(first, last uint64, bytes int) *batch {
	var events []published
	for seq := first; seq <= last; seq++ {
		text := fmt.Sprint(seq)
		if seq == last {
			rest := bytes - len("[") - len("]")
			for _, e := range events {
				rest -= len(e.text) + len(",")
			}
			text += strings.Repeat("0", max(0, rest-len(text)))
		}
		events = append(events, published{text: []byte(text), lane: noLane, seq: seq})
	}
	return gatherPending(events)
}

func seqs(batches []*batch) string {
	var all []string
	for _, b := range batches {
		all = append(all, fmt.Sprintf("%d-%d", b.first, b.last()))
	}
	return strings.Join(all, " ")
}

func TestLanesOfNodes(t *testing.T) {
	t.Parallel()
	const last = cluster.MaxNodes
	seen := map[lane]string{}
	for _, class := range append(classes, "unheard-of") {
		for from := cluster.NodeID(-1); from <= last+1; from++ {
			for to := cluster.NodeID(-1); to <= last+1; to++ {
				l := laneBetween(from, to, class)
				if from < 0 || from > last || to < 0 || to > last {
					if l != noLane {
						t.Fatalf("%d to %d has lane %d", int(from), int(to), l)
					}
					continue
				}
				name := fmt.Sprintf("%d>%d %s", from, to, strings.TrimPrefix(string(class), "unheard-of"))
				if got := fmt.Sprintf("%d>%d %s", l.from(), l.to(), l.class()); got != name {
					t.Fatalf("lane %d of %s is that of %s", l, name, got)
				}
				if other, taken := seen[l]; taken && other != name {
					t.Fatalf("%s and %s share a lane", name, other)
				}
				seen[l] = name
			}
		}
	}
	if len(seen) != lanes {
		t.Errorf("%d lanes, want %d", len(seen), lanes)
	}
}

// TestPendingEventsAreBounded: if Run gets no processor time, at most LogEvents events
// wait. If more come, the events that wait are dropped, and every viewer will get a hello.
func TestPendingEventsAreBounded(t *testing.T) {
	t.Parallel()
	h, err := New(Config{Source: quiet{}, LogEvents: 10})
	if err != nil {
		t.Fatal(err)
	}
	publish := func(n int) { h.publish(make([]cluster.Event, n), make([][]byte, n)) }
	publish(4)
	publish(6)
	if len(h.pending) != 10 || h.skipped {
		t.Fatalf("%d events wait, skipped %v", len(h.pending), h.skipped)
	}
	publish(3)
	if len(h.pending) != 3 || !h.skipped {
		t.Errorf("%d events wait, skipped %v", len(h.pending), h.skipped)
	}
}

// TestAFrameIsMadeInOnePiece: the buffer of a frame is neither too short nor too long.
func TestAFrameIsMadeInOnePiece(t *testing.T) {
	t.Parallel()
	for _, texts := range [][]string{{"1"}, {"22", "1", "333"}} {
		var events []published
		for i, text := range texts {
			events = append(events, published{text: []byte(text), seq: uint64(i + 1)})
		}
		b := gatherPending(events)
		if want := "[" + strings.Join(texts, ",") + "]"; string(b.frame) != want || cap(b.frame) != len(want) {
			t.Errorf("%s in a buffer of %d, want %s", b.frame, cap(b.frame), want)
		}
	}
}

// TestTheLogHasNoGap: the log holds batches that follow each other without a gap, up to its
// bounds.
func TestTheLogHasNoGap(t *testing.T) {
	t.Parallel()
	l := log{maxEvents: 10, maxBytes: 1000}
	add := func(b *batch, want string) {
		t.Helper()
		l.add(b, totals{})
		if got := seqs(l.batches); got != want || l.tip != b.last() {
			t.Fatalf("the log holds %s up to %d, want %s", got, l.tip, want)
		}
	}
	has := func(want string) {
		t.Helper()
		var got []string
		for seq := range uint64(60) {
			if l.has(seq) {
				got = append(got, fmt.Sprint(seq))
			}
		}
		if s := strings.Join(got, " "); s != want {
			t.Errorf("the log has %s, want %s", s, want)
		}
	}
	has("1") // nothing was missed yet
	add(batchOf(1, 3, 100), "1-3")
	add(batchOf(4, 5, 100), "1-3 4-5")
	add(batchOf(6, 10, 100), "1-3 4-5 6-10") // ten events
	add(batchOf(11, 11, 100), "4-5 6-10 11-11")
	l.maxEvents = 100
	add(batchOf(12, 12, 600), "4-5 6-10 11-11 12-12")       // 900 bytes
	add(batchOf(13, 13, 100), "4-5 6-10 11-11 12-12 13-13") // 1000 bytes
	for seq, want := range map[uint64]string{
		4: "4-5 6-10 11-11 12-12 13-13", 5: "4-5 6-10 11-11 12-12 13-13", 6: "6-10 11-11 12-12 13-13", 10: "6-10 11-11 12-12 13-13",
		11: "11-11 12-12 13-13", 12: "12-12 13-13", 13: "13-13",
	} {
		if got := seqs(l.from(seq)); got != want {
			t.Errorf("from %d on: %s, want %s", seq, got, want)
		}
	}
	add(batchOf(14, 14, 101), "11-11 12-12 13-13 14-14") // 1101 bytes, and 1001 without the oldest
	add(batchOf(15, 15, 2000), "15-15")                  // the newest batch stays, however long it is
	add(batchOf(16, 16, 10), "16-16")
	if l.events != 1 || l.bytes != len(l.batches[0].frame) {
		t.Errorf("%d events with %d bytes are counted", l.events, l.bytes)
	}
	add(batchOf(30, 31, 10), "30-31") // after a gap
	l.add(&batch{first: 32, entries: []entry{{seq: 32}, {seq: 40}}}, totals{})
	if len(l.batches) != 0 || l.tip != 40 {
		t.Errorf("a batch with a gap: the log holds %s up to %d", seqs(l.batches), l.tip)
	}
	has("41")
}

// TestGatherFillsAFrame: several batches share a frame up to maxFrame. A batch that is
// longer has a frame of its own.
func TestGatherFillsAFrame(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		bytes []int // of the frames of batches of two events each
		after uint64
	}{
		"one":             {[]int{100}, 3},
		"short ones":      {[]int{100, 100, 100}, 7},
		"up to the bound": {[]int{maxFrame - 1000, 1000, 100}, 5},
		"over the bound":  {[]int{maxFrame - 1000, 1001}, 3},
		"a long one":      {[]int{2 * maxFrame, 100}, 3},
		"then a long one": {[]int{100, 2 * maxFrame}, 3},
	} {
		var batches []*batch
		for i, n := range tc.bytes {
			batches = append(batches, batchOf(uint64(2*i+1), uint64(2*i+2), n))
		}
		json, after := gather(1, batches)
		if after != tc.after || bytes.Count(json, []byte(",")) != int(after-1-1) || !bytes.HasPrefix(json, []byte("[1")) {
			t.Errorf("%s: %d commas, goes on at %d, want %d", name, bytes.Count(json, []byte(",")), after, tc.after)
		}
	}
}

// TestASummaryOfMaxSummary: a summary of maxSummary bytes is sent. A longer one is not
// sent.
func TestASummaryOfMaxSummary(t *testing.T) {
	t.Parallel()
	for over, made := range map[int]bool{0: true, 1: false} {
		b := batchOf(1, 1, maxSummary+over)
		frame, err := summarize(span{next: 1, tip: 1}, view{batches: []*batch{b}, counted: &totals{}})
		if err != nil || (frame != nil) != made || made && len(frame) != maxSummary {
			t.Errorf("%d bytes more than maxSummary: a frame of %d, %v", over, len(frame), err)
		}
	}
}

// TestAViewerGetsNoEventTwice: if the viewer already has some events of a batch, it gets
// only the others.
func TestAViewerGetsNoEventTwice(t *testing.T) {
	t.Parallel()
	h, err := New(Config{Source: quiet{}})
	if err != nil {
		t.Fatal(err)
	}
	h.log.add(batchOf(1, 3, 0), totals{})
	for next, want := range map[uint64]string{1: "[1,2,3]", 2: "[2,3]", 3: "[3]"} {
		v := &Viewer{hub: h, begun: true, next: next}
		if frame, err := v.Next(t.Context()); err != nil || string(frame) != want || v.next != 4 {
			t.Errorf("from %d on: %s, %v, goes on at %d, want %s", next, frame, err, v.next, want)
		}
	}
	h.log.add(batchOf(4, 5, 0), totals{})
	v := &Viewer{hub: h, begun: true, next: 1}
	if frame, err := v.Next(t.Context()); err != nil || string(frame) != "[1,2,3,4,5]" || v.next != 6 {
		t.Errorf("two batches: %s, %v, goes on at %d", frame, err, v.next)
	}
}

// TestWhenAViewerIsBehind: it gets a summary if it is more than Lag events behind, or
// after a hello that replaced missed events.
func TestWhenAViewerIsBehind(t *testing.T) {
	t.Parallel()
	h, err := New(Config{Source: quiet{}, Lag: 10})
	if err != nil {
		t.Fatal(err)
	}
	h.log.add(batchOf(21, 40, 0), totals{})
	for _, tc := range []struct {
		next, countsFrom uint64
		want             string
	}{
		{20, 0, "behind"},
		{21, 0, "summary"},
		{30, 0, "summary"}, // eleven events
		{31, 0, "frame"},   // ten
		{40, 0, "frame"},
		{40, 5, "summary"},
		{41, 0, "waits"},
		{41, 5, "summary"},
		{42, 0, "waits"}, // the hello had events that the log does not have
		{42, 5, "waits"},
	} {
		v := &Viewer{hub: h, begun: true, next: tc.next, countsFrom: tc.countsFrom}
		s, got := v.present(), "frame"
		switch {
		case s.grown != nil:
			got = "waits"
		case s.behind:
			got = "behind"
		case s.counted != nil:
			got = "summary"
		}
		if got != tc.want {
			t.Errorf("next %d, counts from %d: %s, want %s", tc.next, tc.countsFrom, got, tc.want)
		}
	}
}

// TestManyViewersGetFewerFrames: from the eleventh viewer on there are fewer frames, and ten
// a second for a thousand.
func TestManyViewersGetFewerFrames(t *testing.T) {
	t.Parallel()
	h, err := New(Config{Source: quiet{}})
	if err != nil {
		t.Fatal(err)
	}
	for viewers, want := range map[int]time.Duration{
		0: 2 * time.Millisecond, 10: 2 * time.Millisecond, 11: 2200 * time.Microsecond, 200: 40 * time.Millisecond,
		500: 100 * time.Millisecond, 501: 100 * time.Millisecond, 1000: 100 * time.Millisecond,
	} {
		h.viewers = viewers
		if got := h.batchInterval(); got != want {
			t.Errorf("%d viewers: %v between frames, want %v", viewers, got, want)
		}
	}
}

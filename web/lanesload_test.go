package web_test

import (
	"bytes"
	"fmt"
	"net/http"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"
)

// TestLanesUnderLoad measures fifteen nodes, their playground and the page of all lanes
// under 300 operations a second in each lane: the start of the nodes and of the page, the
// frames of the page, the memory. It also measures the frames of an empty page under the same load, as the best
// that a page can reach. On a machine without other load it demands a start under 1.5 s and a
// p95 of the frames under 20 ms:
//
//	go test ./web -run TestLanesUnderLoad -frames 20s -v
func TestLanesUnderLoad(t *testing.T) {
	if *framesFor == 0 {
		t.Skip("this measurement needs -frames")
	}
	b := open(t, "about:blank", 1920, 1080)
	r := launchLanes(t)
	began := time.Now()
	b.visit(r.URL + "/lanes")
	b.until("fifteen nodes", `document.querySelectorAll('.lane .node[data-status=up]').length === 15`)
	start := r.Took + time.Since(began)
	r.Do(http.MethodPost, "/api/lanes/workload", `{"rate":300,"clients":16,"keys":10,"read_ratio":0.5}`)
	b.everyFrame()
	b.unobserved()
	b.until("the load in each lane", `window.__frames.totals().lanes.every((l) => l.sent > 2000)`)
	before := load()
	m := eval[measured](b, fmt.Sprintf("window.__frames.measure(%d)", framesFor.Milliseconds()))
	playground, nodes := memoryOfLanes(t, r)
	t.Logf("start %v, with the page %v; %d frames in %.0f s: p50 %.1f ms, p95 %.1f, p99 %.1f, longest %.1f; memory %d MiB in the playground, %d MiB in its nodes; load average %s, then %s",
		r.Took.Round(time.Millisecond), start.Round(time.Millisecond), m.Frames, m.Seconds, m.P50, m.P95, m.P99, m.Longest, playground, nodes, before, load())
	b.shot("lanes-load-1920")
	b.leave()
	b.everyFrame()
	floor := eval[measured](b, fmt.Sprintf(framesOfAnEmptyPage, framesFor.Milliseconds()))
	t.Logf("an empty page under the same load: %d frames: p50 %.1f ms, p95 %.1f, p99 %.1f, longest %.1f; load average %s",
		floor.Frames, floor.P50, floor.P95, floor.P99, floor.Longest, load())
	r.Do(http.MethodDelete, "/api/lanes/workload", "")
	if start >= 1500*time.Millisecond {
		t.Errorf("the start took %v, want under 1.5 s", start)
	}
	if m.P95 >= 20 {
		t.Errorf("p95 of a frame: %.1f ms, want under 20", m.P95)
	}
}

// framesOfAnEmptyPage measures the frames of a page that shows nothing, for so many ms.
const framesOfAnEmptyPage = `new Promise((done) => {
	const gaps = [];
	let start = 0, last = 0;
	const frame = (now) => {
		if (start) gaps.push(now - last);
		else start = now;
		last = now;
		if (now - start < %d) return requestAnimationFrame(frame);
		gaps.sort((a, b) => a - b);
		const share = (q) => gaps[Math.min(gaps.length - 1, Math.floor(gaps.length * q))];
		done({ frames: gaps.length, p50: share(0.5), p95: share(0.95), p99: share(0.99), longest: share(1) });
	};
	requestAnimationFrame(frame);
})`

// memoryOfLanes returns the resident memory of the playground and of its nodes, in MiB.
func memoryOfLanes(t *testing.T, r *real) (playground, nodes int) {
	t.Helper()
	out, err := exec.Command("ps", "-o", "ppid=,pid=,rss=", "-e").Output()
	if err != nil {
		t.Skip("no ps here:", err)
	}
	for line := range bytes.Lines(out) {
		fields := strings.Fields(string(line))
		if len(fields) != 3 {
			continue
		}
		kib, _ := strconv.Atoi(fields[2])
		switch me := strconv.Itoa(r.PID); {
		case fields[1] == me:
			playground += kib
		case fields[0] == me:
			nodes += kib
		}
	}
	return playground >> 10, nodes >> 10
}

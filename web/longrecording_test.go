package web_test

import (
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"flag"
	"fmt"
	"io"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"capplayground/server/recording"
)

var longEvents = flag.Int("recording.events", 0, "measure a recording of so many events: its size, how long it takes to read and to show, seeks, memory")

// TestALongRecording measures a long recording, on the server and on the page. It runs
// only with -recording.events, because its figures have a meaning only on a machine
// without other load.
func TestALongRecording(t *testing.T) {
	if *longEvents == 0 {
		t.Skip("-recording.events is not set")
	}
	text := longRecording(t, *longEvents)
	packed := pack(t, text)
	began := time.Now()
	rec, err := recording.Read(bytes.NewReader(packed))
	if err != nil || len(rec.Events) != *longEvents || len(rec.Missing) > 0 {
		t.Fatalf("%v", err)
	}
	t.Logf("%d events, %.1f MB, %.1f MB compressed; the server reads it in %.2f s", len(rec.Events), float64(len(text))/1e6, float64(len(packed))/1e6, time.Since(began).Seconds())

	r := launch(t)
	b := openBeside(t, r.URL+"/", 1920, 1080)
	b.has("badge", "pace=live")
	empty := b.heap()
	for range 2 { // the second time the browser has compiled the scripts
		took := eval[float64](b, fmt.Sprintf(`(async () => {
			const bytes = Uint8Array.from(atob(%q), (c) => c.charCodeAt(0)), files = new DataTransfer();
			files.items.add(new File([bytes], 'long.jsonl.gz'));
			document.querySelector('[data-testid=playback] span').textContent = '';
			const began = performance.now();
			document.body.dispatchEvent(new DragEvent('drop', { bubbles: true, cancelable: true, dataTransfer: files }));
			while (!document.querySelector('[data-testid=playback]').textContent.includes(' events.')) await new Promise((done) => requestAnimationFrame(() => setTimeout(done)));
			return performance.now() - began;
		})()`, base64.StdEncoding.EncodeToString(packed)))
		t.Logf("the page shows it after %.0f ms; load average %s", took, load())
	}
	t.Logf("seeks, ms: %s", eval[string](b, "window.__frames.seeks(200).then(JSON.stringify)"))
	t.Logf("heap of the page after collection: %.1f MB, %.1f MB before", b.heap()/1e6, empty/1e6)
}

var (
	seqOf  = regexp.MustCompile(`^\{"seq":\d+`)
	timeOf = regexp.MustCompile(`"(t|v|due|deadline)":(\d{16})`)
	idOf   = regexp.MustCompile(`"(msg|dup_of|op)":"([^"]+)"`)
)

// longRecording repeats the events of a real run under load, with their own numbers,
// times and ids, until there are n of them.
func longRecording(t *testing.T, n int) []byte {
	t.Helper()
	packed, err := os.ReadFile("../server/scenario/builtin/12-one-script-three-lanes-CP.jsonl.gz")
	if err != nil {
		t.Fatal(err)
	}
	z, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(z)
	if err != nil {
		t.Fatal(err)
	}
	rec, err := recording.Read(bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	span := rec.End().UnixMicro() - rec.Head.Clock.T + 1_000_000
	var b bytes.Buffer
	lines := strings.Split(strings.TrimSuffix(string(text), "\n"), "\n")
	fmt.Fprintf(&b, "%s\n%s\n", lines[0], lines[1])
	for seq := 0; seq < n; {
		round := int64(seq / len(rec.Events))
		for _, line := range lines[2:] {
			if seq == n || !strings.HasPrefix(line, `{"seq"`) {
				continue
			}
			seq++
			line = seqOf.ReplaceAllString(line, fmt.Sprintf(`{"seq":%d`, rec.Hello.Seq+uint64(seq)))
			if round > 0 {
				line = timeOf.ReplaceAllStringFunc(line, func(s string) string {
					m := timeOf.FindStringSubmatch(s)
					at, _ := strconv.ParseInt(m[2], 10, 64) // 16 digits
					return fmt.Sprintf(`"%s":%d`, m[1], at+round*span)
				})
				line = idOf.ReplaceAllString(line, fmt.Sprintf(`"$1":"$2.%d"`, round))
			}
			b.WriteString(line + "\n")
		}
	}
	return b.Bytes()
}

func pack(t *testing.T, text []byte) []byte {
	t.Helper()
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	if _, err := z.Write(text); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

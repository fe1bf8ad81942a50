package web_test

import (
	"context"
	"encoding/base64"
	"fmt"
	"os"
	"os/exec"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"capplayground/cluster/loopback"
	"capplayground/server/servertest"
)

const refusedFile = "../static/js/testdata/recordings/refused.jsonl"

// replayFile runs playground replay and returns the page's address.
func replayFile(t *testing.T, file string) string {
	t.Helper()
	block := loopback.Test(t, 5)
	ctx, stop := context.WithCancel(context.Background())
	cmd := exec.CommandContext(ctx, servertest.MustProgram(t), "replay", file, "--listen", block.Playground)
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	cmd.WaitDelay = 10 * time.Second
	out, err := cmd.StdoutPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		stop()
		_ = cmd.Wait()
	})
	if n, err := out.Read(make([]byte, 4096)); err != nil { // it prints "Open …" when it serves
		t.Fatalf("the program printed %d bytes, %v", n, err)
	}
	return "http://" + block.Playground + "/"
}

// drop drops a file on the page.
func (b *tab) drop(name string, text []byte) {
	b.t.Helper()
	eval[bool](b, fmt.Sprintf(`(() => {
		const bytes = Uint8Array.from(atob(%q), (c) => c.charCodeAt(0)), files = new DataTransfer();
		files.items.add(new File([bytes], %q));
		return document.body.dispatchEvent(new DragEvent('drop', { bubbles: true, cancelable: true, dataTransfer: files })) || true;
	})()`, base64.StdEncoding.EncodeToString(text), name))
}

// TestARecordingOnThePage shows a recording in two ways: the server replays it, and a file
// is dropped on the page of a playground. Neither page allows a change. The second page
// leads back to the playground.
func TestARecordingOnThePage(t *testing.T) {
	text, err := os.ReadFile(refusedFile)
	if err != nil {
		t.Fatal(err)
	}
	b := open(t, replayFile(t, refusedFile), 1920, 1080)
	b.looksAtThePlayback()
	b.shot("playback-1920")
	b.size(1280, 720)
	b.settled()
	b.shot("playback-1280")

	r := launch(t)
	live := openBeside(t, r.URL+"/", 1280, 720)
	live.has("badge", "pace=live")
	eval[bool](live, "location.hash = 'at=1', true")
	live.until("why an old link leads nowhere", "document.querySelector('[data-testid=notice]').textContent.includes('does not remember')")
	live.has("badge", "pace=live")
	live.drop("x.jsonl", text[:len(text)/2])
	live.until("what is missing", "document.querySelector('[data-testid=playback]').textContent.includes('The file breaks off in line')")
	live.drop("bad.jsonl", []byte("{\"kind\":\"head\"}\n"))
	live.until("the line that is wrong", `document.querySelector('[data-testid=notice]').textContent.startsWith('Not a recording: line 1: format ""')`)
	live.drop("x.jsonl", text)
	live.looksAtThePlayback()
	live.press("L")
	live.until("no link to a file that this page alone has", "document.querySelector('[data-testid=notice]').textContent.startsWith('Copy link: only this page')")
	live.click("[data-testid=playback-back]")
	live.has("badge", "pace=live")
	live.until("no moment of the recording", "location.hash === ''")
	live.hasCount(5, "node", "status=up")
	live.until("no operation of the recording", "document.querySelector('#op-title').textContent === 'Nothing asked yet'")

	// A page without a stage passes the file to the stage. From there the reader can go back
	// to the page.
	for page, ready := range map[string]string{"presenter": "document.querySelector('[data-testid=title]').textContent === 'No scenario' && document.querySelector('[data-testid=drives]').textContent !== ''", "compare": "document.querySelector('#start') && !document.querySelector('#start').hidden"} {
		live.do(chromedp.Navigate(r.URL + "/" + page))
		live.until("the page "+page, ready)
		live.drop("x.jsonl", text)
		live.until("the recording on the stage", "document.querySelector('[data-testid=playback]')?.textContent.includes('224 events') && location.pathname === '/' && location.search === ''")
		live.has("badge", "pace=replay")
		live.click("[data-testid=playback-back]")
		live.until("the page "+page+" again", "location.pathname === '/"+page+"'")
	}
}

// looksAtThePlayback checks an accepted write, a refused write, and the actions that a
// playback does not allow.
func (b *tab) looksAtThePlayback() {
	b.t.Helper()
	b.has("badge", "pace=replay")
	b.until("the file's name", "document.querySelector('[data-testid=playback]').textContent.includes('224 events')")
	b.until("a greyed verb with its reason", "document.querySelector('.verb[data-action=write]').getAttribute('aria-disabled') === 'true' && document.querySelector('.verb[data-action=write]').title === 'this is a recording, nothing runs'")
	b.press("w")
	b.until("the reason", "document.querySelector('[data-testid=notice]').textContent === 'Write: this is a recording, nothing runs.'")
	b.press(kb.End)
	b.until("the end", "document.querySelector('#op-title').textContent.startsWith('read city')")
	b.has("badge", "pace=replay")
	for range 3 { // the read, the thaw, the write
		b.press(kb.PageUp)
	}
	b.until("the moment of the refused write", "document.querySelectorAll('[data-testid=node][data-status=frozen]').length === 1")
	b.click("#tab-session")
	b.until("the verdict", "document.querySelector('[data-testid=verdict]').dataset.verdict === 'linearizable so far'")
	b.click("#tab-op")
}

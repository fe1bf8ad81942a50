package web_test

import (
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"capplayground/web/site"
)

// buildSite writes the simulated edition to a directory.
func buildSite(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	file := filepath.Join(dir, "module")
	cmd := exec.Command("go", "build", "-trimpath", "-ldflags=-s -w", "-o", file, "capplayground/cmd/simulation")
	cmd.Env = append(os.Environ(), "GOOS=js", "GOARCH=wasm")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	read := func(name string) []byte {
		data, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		return data
	}
	root, err := exec.Command("go", "env", "GOROOT").Output()
	if err != nil {
		t.Fatal(err)
	}
	pages := filepath.Join(dir, "pages")
	err = site.Write(filepath.Join(pages, "talk"), site.Config{
		Module: read(file), Exec: read(filepath.Join(strings.TrimSpace(string(root)), "lib", "wasm", "wasm_exec.js")), Version: "test",
	})
	if err != nil {
		t.Fatal(err)
	}
	return pages
}

// TestTheSimulatedEdition opens the site from a server that only has files. It writes,
// freezes, opens a form and saves a recording. After that it works without the server.
func TestTheSimulatedEdition(t *testing.T) {
	files := httptest.NewServer(http.FileServer(http.Dir(buildSite(t))))
	defer files.Close()
	b := open(t, files.URL+"/talk/?seed=7", 1280, 720)
	b.hasCount(5, "node", "status=up")
	b.reads("seed", "7")
	b.until("the badge", "document.querySelector('[data-testid=simulated]')?.textContent.includes('SIMULATED')")

	b.write("Lisboa")
	b.has("op", "status=201")
	b.freeze(4)
	b.press("1")
	b.write("Porto")
	b.has("op", "status=503")
	b.until("the real playground in the command", "getComputedStyle(document.querySelector('[data-testid=op] code, code[data-text^=curl]'), '::before').content.includes('in the real playground')")
	b.shot("simulated")
	b.heal()

	b.press("e") // the form of a link comes from the playground, by htmx
	b.until("the form of a link", "document.querySelector('#pop-link:popover-open form')")
	b.press(kb.Escape)

	saved := eval[string](b, "(async () => { const { reach } = await import(document.querySelector('script[type=module]').src.replace('simulated.js', 'source/reach.js')); return (await reach.ask('/api/recording')).text(); })()")
	if !strings.Contains(saved, "simulated, seed 7") || !strings.Contains(saved, "Lisboa") {
		t.Errorf("the recording is %.200s", saved)
	}

	eval[bool](b, "navigator.serviceWorker.ready.then(() => true)")
	files.Close()
	b.do(chromedp.Navigate(files.URL + "/talk/?seed=7"))
	b.hasCount(5, "node", "status=up")
	b.write("Faro")
	b.has("op", "status=201")
}

package web_test

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
)

// hostileValue replaces a value in the recording. The page must show it as text only.
const hostileValue = `<img src=x onerror=alert(1)>&"'`

// saved stores each file that the page saves. window.saved is the newest file.
const saved = `{
	const make = URL.createObjectURL;
	URL.createObjectURL = (blob) => { window.saved = blob; return make(blob); };
	HTMLAnchorElement.prototype.click = () => {};
}`

// TestPicturesOfTheStage saves pictures of the ring and of the diagram at a moment of
// a recording, as SVG and as PNG, light and dark, and copies one. A real browser opens
// each file. The file shows the same as the page, in the page's fonts, and no script in it
// runs.
func TestPicturesOfTheStage(t *testing.T) {
	text, err := os.ReadFile(refusedFile)
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "hostile.jsonl")
	quoted := strings.ReplaceAll(hostileValue, `"`, `\"`)
	if err := os.WriteFile(file, bytes.ReplaceAll(text, []byte("Lisboa"), []byte(quoted)), 0o600); err != nil {
		t.Fatal(err)
	}
	b := open(t, "about:blank", 1280, 720)
	b.onNewDocument(copied + "\n" + saved)
	b.linkOpens(replayFile(t, file) + refusedMoment)
	b.has("node", "node=4", "status=frozen")
	b.settled()

	theme := eval[string](b, "document.documentElement.dataset.theme ?? ''")
	svgs := map[string]string{}
	for _, of := range []string{"ring", "diagram"} {
		for _, colours := range []string{"light", "dark"} {
			name := of + "-" + colours
			svgs[name] = string(b.picture(of, colours, "svg"))
			img := b.readPNG(b.picture(of, colours, "png"), name)
			if want := eval[[]int](b, "(({width, height}) => [2 * width, 2 * height])(document.querySelector('"+map[string]string{"ring": "#ring", "diagram": "#diagram-canvas"}[of]+"').getBoundingClientRect())"); img.Bounds().Dx() < want[0]-1 || (of == "diagram" && img.Bounds().Dx() > want[0]+1) {
				t.Errorf("%s.png is %v wide, want %d", name, img.Bounds().Dx(), want[0])
			}
			corner := color.GrayModel.Convert(img.At(2, 2)).(color.Gray).Y
			if dark := colours == "dark"; dark != (corner < 128) {
				t.Errorf("%s.png has a corner with brightness %d", name, corner)
			}
		}
	}
	if now := eval[string](b, "document.documentElement.dataset.theme ?? ''"); now != theme {
		t.Errorf("after the pictures the page has theme %q, want %q", now, theme)
	}
	clipped := b.picture("ring", "light", "copy")
	b.theme("dark")
	b.settled()
	for _, of := range []string{"ring", "diagram"} {
		if string(b.picture(of, "dark", "svg")) != svgs[of+"-dark"] {
			t.Errorf("%s.svg differs between a light and a dark page", of)
		}
	}
	for name, svg := range svgs {
		of, _, _ := strings.Cut(name, "-")
		for _, fault := range b.faultsOf(of, svg) {
			t.Errorf("%s.svg %s", name, fault)
		}
	}
	b.findsPlanted(svgs["ring-light"], clipped)
}

// picture makes a picture with the form, and returns the file. With "copy" the picture goes
// to the clipboard instead of a file.
func (b *tab) picture(of, colours, how string) []byte {
	b.t.Helper()
	eval[bool](b, "window.saved = window.copiedItem = undefined, true")
	b.press("P")
	b.until("the form", "document.querySelector('#pop-picture:popover-open')")
	eval[bool](b, fmt.Sprintf("(() => { const f = document.querySelector('#pop-picture'); f.elements.namedItem('of').value = %q; f.elements.namedItem('theme').value = %q; return true; })()", of, colours))
	if of == "ring" && colours == "dark" {
		b.shot("picture-form")
	}
	b.click("#pop-picture [value=" + how + "]")
	file := "window.saved"
	if how == "copy" {
		b.until("a copied picture", "window.copiedItem")
		file = "await window.copiedItem.getType('image/png')"
	} else {
		b.until("a saved picture", "window.saved")
	}
	data := eval[string](b, `(async () => {
		const bytes = new Uint8Array(await (`+file+`).arrayBuffer());
		let text = '';
		for (const byte of bytes) text += String.fromCharCode(byte);
		return btoa(text);
	})()`)
	bytes, err := base64.StdEncoding.DecodeString(data)
	if err != nil || len(bytes) == 0 {
		b.t.Fatalf("the picture has %d bytes, %v", len(bytes), err)
	}
	return bytes
}

// readPNG decodes a picture, which must have more than one colour. With SHOTS it saves the
// picture.
func (b *tab) readPNG(data []byte, name string) image.Image {
	b.t.Helper()
	img, err := png.Decode(bytes.NewReader(data))
	if err != nil {
		b.t.Fatalf("%s.png: %v", name, err)
	}
	seen := map[color.Color]bool{}
	for x := 0; x < img.Bounds().Dx(); x += 3 {
		for y := 0; y < img.Bounds().Dy(); y += 3 {
			seen[img.At(x, y)] = true
		}
	}
	if len(seen) < 10 {
		b.t.Errorf("%s.png has %d colours", name, len(seen))
	}
	if dir := os.Getenv("SHOTS"); dir != "" {
		if err := os.WriteFile(filepath.Join(dir, "picture-"+name+".png"), data, 0o600); err != nil {
			b.t.Error(err)
		}
	}
	return img
}

// faultsOf opens an SVG file in a page of its own, without our stylesheets and scripts, and
// describes its faults.
func (b *tab) faultsOf(of, svg string) (faults []string) {
	b.t.Helper()
	b.do(chromedp.Navigate("data:image/svg+xml," + url.PathEscape(svg)))
	b.until("a picture", "document.documentElement.localName === 'svg'")
	if eval[bool](b, "document.querySelector('script, foreignObject, image, a, use, parsererror') !== null || [...document.querySelectorAll('*')].some((e) => [...e.attributes].some((a) => /^on|href/.test(a.name)))") {
		faults = append(faults, "has what can run or be fetched")
	}
	if strings.Contains(svg, "http://") && strings.Count(svg, "http://") != strings.Count(svg, "http://www.w3.org/2000/svg") {
		faults = append(faults, "names another place")
	}
	b.until("the fonts of the picture", "[...document.fonts].some((f) => f.status === 'loaded')")
	if of == "ring" {
		for _, text := range eval[[]string](b, "[...document.querySelectorAll('text')].filter((e) => { const r = e.getBoundingClientRect(), all = document.documentElement.getBoundingClientRect(); return r.top < all.top - 1 || r.left < all.left - 1 || r.right > all.right + 1 || r.bottom > all.bottom + 1; }).map((e) => e.textContent)") {
			faults = append(faults, fmt.Sprintf("cuts off %q", text))
		}
	}
	texts := eval[[]string](b, "[...document.querySelectorAll('text')].map((e) => e.textContent)")
	all := strings.Join(texts, "\n")
	for _, want := range map[string][]string{"ring": {hostileValue[:4], "frozen", "coordinator", "$ curl", "waits"}, "diagram": {"1", "2", "3", "4", "5", "201"}}[of] {
		if !strings.Contains(all, want) {
			faults = append(faults, fmt.Sprintf("does not say %q: %q", want, texts))
		}
	}
	return faults
}

// findsPlanted plants an error in a picture of each format. The check must find the error.
func (b *tab) findsPlanted(svg string, file []byte) {
	b.t.Helper()
	for right, wrong := range map[string]string{
		"</svg>":  "<script/></svg>",
		"<g ":     `<g onclick="alert(1)" `,
		"</text>": "http://127.0.0.1/</text>",
		"<text ":  `<text x="-900" y="9">cut off</text><text `,
		"frozen":  "",
	} {
		if !strings.Contains(svg, right) {
			b.t.Errorf("the picture has no %q", right)
		} else if len(b.faultsOf("ring", strings.ReplaceAll(svg, right, wrong))) == 0 {
			b.t.Errorf("the check of pictures does not find %q", wrong)
		}
	}
	file[len(file)/2] ^= 1
	if _, err := png.Decode(bytes.NewReader(file)); err == nil {
		b.t.Error("the check of pictures does not find a flipped bit")
	}
}

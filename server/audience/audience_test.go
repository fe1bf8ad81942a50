package audience

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-chi/chi/v5"

	"capplayground/cluster"
)

// fakeTalk records the calls that it gets.
type fakeTalk struct {
	mu      sync.Mutex
	presses []string
	votes   map[string]int
	driver  string
}

func (f *fakeTalk) note(what string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.presses = append(f.presses, what)
}

func (f *fakeTalk) Vote(voter string, choice int) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if choice > 3 {
		return fmt.Errorf("%w: no such choice", cluster.ErrBadFault)
	}
	f.votes[voter] = choice
	return nil
}

func (f *fakeTalk) Next() error       { f.note("next"); return nil }
func (f *fakeTalk) Back() error       { f.note("back"); return nil }
func (f *fakeTalk) Black()            { f.note("black") }
func (f *fakeTalk) Drive(page string) { f.driver = page }
func (f *fakeTalk) MayDrive(page string) error {
	if f.driver != "" && f.driver != page {
		return fmt.Errorf("%w: another page drives", cluster.ErrNotNow)
	}
	return nil
}

const name = "talk.example:9000"

func newHandler() (*Handler, *fakeTalk) {
	f := &fakeTalk{votes: map[string]int{}}
	says := func(text string) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, text) })
	}
	return New(Config{
		Talk: f, Page: says("page"), Remote: says("remote"), Static: says("static"),
		Streams: map[string]http.Handler{"/ws": says("stream"), "/lanes/AP/ws": says("stream of AP")}, Hosts: []string{name}, Token: "secret-token",
	}), f
}

// ask sends one request. A header line is "Name: value".
func ask(d *Handler, method, path, body string, header ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, "http://"+name+path, strings.NewReader(body))
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	for _, h := range header {
		key, value, _ := strings.Cut(h, ": ")
		r.Header.Set(key, value)
	}
	w := httptest.NewRecorder()
	d.ServeHTTP(w, r)
	return w
}

// TestPhonesReachOnlyTheirOwnRoutes walks the router: the handler has the routes of this list
// and no others.
func TestPhonesReachOnlyTheirOwnRoutes(t *testing.T) {
	t.Parallel()
	d, _ := newHandler()
	var got []string
	err := chi.Walk(d.Routes(), func(method, route string, _ http.Handler, _ ...func(http.Handler) http.Handler) error {
		got = append(got, method+" "+route)
		return nil
	})
	slices.Sort(got)
	want := []string{
		"GET /", "GET /audience", "GET /lanes/AP/ws", "GET /remote", "GET /static/*", "GET /ws",
		"POST /remote/back", "POST /remote/black", "POST /remote/next", "POST /vote",
	}
	if err != nil || !slices.Equal(got, want) {
		t.Errorf("the handler has %v\nwant %v (%v)", got, want, err)
	}
	for _, path := range []string{"/api/cluster", "/api/reset", "/api/scenario", "/presenter", "/api/nodes/1/kill"} {
		for _, method := range []string{"GET", "POST", "PUT", "DELETE"} {
			if w := ask(d, method, path, ""); w.Code != http.StatusNotFound {
				t.Errorf("%s %s: %d", method, path, w.Code)
			}
		}
	}
}

func TestAVoteBelongsToABrowser(t *testing.T) {
	t.Parallel()
	d, f := newHandler()
	if w := ask(d, "POST", "/vote", `{"choice":1}`); w.Code != http.StatusForbidden {
		t.Errorf("a vote without a cookie: %d", w.Code)
	}
	page := ask(d, "GET", "/audience", "")
	cookies := page.Result().Cookies()
	if len(cookies) != 1 || !cookies[0].HttpOnly || cookies[0].SameSite != http.SameSiteStrictMode || cookies[0].Path != "/vote" || cookies[0].MaxAge != 0 {
		t.Fatalf("cookies %v", cookies)
	}
	me := "Cookie: " + cookies[0].Name + "=" + cookies[0].Value
	for _, choice := range []int{1, 3} {
		if w := ask(d, "POST", "/vote", fmt.Sprintf(`{"choice":%d}`, choice), me); w.Code != http.StatusOK {
			t.Errorf("vote %d: %d %s", choice, w.Code, w.Body)
		}
	}
	if len(f.votes) != 1 || f.votes[cookies[0].Value] != 3 {
		t.Errorf("votes %v", f.votes)
	}
	for body, status := range map[string]int{
		`{"choice":9}`: 422, `{"choice":"a"}`: 422, `{`: 400, `{"choice":1,"voter":"x"}`: 422, `{"choice":1}{}`: 400,
	} {
		if w := ask(d, "POST", "/vote", body, me); w.Code != status {
			t.Errorf("%s: %d %s, want %d", body, w.Code, w.Body, status)
		}
	}
	if w := ask(d, "GET", "/audience", "", "Cookie: "+voterCookie+"=abc"); len(w.Result().Cookies()) != 0 {
		t.Error("a browser that has a name got a second one")
	}
}

func TestTheRemoteNeedsItsToken(t *testing.T) {
	t.Parallel()
	d, f := newHandler()
	for _, header := range []string{"X: y", "Authorization: Bearer wrong", "Authorization: Bearer ", "Authorization: secret-token"} {
		if w := ask(d, "POST", "/remote/next", "", header); w.Code != http.StatusUnauthorized {
			t.Errorf("%s: %d", header, w.Code)
		}
	}
	const token = "Authorization: Bearer secret-token"
	for _, press := range []string{"next", "back", "black"} {
		if w := ask(d, "POST", "/remote/"+press, "", token); w.Code != http.StatusOK {
			t.Errorf("%s: %d %s", press, w.Code, w.Body)
		}
	}
	if !slices.Equal(f.presses, []string{"next", "back", "black"}) {
		t.Errorf("pressed %v", f.presses)
	}
	f.driver = "stage"
	if w := ask(d, "POST", "/remote/next", `{"take":false}`, token); w.Code != http.StatusConflict {
		t.Errorf("while another drives: %d", w.Code)
	}
	if w := ask(d, "POST", "/remote/next", `{"take":true}`, token); w.Code != http.StatusOK || f.driver != remotePage {
		t.Errorf("taking over: %d, %s drives", w.Code, f.driver)
	}
}

func TestGuessingTheTokenIsSlow(t *testing.T) {
	t.Parallel()
	d, f := newHandler()
	now := time.Unix(0, 0)
	d.guesses.now = func() time.Time { return now }
	statuses := map[int]int{}
	for range 100 {
		statuses[ask(d, "POST", "/remote/next", "", "Authorization: Bearer guess").Code]++
	}
	if statuses[401] != guessAtOnce || statuses[429] != 100-guessAtOnce {
		t.Errorf("statuses %v", statuses)
	}
	if w := ask(d, "POST", "/remote/next", "", "Authorization: Bearer secret-token"); w.Code != http.StatusTooManyRequests || len(f.presses) != 0 {
		t.Errorf("the right token after them: %d", w.Code)
	}
	now = now.Add(2 * time.Second)
	if w := ask(d, "POST", "/remote/next", "", "Authorization: Bearer secret-token"); w.Code != http.StatusOK {
		t.Errorf("later: %d", w.Code)
	}
}

func TestStrangersAreRefused(t *testing.T) {
	t.Parallel()
	d, _ := newHandler()
	if w := ask(d, "POST", "/vote", `{"choice":1}`, "Sec-Fetch-Site: cross-site"); w.Code != http.StatusForbidden {
		t.Errorf("a foreign page votes: %d", w.Code)
	}
	r := httptest.NewRequest("GET", "http://evil.example/audience", nil)
	w := httptest.NewRecorder()
	d.ServeHTTP(w, r)
	if w.Code != http.StatusForbidden {
		t.Errorf("a foreign Host: %d", w.Code)
	}
}

func TestTheLimiterForgets(t *testing.T) {
	t.Parallel()
	l := newLimiter(1, 0.001)
	now := time.Unix(0, 0)
	l.now = func() time.Time { return now }
	for i := range maxAddresses + 5 {
		l.allow(fmt.Sprint(i))
	}
	if len(l.buckets) > maxAddresses {
		t.Errorf("%d addresses", len(l.buckets))
	}
	now = now.Add(2 * forget)
	for i := range maxAddresses {
		l.allow(fmt.Sprint("new", i))
	}
	if len(l.buckets) > maxAddresses {
		t.Errorf("%d addresses", len(l.buckets))
	}
}

func TestACodeHasItsThreeCorners(t *testing.T) {
	t.Parallel()
	c, err := NewCode("http://192.168.1.20:9000/audience")
	if err != nil || c.Width < 21 || !strings.HasPrefix(c.Path, "M0 0h7v1h-7z") {
		t.Errorf("%+v, %v", c, err)
	}
	if _, err := NewCode(strings.Repeat("x", 5000)); err == nil || errors.Is(err, cluster.ErrNotNow) {
		t.Errorf("too long: %v", err)
	}
}

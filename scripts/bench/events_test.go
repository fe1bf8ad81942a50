package main

//lint:file-ignore SA1019 The project's owner fixed this path; its maintainers moved to another.

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"nhooyr.io/websocket"
)

func TestMessagesInSumsAreSeen(t *testing.T) {
	t.Parallel()
	var seen arrivals
	for _, frame := range []string{
		`[{"kind":"sent","t":1000,"from":1,"to":2,"class":"request"},{"kind":"delivered","t":1000,"from":1,"to":2,"class":"request"}]`,
		`[{"kind":"flow","from":1,"to":2,"class":"request","sent":4,"delivered":3},{"kind":"flow","from":2,"to":1,"class":"yes","sent":2}]`,
		`[{"kind":"sent","t":2000,"from":1,"to":2,"class":"request"}]`, // after the sum
		`[{"kind":"flow","from":1,"to":2,"class":"request","sent":5,"delivered":5}]`,
	} {
		seen.take([]byte(frame), time.UnixMicro(3000))
	}
	took, messages := seen.now()
	if len(took) != 2 || took[0] != 2*time.Millisecond || took[1] != time.Millisecond || messages != 7 {
		t.Errorf("%v one by one, %d messages; want 2 ms and 1 ms, and 7 messages", took, messages)
	}
}

// A viewer that writes before it has its hello misses the events of the write: they are in
// the hello.
func TestAViewerHasItsHelloBeforeTheFirstWrite(t *testing.T) {
	t.Parallel()
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ws, err := websocket.Accept(w, r, nil)
		if err != nil {
			t.Error(err)
			return
		}
		defer ws.CloseNow()
		for _, frame := range []string{`[{"kind":"hello"}]`, `[{"kind":"sent"}]`} {
			if err := ws.Write(t.Context(), websocket.MessageText, []byte(frame)); err != nil {
				return
			}
		}
		<-t.Context().Done()
	}))
	t.Cleanup(srv.Close)
	frames := make(chan string, 1)
	leave, err := viewer(t.Context(), strings.TrimPrefix(srv.URL, "http://"), func(frame []byte) { frames <- string(frame) })
	if err != nil {
		t.Fatal(err)
	}
	defer leave()
	if got := <-frames; got != `[{"kind":"sent"}]` {
		t.Errorf("the first frame after the hello: %s", got)
	}
}

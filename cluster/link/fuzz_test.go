package link

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"strings"
	"testing"
)

// FuzzReadUp and FuzzReadDown: for any input, each line is read or refused by itself. There
// are no more results than lines. A line that was read is the same after it is written and
// read again.
func FuzzReadUp(f *testing.F) {
	f.Add(`{"hello":{"node":3,"pid":7,"mode":"CA","addr":"127.0.0.3:3003"}}` + "\n")
	f.Add(`{"events":[{"kind":"sent","node":1,"t":1,"lc":2}]}` + "\n" + `{"events":[]}` + "\n")
	f.Add("{\"pong\":{\"seq\":1}}\n\n{\"done\":{\"id\":1}}\nnonsense\n{}{}\n")
	f.Add(`{"stream":{"id":"s","from":1,"to":2}}` + "\n" + `{"ready":{}}`)
	f.Fuzz(func(t *testing.T, in string) { lines(t, in, (*Conn).ReadUp) })
}

func FuzzReadDown(f *testing.F) {
	f.Add(`{"settings":{"pace":{"pace":"live","rate":1},"rules":[{"id":"1","from":"*","to":2,"type":"*","do":"hold"}]}}` + "\n")
	f.Add("{\"ping\":{\"seq\":1}}\n\n{\"command\":{}}\n")
	f.Add(`{"refused":"no"}` + "\n" + `{"settings":{"links":[{"from":1,"to":2,"loss":1e400}]}}` + "\n")
	f.Fuzz(func(t *testing.T, in string) { lines(t, in, (*Conn).ReadDown) })
}

func lines[T any](t *testing.T, in string, next func(*Conn) (T, error)) {
	c := NewConn(strings.NewReader(in), io.Discard, nil)
	for range strings.Count(in, "\n") + 1 {
		v, err := next(c)
		if errors.Is(err, ErrLine) {
			continue
		}
		if err != nil {
			return
		}
		var out bytes.Buffer
		if err := NewConn(nil, &out, nil).Send(v); err != nil {
			t.Fatalf("%+v cannot be written: %v", v, err)
		}
		again, err := next(NewConn(&out, nil, nil))
		was, _ := json.Marshal(v)
		is, _ := json.Marshal(again)
		if err != nil || !bytes.Equal(was, is) {
			t.Fatalf("%s came back as %s, %v", was, is, err)
		}
	}
	t.Errorf("more results than lines in %q", in)
}

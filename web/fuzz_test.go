package web

import (
	"encoding/json"
	"net/url"
	"testing"

	"capplayground/cluster"
)

// FuzzFocus parses any frame of a window. The frame is refused, or it is a focus with
// bounded fields, which the other windows get unchanged.
func FuzzFocus(f *testing.F) {
	for _, s := range []string{
		`{"kind":"focus","key":"city","op":"7","node":3,"at":5}`, `{"kind":"focus","node":10}`, `{"kind":"focus","at":-1}`, `{"kind":"focus","kind":"focus"}`,
		`{"kind":"sent"}`, `[{"kind":"focus"}]`, `{"kind":"focus","key":"\ud83d"}`, "{\"kind\":\"focus\",\"key\":\"\xff\"}", `{"kind":"focus"} {}`,
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, frame []byte) {
		got, err := parseFocus(frame)
		if err != nil {
			return
		}
		if len(got.Key) > 256 || len(got.Op) > 64 || len(got.Msg) > 128 || len(got.Tab) > 16 || got.Node < 0 || got.Node > cluster.MaxNodes || got.At < 0 {
			t.Fatalf("%q is accepted as %+v", frame, got)
		}
		out, err := json.Marshal(got)
		if err != nil {
			t.Fatal(err)
		}
		if again, err := parseFocus(out); err != nil || again != got {
			t.Fatalf("%q is sent on as %q, which is %+v, %v", frame, out, again, err)
		}
	})
}

// FuzzResume asks for streams with any query. The name of the playground process and the
// time between frames must be bounded.
func FuzzResume(f *testing.F) {
	for _, s := range []string{"since=41&boot=x&follow", "since=-1", "since=99999999999999999999", "%zz", "a;b", "boot=%00", "every=16", "every=-1", "every=70000"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, query string) {
		values, _ := url.ParseQuery(query)
		if asked, err := resume(values); err == nil && (len(asked.boot) > maxBoot || asked.every < 0 || asked.every > maxEvery) {
			t.Fatalf("accepted: %+v", asked)
		}
	})
}

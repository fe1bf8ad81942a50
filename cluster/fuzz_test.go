package cluster

import (
	"bytes"
	"encoding/json"
	"reflect"
	"testing"
)

// FuzzMessageLine: a line of a stream is read as encoding/json reads it, or
// refused as it does, and what is read of it can be written and read again.
func FuzzMessageLine(f *testing.F) {
	f.Add([]byte(`{"from":1,"to":2,"type":"prepare","class":"request","body":{"k":"a"},"id":"1.a.1","sent":5}`))
	f.Add([]byte(`{"from":1,"body":[{"k":"]"}],"label":"\""}`))
	f.Add([]byte(`{"from":1,"from":2,"FROM":3,"gen":18446744073709551615}`))
	f.Add([]byte(`{"body":null,"held":false,"label":"\ud83d"} `))
	f.Fuzz(func(t *testing.T, line []byte) {
		var ours, theirs, again Message
		err, theirErr := ours.ParseJSON(line), json.Unmarshal(line, &theirs)
		if theirErr == nil && err != nil {
			t.Fatalf("%q: %v, which encoding/json takes", line, err)
		}
		if err != nil || len(ours.Body) > 0 && !json.Valid(ours.Body) {
			return // what is in a body is for its protocol to refuse
		}
		if theirErr != nil || !reflect.DeepEqual(ours, theirs) {
			t.Fatalf("%q: read\n%+v, want\n%+v, %v", line, ours, theirs, theirErr)
		}
		if err := again.ParseJSON(ours.AppendJSON(nil)); err != nil {
			t.Fatalf("of %q: %v", line, err)
		}
		again.Body, ours.Body = compact(again.Body), compact(ours.Body)
		if !reflect.DeepEqual(ours, again) {
			t.Fatalf("%q: came back as\n%+v, was\n%+v", line, again, ours)
		}
	})
}

// compact is JSON without space: a line may not have line ends in it.
func compact(j json.RawMessage) json.RawMessage {
	var b bytes.Buffer
	if json.Compact(&b, j) != nil {
		return j
	}
	return b.Bytes()
}

// FuzzEventLine: the events of a link's line are read as encoding/json reads
// them, and come back as they were written.
func FuzzEventLine(f *testing.F) {
	f.Add([]byte(`[{"kind":"sent","node":1,"t":5,"lc":7,"msg":"1.a.1","from":1,"to":2,"type":"prepare","class":"request"}]`))
	f.Add([]byte(`[{"kind":"return","node":1,"t":5,"lc":7,"op":"7","status":201},{"kind":"status","status":"up","node":2,"t":0,"lc":0}]`))
	f.Add([]byte(`[{"kind":"key","node":1,"t":1,"lc":1,"siblings":[{"val":"a","version":"b"}],"homes":[1,2]}]`))
	f.Add([]byte(`[{"kind":"progress","node":1,"t":1,"lc":1,"yes":[1,22],"badges":{"hints":2},"report":{"a":[1]}}] `))
	f.Add([]byte(`[null,{}]`))
	f.Fuzz(func(t *testing.T, line []byte) {
		ours, err := ParseEvents(line)
		var theirs []Event
		theirErr := json.Unmarshal(line, &theirs)
		if (err == nil) != (theirErr == nil) {
			t.Fatalf("%q: %v, and encoding/json says %v", line, err, theirErr)
		}
		if err != nil {
			return
		}
		if !same(ours, theirs) {
			t.Fatalf("%q: read\n%+v, want\n%+v", line, ours, theirs)
		}
		again, err := ParseEvents(AppendEvents(nil, ours))
		if err != nil || !same(again, ours) {
			t.Fatalf("%q: came back as\n%+v, was\n%+v (%v)", line, again, ours, err)
		}
	})
}

// same compares events by what encoding/json makes of them: an empty list is
// none.
func same(a, b []Event) bool {
	x, err1 := json.Marshal(a)
	y, err2 := json.Marshal(b)
	return err1 == nil && err2 == nil && (len(a) == 0 && len(b) == 0 || bytes.Equal(x, y))
}

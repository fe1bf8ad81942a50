package cluster

import (
	"encoding/json"
	"sync"

	strict "github.com/go-json-experiment/json"
)

// MustJSON encodes a body of a message, or a record, as JSON. It panics if v has a type
// that JSON cannot encode.
func MustJSON(v any) json.RawMessage {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return b
}

// ReadJSON reads what MustJSON wrote into the struct to which into points, and reports
// whether it could. The library needs a third of the time of encoding/json to read, and
// more time to write.
func ReadJSON(b []byte, into any) bool { return strict.Unmarshal(b, into) == nil }

// readers are the readers of ReadLine. The strings of several lines share memory.
var readers = sync.Pool{New: func() any { return new(LineReader) }}

// ReadLine is ReadJSON without reflection. read reads the form that MustJSON writes for a T.
// If b has another form, ReadJSON reads it.
func ReadLine[T any](b []byte, into *T, read func(*T, *LineReader)) bool {
	r := readers.Get().(*LineReader)
	r.line, r.at, r.Failed = b, 0, false
	read(into, r)
	ok := r.Done()
	r.line = nil
	readers.Put(r)
	if ok {
		return true
	}
	*into = *new(T)
	return ReadJSON(b, into)
}

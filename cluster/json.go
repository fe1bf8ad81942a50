package cluster

import (
	"encoding/json"

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

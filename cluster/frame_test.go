package cluster

import (
	"encoding/binary"
	"encoding/json"
	"reflect"
	"testing"

	experiment "github.com/go-json-experiment/json"
	"pgregory.net/rapid"
)

// cutLength returns the length at the beginning of a frame, and the rest of the frame.
func cutLength(t testing.TB, frame []byte) (length int, rest []byte) {
	t.Helper()
	n, used := binary.Uvarint(frame)
	if used <= 0 {
		t.Fatalf("a frame without a length: %q", frame)
	}
	return int(n), frame[used:]
}

// Every field of a message travels in its frame.
func TestAMessageComesBackFromItsFrame(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		var m, back Message
		fillStruct(t, reflect.ValueOf(&m).Elem(), rapid.String())
		m.From, m.To, m.For = m.From&7, m.To&7, m.For&7
		frame := m.AppendFrame([]byte("before"))
		length, rest := binary.Uvarint(frame[len("before"):])
		rest = len(frame) - len("before") - rest
		if string(frame[:6]) != "before" || int(length) != rest {
			t.Fatalf("the frame gives the length %d, and %d bytes follow", length, rest)
		}
		if err := back.ParseFrame(frame[len(frame)-rest:]); err != nil {
			t.Fatal(err)
		}
		if !reflect.DeepEqual(m, back) {
			t.Fatalf("read\n%+v, wrote\n%+v", back, m)
		}
	})
}

// A frame that ends early, or has bytes behind its end, is refused.
func TestOnlyWholeFramesAreRead(t *testing.T) {
	t.Parallel()
	m := usualMessage()
	_, frame := cutLength(t, m.AppendFrame(nil))
	for n := range frame {
		if m.ParseFrame(frame[:n]) == nil {
			t.Errorf("the first %d of %d bytes are read as %+v", n, len(frame), m)
		}
	}
	if m.ParseFrame(append(frame, 0)) == nil {
		t.Error("a frame with one more byte is read")
	}
}

func usualMessage() Message {
	return Message{
		From: 1, To: 2, Type: "store", Class: ClassRequest, Op: "0198c0de-0000-7000-8000-000000000000", Label: "op=0198 city=Lisboa 8.1.0198",
		Deadline: 1_700_000_000_000_000, Body: []byte(`{"key":"city","put":{"tag":{"c":8,"n":1,"op":"0198c0de-0000-7000-8000-000000000000"},"val":"Lisboa"}}`),
		ID: "1.0a1b2c3d.77", Sent: 1_700_000_000_000_000, LC: 1234,
	}
}

// BenchmarkFrame shows why messages between nodes are not JSON. It writes and reads one
// message with this package, with encoding/json and with github.com/go-json-experiment/json.
func BenchmarkFrame(b *testing.B) {
	m := usualMessage()
	_, frame := cutLength(b, m.AppendFrame(nil))
	text, err := json.Marshal(m)
	if err != nil {
		b.Fatal(err)
	}
	b.Logf("%d bytes, in JSON %d", len(frame), len(text))
	var space []byte
	for name, do := range map[string]func() error{
		"append/cluster":       func() error { space = m.AppendFrame(space[:0]); return nil },
		"append/encoding-json": func() error { _, err := json.Marshal(&m); return err },
		"append/experiment":    func() error { _, err := experiment.Marshal(&m); return err },
		"parse/cluster":        func() error { var m Message; return m.ParseFrame(frame) },
		"parse/encoding-json":  func() error { var m Message; return json.Unmarshal(text, &m) },
		"parse/experiment":     func() error { var m Message; return experiment.Unmarshal(text, &m) },
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if err := do(); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

package peer

import (
	"bufio"
	"encoding/json"
	"net"
	"strings"
	"testing"

	"capplayground/cluster"
)

// Whatever comes on a stream, its reader takes in only whole messages of that
// stream, and ends without a panic.
func FuzzStream(f *testing.F) {
	good, err := json.Marshal(msg(1, 2, 7))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(string(good) + "\n" + string(good) + "\n")
	f.Add(string(good))
	f.Add(`{"from":2,"to":2}` + "\n")
	f.Add("{\"from\":1,\"to\":2,\"body\":null}\n[]\n")
	f.Add(strings.Repeat("x", 70_000) + "\n")
	f.Fuzz(func(t *testing.T, in string) {
		lines := strings.Count(in, "\n")
		took := 0
		tr := &Transport{cfg: Config{Take: func(m cluster.Message) {
			if m.From != 1 || m.To != 2 {
				t.Errorf("took in %v", m)
			}
			took++
		}}}
		here, there := net.Pipe()
		defer func() { _ = here.Close() }()
		go func() { _, _ = there.Read(make([]byte, 1<<20)); _ = there.Close() }()
		if err := tr.read(here, bufio.NewReader(strings.NewReader(in)), &Ended{From: 1, To: 2}); err == nil {
			t.Error("a stream that never ends")
		}
		if took > lines {
			t.Errorf("%d messages on %d lines", took, lines)
		}
	})
}

package peer

import (
	"bufio"
	"encoding/json"
	"net"
	"net/http"
	"slices"
	"strings"
	"testing"

	"capplayground/cluster"
)

// deaf is a connection that takes what is written to it.
type deaf struct{ net.Conn }

func (deaf) Write(b []byte) (int, error) { return len(b), nil }

// FuzzStream: whatever comes on a stream, its reader takes in whole messages
// of that stream only, each on a line of its own and as encoding/json reads
// it, up to the first that is none, and ends.
func FuzzStream(f *testing.F) {
	good, err := json.Marshal(msg(1, 2, 7))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(string(good) + "\n" + string(good) + "\n")
	f.Add(string(good))
	f.Add(`{"from":2,"to":2}` + "\n")
	f.Add("{\"from\":1,\"to\":2,\"body\":null}\n[]\n")
	f.Add("{\"from\":1,\"to\":2}\r\n\n")
	f.Add(strings.Repeat("x", 70_000) + "\n")
	f.Fuzz(func(t *testing.T, in string) {
		var took []cluster.Message
		tr := &Transport{cfg: Config{Take: func(m cluster.Message) { took = append(took, m) }}}
		ended := Ended{From: 1, To: 2}
		if err := tr.read(deaf{}, bufio.NewReader(strings.NewReader(in)), &ended); err == nil {
			t.Error("a stream that never ends")
		}
		lines := strings.SplitAfter(in, "\n")
		for i, m := range took {
			var want cluster.Message
			if err := want.ParseJSON([]byte(lines[i])); err != nil || want.String() != m.String() || m.From != 1 || m.To != 2 || !strings.HasSuffix(lines[i], "\n") {
				t.Fatalf("of %q took in %v", lines[i], m)
			}
		}
		if n := len(took); n > 0 && (ended.First != took[0].ID || ended.Last != took[n-1].ID) {
			t.Errorf("told %+v of %v", ended, took)
		}
		if left := lines[len(took)]; strings.HasSuffix(left, "\n") {
			var m cluster.Message
			if m.ParseJSON([]byte(left)) == nil && m.From == 1 && m.To == 2 {
				t.Errorf("did not take in %q", left)
			}
		}
	})
}

// FuzzHandshake: only a peer that names itself, our mode, our epoch, an
// incarnation and a stream, and brings our token, is let in; anybody else is
// told why.
func FuzzHandshake(f *testing.F) {
	f.Add("GET", "cap-peer", "2", "CP", "3", "i", "s", "Bearer secret")
	f.Add("GET", "CAP-PEER", "2", "CP", "03", "i", "s", "Bearer secret")
	f.Add("POST", "websocket", "1", "CA", "-1", "", "", "Basic secret")
	f.Add("GET", "cap-peer", "9", "", "3", strings.Repeat("i", 65), strings.Repeat("s", 97), "")
	tr := &Transport{cfg: Config{ID: 1, Mode: "CP", Epoch: 3, Token: "secret"}, senders: map[cluster.NodeID]*sender{2: {}, 3: {}}}
	f.Fuzz(func(t *testing.T, method, upgrade, node, mode, epoch, incarnation, stream, auth string) {
		r := &http.Request{Method: method, Header: http.Header{
			"Upgrade": {upgrade}, headerNode: {node}, headerMode: {mode}, headerEpoch: {epoch},
			headerIncarnation: {incarnation}, headerStream: {stream}, "Authorization": {auth},
		}}
		h, status, why := tr.check(r)
		if status != 0 {
			if why == "" || !slices.Contains([]int{400, 403, 409, 426}, status) {
				t.Fatalf("refused with %d %q", status, why)
			}
			return
		}
		if method != "GET" || !strings.EqualFold(upgrade, Protocol) || auth != "Bearer secret" || mode != "CP" ||
			(node != "2" && node != "3") || h.from.String() != "n"+node || incarnation == "" || stream == "" || h.incarnation != incarnation || h.stream != stream {
			t.Fatalf("let in %+v as %+v", r, h)
		}
	})
}

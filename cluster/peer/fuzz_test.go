package peer

import (
	"bufio"
	"encoding/binary"
	"net"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"testing"

	"capplayground/cluster"
)

// deaf is a connection that drops all bytes that are written to it.
type deaf struct{ net.Conn }

func (deaf) Write(b []byte) (int, error) { return len(b), nil }

// FuzzStream: from any bytes, a reader takes in the whole messages of its stream, up to the
// first bytes that are not such a message. Then it ends.
func FuzzStream(f *testing.F) {
	one, other := msg(1, 2, 7), msg(2, 2, 7)
	good := string(one.AppendFrame(nil))
	f.Add(good + good)
	f.Add(good[:len(good)-1])
	f.Add(good + string(other.AppendFrame(nil)) + good)
	f.Add("\x00")
	f.Add("\xff\xff\xff\xff\x01")
	f.Add("\xf0\xa2\x04" + strings.Repeat("x", 70_000) + good)
	f.Fuzz(func(t *testing.T, in string) {
		var took []cluster.Message
		tr := &Transport{cfg: Config{Take: func(all []cluster.Message) { took = append(took, all...) }}}
		ended := Ended{From: 1, To: 2}
		if err := tr.read(deaf{}, bufio.NewReader(strings.NewReader(in)), &ended); err == nil {
			t.Error("a stream that never ends")
		}
		if want := framesOf([]byte(in)); !reflect.DeepEqual(took, want) {
			t.Fatalf("took in\n%v, want\n%v", took, want)
		}
		if n := len(took); n > 0 && (ended.First != took[0].ID || ended.Last != took[n-1].ID) {
			t.Errorf("reported %+v after %v", ended, took)
		}
	})
}

// framesOf returns the messages from 1 to 2 at the start of a stream.
func framesOf(in []byte) (all []cluster.Message) {
	for {
		length, used := binary.Uvarint(in)
		if used <= 0 || used > maxLength || length > MaxFrame || length > uint64(len(in)-used) {
			return all
		}
		var m cluster.Message
		if m.ParseFrame(in[used:used+int(length)]) != nil || m.From != 1 || m.To != 2 {
			return all
		}
		all, in = append(all, m), in[used+int(length):]
	}
}

// FuzzHandshake: a peer is accepted only if it sends its id, the node's mode and epoch, an
// incarnation and a stream, and the node's token. Any other peer gets the reason.
func FuzzHandshake(f *testing.F) {
	f.Add("GET", Protocol, "2", "CP", "3", "i", "s", "Bearer secret")
	f.Add("GET", strings.ToUpper(Protocol), "2", "CP", "03", "i", "s", "Bearer secret")
	f.Add("POST", "websocket", "1", "CA", "-1", "", "", "Basic secret")
	f.Add("GET", Protocol, "9", "", "3", strings.Repeat("i", 65), strings.Repeat("s", 97), "")
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
			t.Fatalf("accepted %+v as %+v", r, h)
		}
	})
}

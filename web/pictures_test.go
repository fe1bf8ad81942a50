package web_test

import (
	"net"
	"os"
	"testing"

	"capplayground/cluster/loopback"
	"capplayground/server/servertest"
)

// TestPictures takes the README's pictures from real runs:
//
//	SHOTS=testdata/shots go test ./web -run TestPictures
//
// Each is one scene of a talk, played until the page shows its result.
func TestPictures(t *testing.T) {
	if os.Getenv("SHOTS") == "" {
		t.Skip("SHOTS names no directory for pictures")
	}
	block := loopback.Test(t, 5)
	r := &real{servertest.Start(t, servertest.Options{Place: servertest.Place{Listen: block.Playground, Nodes: usual(block.Addrs)}}), t}
	b := open(t, r.URL+"/", 1920, 1080)
	b.hasCount(5, "node", "status=up")

	// CA: one frozen participant stops every write.
	playFrozen(r, b)
	b.shot("ca-frozen-1920")
	b.theme("dark")
	b.settled()
	b.shot("dark-1920")
	b.theme("light")
	b.show(window{390, 844, 1})
	b.settled()
	b.shot("phone-390")
	b.show(windows[0])
	b.heal()

	// CA in slow motion: a dead participant, and a selected vote.
	playHand(r, b)
	b.shot("slow-hand-1920")
	endHand(r, b)

	// AP: two siblings after a cut, and a hint for a home that is frozen.
	r.mode(b, "AP")
	r.siblings(b)
	b.rests()
	b.shot("ap-siblings-1920")
	b.heal()

	// CP: the minority of a partition refuses writes, the majority accepts them.
	playSplit(r, b)
	b.shot("cp-split-1920")
}

// usual returns the default addresses of the nodes. If another process listens at one of
// them, it returns the other addresses.
func usual(others []string) []string {
	addrs, _ := loopback.Default(len(others))
	for _, addr := range addrs {
		ln, err := net.Listen("tcp", addr)
		if err != nil {
			return others
		}
		_ = ln.Close()
	}
	return addrs
}

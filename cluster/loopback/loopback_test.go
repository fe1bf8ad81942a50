package loopback_test

import (
	"net"
	"sync"
	"testing"

	"capplayground/cluster/loopback"
)

func TestReserve(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	var mu sync.Mutex
	var wg sync.WaitGroup
	for range 10 {
		b := loopback.Test(t, 5)
		if len(b.Addrs) != 5 {
			t.Fatalf("%d addresses", len(b.Addrs))
		}
		for _, addr := range append([]string{b.Playground}, b.Addrs...) {
			wg.Go(func() {
				mu.Lock()
				defer mu.Unlock()
				if seen[addr] {
					t.Errorf("%s handed out twice", addr)
				}
				seen[addr] = true
				ln, err := net.Listen("tcp", addr)
				if err != nil {
					t.Error(err)
					return
				}
				_ = ln.Close()
			})
		}
	}
	wg.Wait()
}

func TestDefault(t *testing.T) {
	t.Parallel()
	addrs, alone := loopback.Default(5)
	want := "127.0.0.5:3005"
	if alone {
		want = "127.0.0.1:3005"
	}
	if len(addrs) != 5 || addrs[0] != "127.0.0.1:3001" || addrs[4] != want {
		t.Errorf("%v", addrs)
	}
}

func TestLanes(t *testing.T) {
	t.Parallel()
	lanes, alone := loopback.Lanes(3, 5)
	want := [][2]string{{"127.0.0.1:3001", "127.0.0.5:3005"}, {"127.0.1.1:3001", "127.0.1.5:3005"}, {"127.0.2.1:3001", "127.0.2.5:3005"}}
	if alone {
		want = [][2]string{{"127.0.0.1:3001", "127.0.0.1:3005"}, {"127.0.0.1:3101", "127.0.0.1:3105"}, {"127.0.0.1:3201", "127.0.0.1:3205"}}
	}
	for i, lane := range lanes {
		if len(lane) != 5 || lane[0] != want[i][0] || lane[4] != want[i][1] {
			t.Errorf("lane %d: %v, want from %v", i, lane, want[i])
		}
	}
}

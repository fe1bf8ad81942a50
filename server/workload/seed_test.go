package workload

import (
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
)

// written runs a load on three nodes until 200 values are written, and returns where
// each value was written: the node and the path.
func written(t *testing.T, seed uint64) map[string]string {
	t.Helper()
	var mu sync.Mutex
	at := map[string]string{}
	var urls []string
	for node := range 3 {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			mu.Lock()
			defer mu.Unlock()
			if r.Method == http.MethodPost {
				var key, val string
				_, _ = fmt.Sscanf(r.URL.Path, "/database/load%1s/%s", &key, &val)
				at[val] = fmt.Sprint(node, " ", key)
			}
		}))
		t.Cleanup(server.Close)
		urls = append(urls, server.URL)
	}
	r := New(Config{Caller: Connections, URLs: urls})
	if err := r.Start(Load{Rate: 2000, Clients: 8, Keys: 9, ReadRatio: 0.5, Seed: seed}); err != nil {
		t.Fatal(err)
	}
	eventually(t, "200 writes", func() bool {
		mu.Lock()
		defer mu.Unlock()
		return len(at) >= 200
	})
	r.Stop()
	mu.Lock() // a server may still handle a call that its client has broken off
	defer mu.Unlock()
	return maps.Clone(at)
}

// Two clusters with loads of the same seed get the same calls. If one load leaves out a
// turn, the turns after it stay the same.
func TestTheSameSeedMakesTheSameCalls(t *testing.T) {
	a, b, other := written(t, 7), written(t, 7), written(t, 8)
	common, differ := 0, 0
	for val, where := range a {
		if again, ok := b[val]; ok {
			common++
			if again != where {
				t.Errorf("%s was written at %s, and with the same seed at %s", val, where, again)
			}
		}
		if again, ok := other[val]; ok && again != where {
			differ++
		}
	}
	if common < 20 || differ == 0 {
		t.Errorf("%d turns in common, %d differ with another seed", common, differ)
	}
}

package client

import (
	"context"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync"
	"testing"
	"time"

	"capplayground/cluster"
	"capplayground/server/operation"
)

// stage keeps the events that a client publishes. It has no event of any node.
type stage struct {
	mu     sync.Mutex
	events []cluster.Event
}

func (s *stage) Publish(events ...cluster.Event) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.events = append(s.events, events...)
}

func (*stage) Operation(cluster.NodeID, cluster.OpID) (invoked, returned bool) { return false, false }
func (*stage) Status(cluster.NodeID) cluster.Status                            { return cluster.StatusUp }

// still is a clock that stands still, so no call times out.
type still struct{}

func (still) Now() cluster.Time { return 0 }
func (still) Elapse(ctx context.Context, _ time.Duration) error {
	<-ctx.Done()
	return ctx.Err()
}

// TestTheReturnSaysThatTheConnectionBroke: a node takes a request and dies. The outcome is
// unknown, and an event says why no answer came.
func TestTheReturnSaysThatTheConnectionBroke(t *testing.T) {
	t.Parallel()
	node := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		conn, _, err := http.NewResponseController(w).Hijack()
		if err != nil {
			t.Error(err)
			return
		}
		_ = conn.Close()
	}))
	defer node.Close()
	heard := &stage{}
	c := New(Config{Caller: Connections(), URLs: []string{node.URL}, Stage: heard, Time: still{}, Clock: func() int64 { return 1 }})
	defer c.Close()
	_, answer := c.Do(t.Context(), operation.Op{Node: 1, Kind: cluster.OpWrite, Key: "city", Val: "Porto"})
	if answer.Status != http.StatusGatewayTimeout {
		t.Errorf("the answer is %d %s, want 504", answer.Status, answer.Body)
	}
	told := slices.IndexFunc(heard.events, func(e cluster.Event) bool {
		r, ok := e.Body.(*cluster.Returned)
		return ok && r.Status == cluster.HTTPStatus(http.StatusGatewayTimeout) && r.Text == connectionBroke
	})
	if told < 0 {
		t.Errorf("the stage got %+v", heard.events)
	}
}

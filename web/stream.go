package web

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"sync"
	"time"

	"capplayground/cluster"
	"capplayground/cluster/guard"
	"capplayground/server/hub"
)

const (
	maxBoot  = 64          // bytes of the name of a playground process
	maxEvery = time.Second // between two frames, at most

	// A phone gets a frame at most each phoneEvery, and about phoneRate bytes a second. A
	// thousand phones that take every event of a load would leave no processor time to the
	// nodes, and no room on the network of the hall. A phone that falls behind gets summaries.
	phoneEvery = 100 * time.Millisecond
	phoneRate  = 64 << 10
)

// viewing is the query with which a viewer asks for the stream.
type viewing struct {
	since  uint64 // the seq of its newest event
	boot   string // the playground process that the event came from
	follow bool   // it also gets the focus of the other windows
	// every is the time between two frames. A page draws at most 60 times a second, so
	// more frames than that only cost time. 0: the viewer gets each frame at once.
	every time.Duration
	// rate is how many bytes the viewer gets in a second, about; 0: no limit.
	rate int
}

// streams are the connections on /ws. They were hijacked, so http.Server does not end them.
// shutdown ends them.
type streams struct {
	hub   *hub.Hub
	relay *relay

	mu     sync.Mutex
	open   map[*socket]struct{}
	ended  bool
	stop   chan struct{} // closed when shutdown begins
	active sync.WaitGroup
}

func newStreams(h *hub.Hub) *streams {
	return &streams{hub: h, relay: newRelay(), open: map[*socket]struct{}{}, stop: make(chan struct{})}
}

// serve answers GET /ws. It sends events to the viewer, frame by frame, until the
// viewer goes or the playground ends. A viewer that reconnects gives the seq of
// its newest event and the playground process that it came from:
// ?since=41&boot=…. With ?follow it also gets the focus of the other windows. With
// ?every=16 it gets a frame at most each 16 ms.
func (s *streams) serve(w http.ResponseWriter, r *http.Request) {
	s.show(w, r, s.relay.listen, viewing{})
}

// watch does the same for a phone, which may only look: it ignores the phone's frames.
func (s *streams) watch(w http.ResponseWriter, r *http.Request) {
	s.show(w, r, ignore, viewing{every: phoneEvery, rate: phoneRate})
}

// show sends events to one viewer, no faster than limit says. listen reads the frames of
// the viewer until the viewer goes or ctx ends.
func (s *streams) show(w http.ResponseWriter, r *http.Request, listen func(context.Context, *socket), limit viewing) {
	asked, err := resume(r.URL.Query())
	if err != nil {
		guard.WriteError(w, cluster.Sentinel(err.Error(), cluster.ErrBadRequest))
		return
	}
	asked.every, asked.rate = max(asked.every, limit.every), limit.rate
	viewer, err := s.join(asked.since, asked.boot)
	if err != nil {
		w.Header().Set("Retry-After", "1")
		guard.WriteError(w, cluster.Sentinel(err.Error(), cluster.ErrBusy))
		return
	}
	defer viewer.Leave()

	conn, err := accept(w, r)
	if err != nil {
		return // accept has answered
	}
	defer conn.drop()
	if s.enter(conn) {
		defer s.exit(conn)
		s.sendEvents(viewer, conn, asked, listen)
	}
}

// join adds a viewer to the hub. The error is hub.ErrClosed after shutdown began.
func (s *streams) join(since uint64, boot string) (*hub.Viewer, error) {
	select {
	case <-s.stop:
		return nil, hub.ErrClosed
	default:
		return s.hub.Join(since, boot)
	}
}

// sendEvents sends events to the viewer until the viewer goes or the playground ends.
// It cannot use the request's context, because that does not end with a connection
// that was hijacked. It does not pass ctx to a read or write either, because the
// library closes the connection when such a context ends. So ctx only ends waits.
func (s *streams) sendEvents(viewer *hub.Viewer, conn *socket, asked viewing, listen func(context.Context, *socket)) {
	ctx, cancel := context.WithCancel(context.Background())
	var others sync.WaitGroup
	defer others.Wait()
	defer conn.drop()
	defer cancel()
	others.Go(func() {
		defer cancel()
		listen(ctx, conn)
	})
	if asked.follow {
		others.Go(func() {
			defer cancel()
			s.relay.follow(ctx, conn)
		})
	}
	others.Go(func() {
		select {
		case <-s.stop:
			cancel()
		case <-ctx.Done():
		}
	})
	for {
		frame, err := viewer.Next(ctx)
		if err == nil {
			err = conn.write(frame)
		}
		if err != nil {
			s.sendClosing(conn, err)
			return
		}
		asked.rest(ctx, len(frame))
	}
}

// rest waits after a frame of so many bytes, until the next one may be sent or ctx ends. It
// waits until a multiple of every. Viewers with the same every wait for the same moments, so
// that they share frames.
func (v viewing) rest(ctx context.Context, bytes int) {
	if v.every <= 0 {
		return
	}
	now := time.Now()
	next := now
	if v.rate > 0 {
		next = now.Add(time.Duration(bytes) * time.Second / time.Duration(v.rate))
	}
	select {
	case <-time.After(next.Truncate(v.every).Add(v.every).Sub(now)):
	case <-ctx.Done():
	}
}

// sendClosing closes the connection. If err came because the playground ends, it sends
// that reason.
func (s *streams) sendClosing(conn *socket, err error) {
	select {
	case <-s.stop:
		err = hub.ErrClosed
	default:
	}
	if errors.Is(err, hub.ErrClosed) {
		conn.sendClosing(hub.ErrClosed)
	}
}

// enter records a connection. It returns false after shutdown began.
func (s *streams) enter(conn *socket) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ended {
		return false
	}
	s.open[conn] = struct{}{}
	s.active.Add(1)
	return true
}

func (s *streams) exit(conn *socket) {
	s.mu.Lock()
	delete(s.open, conn)
	s.mu.Unlock()
	s.active.Done()
}

// shutdown ends all connections and returns when they have ended. When ctx ends
// first, it cuts the connections that are left and returns ctx's error.
func (s *streams) shutdown(ctx context.Context) error {
	s.mu.Lock()
	if !s.ended {
		s.ended = true
		close(s.stop)
	}
	s.mu.Unlock()

	gone := make(chan struct{})
	go func() {
		defer close(gone)
		s.active.Wait()
	}()
	select {
	case <-gone:
		return nil
	case <-ctx.Done():
	}
	s.mu.Lock()
	for conn := range s.open {
		conn.cut()
	}
	s.mu.Unlock()
	<-gone
	return ctx.Err()
}

// resume parses the query of a viewer.
func resume(q url.Values) (asked viewing, err error) {
	asked.boot, asked.follow = q.Get("boot"), q.Has("follow")
	if text := q.Get("since"); text != "" {
		asked.since, err = strconv.ParseUint(text, 10, 64)
	}
	if err != nil || len(asked.boot) > maxBoot {
		return viewing{}, errors.New("since must be a number, boot a name")
	}
	if text := q.Get("every"); text != "" {
		ms, err := strconv.ParseUint(text, 10, 16)
		asked.every = time.Duration(ms) * time.Millisecond
		if err != nil || asked.every > maxEvery {
			return viewing{}, errors.New("every must be 0 to 1000, in milliseconds")
		}
	}
	return asked, nil
}

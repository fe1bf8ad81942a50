package web

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"sync"

	"capplayground/cluster"
	"capplayground/cluster/guard"
	"capplayground/server/hub"
)

// maxBoot bounds the name of a playground process, in bytes.
const maxBoot = 64

// streams are the connections on /ws. http.Server does not end them, because they
// were hijacked: shutdown does.
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
// ?since=41&boot=…. With ?follow it also gets the focus of the other windows.
func (s *streams) serve(w http.ResponseWriter, r *http.Request) { s.show(w, r, s.relay.listen) }

// watch does the same for a viewer that may only look. It takes no focus from it.
func (s *streams) watch(w http.ResponseWriter, r *http.Request) { s.show(w, r, ignore) }

// show sends events to one viewer. listen reads the frames of the viewer until the
// viewer goes or ctx ends.
func (s *streams) show(w http.ResponseWriter, r *http.Request, listen func(context.Context, *socket)) {
	since, boot, follow, err := resume(r.URL.Query())
	if err != nil {
		guard.WriteError(w, cluster.Sentinel(err.Error(), cluster.ErrBadRequest))
		return
	}
	viewer, err := s.join(since, boot)
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
		s.sendEvents(viewer, conn, follow, listen)
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
// It cannot use the request's context, which says nothing about a connection
// that was hijacked. It does not pass ctx to a read or write either, because the
// library closes the connection when such a context ends. So ctx only ends waits.
func (s *streams) sendEvents(viewer *hub.Viewer, conn *socket, follow bool, listen func(context.Context, *socket)) {
	ctx, cancel := context.WithCancel(context.Background())
	var others sync.WaitGroup
	defer others.Wait()
	defer conn.drop()
	defer cancel()
	others.Go(func() {
		defer cancel()
		listen(ctx, conn)
	})
	if follow {
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
	}
}

// sendClosing closes the connection with the reason that the playground ends, if
// that is why err came.
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

// resume reads the query of a viewer: where its events continue, and whether it
// follows.
func resume(q url.Values) (since uint64, boot string, follow bool, err error) {
	boot, follow = q.Get("boot"), q.Has("follow")
	if text := q.Get("since"); text != "" {
		since, err = strconv.ParseUint(text, 10, 64)
	}
	if err != nil || len(boot) > maxBoot {
		return 0, "", false, errors.New("since must be a number, boot a name")
	}
	return since, boot, follow, nil
}

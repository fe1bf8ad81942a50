package web

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"sync"

	"capplayground/cluster/guard"
	"capplayground/server/hub"
)

// maxBoot is the longest name of a playground process.
const maxBoot = 64

// streams are the connections on /ws. They are out of http.Server's hands, so
// we end them ourselves.
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

// serve is GET /ws: events to the viewer, frame by frame, until one of us
// goes. Whoever saw events before says up to which, and of which playground
// process: ?since=41&boot=…; who wants to follow another window says ?follow.
func (s *streams) serve(w http.ResponseWriter, r *http.Request) { s.show(w, r, s.relay.listen) }

// watch is the same for viewers who may only look: nothing is taken from them.
func (s *streams) watch(w http.ResponseWriter, r *http.Request) { s.show(w, r, ignore) }

// show carries events to one viewer. listen reads what the viewer sends, until
// it goes or ctx ends.
func (s *streams) show(w http.ResponseWriter, r *http.Request, listen func(context.Context, *socket)) {
	since, boot, follow, err := resume(r.URL.Query())
	if err != nil {
		guard.WriteError(w, http.StatusBadRequest, err.Error())
		return
	}
	viewer, err := s.join(since, boot)
	if err != nil {
		w.Header().Set("Retry-After", "1")
		guard.WriteError(w, http.StatusServiceUnavailable, err.Error())
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
		s.pump(viewer, conn, follow, listen)
	}
}

func (s *streams) join(since uint64, boot string) (*hub.Viewer, error) {
	select {
	case <-s.stop:
		return nil, hub.ErrClosed
	default:
		return s.hub.Join(since, boot)
	}
}

// pump carries events to the viewer until one of us goes. The request's own
// context says nothing about a connection that was taken over, and a read or
// write whose context ends costs the connection: so ctx only ends our waiting.
func (s *streams) pump(viewer *hub.Viewer, conn *socket, follow bool, listen func(context.Context, *socket)) {
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
			s.bye(conn, err)
			return
		}
	}
}

// bye tells a viewer that is still there that the playground ends.
func (s *streams) bye(conn *socket, err error) {
	select {
	case <-s.stop:
		err = hub.ErrClosed
	default:
	}
	if errors.Is(err, hub.ErrClosed) {
		conn.leave(hub.ErrClosed)
	}
}

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

// resume reads what a viewer says of its past.
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

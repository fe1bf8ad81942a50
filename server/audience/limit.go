package audience

import (
	"net"
	"net/http"
	"sync"
	"time"
)

// An address without a call for the time forget may be deleted. At most maxAddresses
// addresses are kept.
const (
	forget       = time.Minute
	maxAddresses = 20_000
)

// limiter keeps a bucket of tokens for each address. A bucket starts full and refills with
// time: most is its size, and rate is in tokens per second.
type limiter struct {
	most, rate float64
	now        func() time.Time

	mu      sync.Mutex
	buckets map[string]*bucket
}

type bucket struct {
	left float64
	at   time.Time
}

func newLimiter(most, rate float64) *limiter {
	return &limiter{most: most, rate: rate, now: time.Now, buckets: map[string]*bucket{}}
}

// allow takes a token, and reports whether there was one.
func (l *limiter) allow(address string) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	b := l.bucket(address)
	if b.left < 1 {
		return false
	}
	b.left--
	return true
}

// may reports whether there is a token. It takes none.
func (l *limiter) may(address string) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.bucket(address).left >= 1
}

// bucket returns the bucket of an address, with the tokens of the time up to now. The
// caller holds mu.
func (l *limiter) bucket(address string) *bucket {
	now := l.now()
	b := l.buckets[address]
	if b == nil {
		if len(l.buckets) >= maxAddresses {
			l.sweep(now)
		}
		b = &bucket{left: l.most, at: now}
		l.buckets[address] = b
	}
	b.left = min(l.most, b.left+l.rate*now.Sub(b.at).Seconds())
	b.at = now
	return b
}

// sweep deletes the addresses that have not called for longer than forget. If the map is
// still full after that, it deletes all addresses.
func (l *limiter) sweep(now time.Time) {
	for address, b := range l.buckets {
		if now.Sub(b.at) > forget {
			delete(l.buckets, address)
		}
	}
	if len(l.buckets) >= maxAddresses {
		clear(l.buckets)
	}
}

// address returns the caller's IP address, without the port.
func address(r *http.Request) string {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		return r.RemoteAddr
	}
	return host
}

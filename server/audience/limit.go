package audience

import (
	"net"
	"net/http"
	"sync"
	"time"
)

// forget is after which time without a call an address is forgotten, and
// maxAddresses how many are remembered at most.
const (
	forget       = time.Minute
	maxAddresses = 20_000
)

// limiter gives each address a bucket of tokens that fills again with time.
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

// allow takes a token and says whether there was one.
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

// may says whether there is a token, and takes none.
func (l *limiter) may(address string) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.bucket(address).left >= 1
}

// bucket returns the bucket of an address, filled up to now. The caller holds
// the lock.
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

// sweep forgets the addresses that have not called for long, or all of them
// where that frees nothing.
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

// address is that of the caller, without its port.
func address(r *http.Request) string {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		return r.RemoteAddr
	}
	return host
}

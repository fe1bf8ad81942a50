package launch

import (
	"errors"
	"fmt"
	"net"
	"syscall"
	"testing"
)

// The name of a container that ended has no address. After the end of its link, that
// shows that the node is dead. A name server that does not answer shows nothing.
func TestResultOfAProbe(t *testing.T) {
	t.Parallel()
	dial := func(err error) error { return &net.OpError{Op: "dial", Net: "tcp", Err: err} }
	for name, row := range map[string]struct {
		err            error
		want           probeResult
		answered, dead bool
	}{
		"a connection":            {nil, accepted, true, false},
		"nothing listens":         {dial(fmt.Errorf("connect: %w", syscall.ECONNREFUSED)), refused, true, true},
		"no such host":            {dial(&net.DNSError{Err: "no such host", IsNotFound: true}), noHost, false, true},
		"the name server is late": {dial(&net.DNSError{Err: "i/o timeout", IsTimeout: true}), noAnswer, false, false},
		"no route":                {dial(syscall.EHOSTUNREACH), noAnswer, false, false},
		"no answer":               {dial(errors.New("i/o timeout")), noAnswer, false, false},
		"no free descriptor":      {dial(syscall.EMFILE), notTried, true, false},
	} {
		if got := resultOf(row.err); got != row.want || got.answered() != row.answered || got.isDead() != row.dead {
			t.Errorf("%s: %d, answered %v, dead %v", name, got, got.answered(), got.isDead())
		}
	}
}

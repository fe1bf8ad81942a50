// Package loopback finds addresses for nodes on this machine. On Linux all of 127.0.0.0/8
// can be bound, so each node has its own address, and a packet filter can tell the nodes
// apart. On macOS only 127.0.0.1 can be bound.
package loopback

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"strconv"
	"syscall"
)

// BasePort is the port of node 0. Node i has port 300i, as in the original.
const BasePort = 3000

// Default returns the usual addresses of n nodes: 127.0.0.1:3001 to 127.0.0.n:300n. If
// the other hosts cannot be bound, all nodes are on 127.0.0.1 with the same ports, and
// alone is true.
func Default(n int) (addrs []string, alone bool) {
	lanes, alone := Lanes(1, n)
	return lanes[0], alone
}

// Lanes returns the usual addresses of several clusters of n nodes each: lane k, from 0,
// has 127.0.k.1:3001 to 127.0.k.n:300n. If these cannot be bound, all nodes are on
// 127.0.0.1, the ports of lane k begin at 3001+100k, and alone is true.
func Lanes(lanes, n int) (addrs [][]string, alone bool) {
	alone = !Bindable(fmt.Sprintf("127.0.%d.%d", lanes-1, n))
	for k := range lanes {
		var lane []string
		for i := 1; i <= n; i++ {
			if alone {
				lane = append(lane, fmt.Sprintf("127.0.0.1:%d", BasePort+100*k+i))
			} else {
				lane = append(lane, fmt.Sprintf("127.0.%d.%d:%d", k, i, BasePort+i))
			}
		}
		addrs = append(addrs, lane)
	}
	return addrs, alone
}

// Bindable says whether a server may listen at host.
func Bindable(host string) bool { return Free(net.JoinHostPort(host, "0")) == nil }

// Free returns nil if a server may listen at addr, or else the error that the server
// would get. addr is not bound afterwards. A process that is being started has copies of
// all open files until its exec, and such a copy would keep addr in use. So no process is
// started meanwhile.
func Free(addr string) error {
	syscall.ForkLock.RLock()
	defer syscall.ForkLock.RUnlock()
	ln, err := net.Listen("tcp", addr)
	if err != nil {
		return err
	}
	return ln.Close()
}

// Block is a set of addresses that no other caller of Reserve uses.
type Block struct {
	// Addrs has one host:port for each node, each on its own host if possible.
	Addrs []string
	// Playground is one more host:port, for a server beside the nodes.
	Playground string
	lock       net.Listener
}

// ErrNone is returned when no free addresses were found.
var ErrNone = errors.New("no free loopback addresses")

// Reserve finds a block for n nodes, 1 to 9, for a test or a second
// playground. No other call of Reserve, in any process, returns it until Close
// or the end of this process. The addresses are outside
// the range from which the kernel takes ports for clients.
func Reserve(n int) (*Block, error) {
	alone := !Bindable("127.64.0.1")
	for tries := range 200 {
		base := BasePort
		if alone || tries >= 100 { // another program may listen at port 3001 of all addresses
			base = 10000 + 20*rand.IntN(1000)
		}
		if b := try(n, base, alone); b != nil {
			return b, nil
		}
	}
	return nil, ErrNone
}

// Close makes the block free again.
func (b *Block) Close() error { return b.lock.Close() }

// TB is what Test needs of a testing.TB.
type TB interface {
	Helper()
	Fatal(...any)
	Cleanup(func())
}

// Test reserves a block until the test ends.
func Test(t TB, n int) *Block {
	t.Helper()
	b, err := Reserve(n)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = b.Close() })
	return b
}

// try claims one random block. It listens at one address of the block, which is the lock,
// and checks that the others are free. Address i has the port base+i. alone: all are on
// 127.0.0.1.
func try(n, base int, alone bool) *Block {
	host := func(int) string { return "127.0.0.1" }
	if !alone {
		prefix := fmt.Sprintf("127.%d.%d.", 64+rand.IntN(190), rand.IntN(256))
		host = func(i int) string { return prefix + strconv.Itoa(i) }
	}
	at := func(i int) string { return net.JoinHostPort(host(i), strconv.Itoa(base+i)) }
	lock, err := net.Listen("tcp", at(10))
	if err != nil {
		return nil
	}
	b := &Block{lock: lock, Playground: at(11)}
	for i := 1; i <= n; i++ {
		b.Addrs = append(b.Addrs, at(i))
	}
	for _, addr := range append([]string{b.Playground}, b.Addrs...) {
		if Free(addr) != nil {
			_ = lock.Close()
			return nil
		}
	}
	return b
}

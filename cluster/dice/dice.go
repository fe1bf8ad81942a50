// Package dice makes machines repeatable that draw random numbers.
//
// A consensus engine draws its election times from crypto/rand.Reader, and no
// setting of the engine gives it another source. A simulation and a script
// must draw the same numbers in every run. So a process that imports this
// package has another crypto/rand.Reader from its start: it reads from the
// dice of the machine whose Step runs, and from the system where none runs.
//
// The reader is one for the whole process, and tests run in parallel. A Step
// therefore holds a lock: of all machines with dice in a process one steps at a
// time. A machine that draws nothing has no dice and waits for no lock.
// Nothing else in such a process may read crypto/rand.Reader during a Step, so
// only simulations, scripts and tests give a machine dice. In any other process
// the reader is the system's.
package dice

import (
	"crypto/rand"
	"encoding/binary"
	"io"
	mathrand "math/rand/v2"
	"sync"
	"sync/atomic"

	"capplayground/cluster"
)

// stepping is held while a machine with dice steps, and current are its dice.
var (
	stepping sync.Mutex
	current  atomic.Pointer[mathrand.ChaCha8]
)

func init() { rand.Reader = reader{system: rand.Reader} }

// reader is crypto/rand.Reader in a process with dice.
type reader struct{ system io.Reader }

func (r reader) Read(b []byte) (int, error) {
	if dice := current.Load(); dice != nil {
		return dice.Read(b)
	}
	return r.system.Read(b)
}

// drawer is a machine that draws from crypto/rand.Reader.
type drawer interface{ DrawsRandom() }

// Machine returns m with dice of its own, thrown from seed, where m draws
// random numbers. It returns any other machine as it is.
func Machine(m cluster.Machine, seed ...uint64) cluster.Machine {
	if _, ok := cluster.As[drawer](m); !ok {
		return m
	}
	var key [32]byte
	for i, s := range seed[:min(len(seed), 4)] {
		binary.LittleEndian.PutUint64(key[8*i:], s)
	}
	return &machine{Machine: m, dice: mathrand.NewChaCha8(key)}
}

type machine struct {
	cluster.Machine
	dice *mathrand.ChaCha8
}

// Inside implements cluster.Wrapper.
func (m *machine) Inside() cluster.Machine { return m.Machine }

func (m *machine) Step(in cluster.Input) cluster.Output {
	stepping.Lock()
	defer stepping.Unlock()
	current.Store(m.dice)
	defer current.Store(nil)
	return m.Machine.Step(in)
}

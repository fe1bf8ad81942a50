package dice

import (
	"crypto/rand"
	"math/big"
	"slices"
	"sync"
	"testing"

	"capplayground/cluster"
)

// gambler draws a number in each Step and shows it as its term.
type gambler struct{ drawn uint64 }

func (g *gambler) DrawsRandom() {}

func (g *gambler) Step(cluster.Input) cluster.Output {
	n, err := rand.Int(rand.Reader, big.NewInt(1_000_000))
	if err != nil {
		panic(err)
	}
	g.drawn = n.Uint64()
	return cluster.Output{}
}

func (g *gambler) Snapshot() cluster.Snapshot { return cluster.Snapshot{Term: g.drawn} }

// TestSameSeedDrawsTheSame runs machines in parallel. Each draws the numbers of its own seed,
// whatever the others draw at the same time.
func TestSameSeedDrawsTheSame(t *testing.T) {
	t.Parallel()
	const machines, steps = 8, 200
	drawn := make([][]uint64, machines)
	var wg sync.WaitGroup
	for i := range machines {
		wg.Go(func() {
			m := Machine(&gambler{}, 7, uint64(i%2))
			for range steps {
				m.Step(cluster.Input{})
				drawn[i] = append(drawn[i], m.Snapshot().Term)
			}
		})
	}
	wg.Wait()
	for i := range machines {
		if !slices.Equal(drawn[i], drawn[i%2]) {
			t.Errorf("machine %d drew other numbers than machine %d of the same seed", i, i%2)
		}
	}
	if slices.Equal(drawn[0], drawn[1]) {
		t.Error("two seeds drew the same numbers")
	}
}

// TestOutsideOfAStepTheSystemIsRead: outside of a Step, random numbers come from the system,
// so they cannot be computed from the seed. The test is not parallel: it must not draw while
// the machine of another test is in a Step.
func TestOutsideOfAStepTheSystemIsRead(t *testing.T) {
	a, b := make([]byte, 16), make([]byte, 16)
	if _, err := rand.Read(a); err != nil {
		t.Fatal(err)
	}
	if _, err := rand.Read(b); err != nil {
		t.Fatal(err)
	}
	if slices.Equal(a, b) {
		t.Errorf("the system drew %x twice", a)
	}
}

// plain is a machine that draws no numbers.
type plain struct{ gambler }

func (plain) DrawsRandom(int) {} // not the method that drawer wants

// TestOthersHaveNoDice: a machine that draws no numbers gets no dice, so it waits for no lock.
func TestOthersHaveNoDice(t *testing.T) {
	t.Parallel()
	m := &plain{}
	if got := Machine(m, 1); got != cluster.Machine(m) {
		t.Errorf("got %T", got)
	}
}

package main

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"time"

	"capplayground/cluster/loopback"
)

// bareNodes are five bare nodes that run.
type bareNodes struct {
	addrs []string
	pids  []int
	stop  func()
}

// startBareNodes starts five bare nodes, and returns when all are connected.
func startBareNodes(ctx context.Context, dir, mode string) (*bareNodes, error) {
	block, err := loopback.Reserve(nodes)
	if err != nil {
		return nil, err
	}
	var wg sync.WaitGroup
	errs := make([]error, nodes)
	stops := make([]func(), nodes)
	pids := make([]int, nodes)
	for i := range nodes {
		wg.Go(func() {
			_, pids[i], stops[i], errs[i] = again(ctx, "bare-node", strconv.Itoa(i), strings.Join(block.Addrs, ","), dir, mode)
		})
	}
	wg.Wait()
	stop := func() {
		for _, f := range stops {
			if f != nil {
				f()
			}
		}
		_ = block.Close()
	}
	if err := errors.Join(errs...); err != nil {
		stop()
		return nil, err
	}
	return &bareNodes{block.Addrs, pids, stop}, nil
}

func (b *bareNodes) load(ctx context.Context, span time.Duration, clients int, kind string) (figures, error) {
	return measured(b.pids, func() (figures, error) {
		return load(ctx, clients, span, wanted[kind], nodeRequest(b.addrs, kind, clients))
	})
}

// measureBareNodes measures bare nodes as measureMode measures nodes.
func measureBareNodes(ctx context.Context, l *bench, mode string, floor floors) (all []figure, err error) {
	bare, err := startBareNodes(ctx, l.dir, mode)
	if err != nil {
		return nil, err
	}
	defer bare.stop()
	for _, kind := range []string{"write", "read"} {
		for _, clients := range clientCounts {
			f, err := bare.load(ctx, l.span, clients, kind)
			if err != nil {
				return nil, err
			}
			with := fmt.Sprintf("floor: %s %s of bare nodes, %s: ", mode, kind, count(clients))
			if clients == 1 {
				all = append(all, figure{with + "p50", ms(f.p50), "ms"},
					figure{with + "p50 over the sum of its parts", float64(f.p50) / float64(needOf(mode, kind).floor(floor)), "times"})
			}
			all = append(all, figure{with + "operations", f.perSecond, "/s"}, figure{with + "processor time of the nodes", micros(f.cpu), "µs"})
		}
	}
	return all, nil
}

package main

import (
	"fmt"
	"strings"
	"time"
)

// table is what modes measured, as the README has it.
type table struct{ rows []row }

// row is one kind of operation in one mode, or etcd's.
type row struct {
	name    string
	floor   time.Duration // with one client; 0 for none
	figures []figures     // in the order of clientCounts
}

func (t *table) String() string {
	var b strings.Builder
	b.WriteString("| | floor | 1 client: p50, p99 | times the floor |")
	for _, clients := range clientCounts {
		fmt.Fprintf(&b, " /s with %d |", clients)
	}
	b.WriteString(" µs of CPU per operation |\n|---|---:|---:|---:|" + strings.Repeat("---:|", len(clientCounts)) + "---:|\n")
	for _, r := range t.rows {
		one := r.figures[0]
		floor, times := "", ""
		if r.floor > 0 {
			floor, times = fmt.Sprintf("%.2f ms", ms(r.floor)), fmt.Sprintf("%.1f", float64(one.p50)/float64(r.floor))
		}
		fmt.Fprintf(&b, "| %s | %s | %.2f ms, %.2f ms | %s |", r.name, floor, ms(one.p50), ms(one.p99), times)
		var cpu []string
		for _, f := range r.figures {
			fmt.Fprintf(&b, " %.0f |", f.perSecond)
			cpu = append(cpu, fmt.Sprint(f.cpu.Microseconds()))
		}
		fmt.Fprintf(&b, " %s |\n", strings.Join(cpu, ", "))
	}
	ours, theirs := t.row("CP write"), t.row("etcd write")
	if ours == nil || theirs == nil {
		return b.String()
	}
	b.WriteString("\nCP beside etcd, writes per second:")
	for i, clients := range clientCounts {
		fmt.Fprintf(&b, " %.1f times with %d,", ours.figures[i].perSecond/theirs.figures[i].perSecond, clients)
	}
	return strings.TrimSuffix(b.String(), ",") + "\n"
}

func (t *table) row(name string) *row {
	for i := range t.rows {
		if t.rows[i].name == name {
			return &t.rows[i]
		}
	}
	return nil
}

package main

import (
	"fmt"
	"slices"
	"strings"
)

func (f figure) String() string { return number(f.value) + " " + f.unit }

// number formats v with at least three digits, and with all digits before the point.
func number(v float64) string {
	switch {
	case v >= 100:
		return fmt.Sprintf("%.0f", v)
	case v >= 10:
		return fmt.Sprintf("%.1f", v)
	}
	return fmt.Sprintf("%.2f", v)
}

// table holds the figures of all turns.
type table struct {
	subjects []subject
	rows     []string
	units    map[string]string
	values   map[string]map[string][]float64 // by row, by subject
}

func newTable(subjects []subject) *table {
	return &table{subjects: subjects, units: map[string]string{}, values: map[string]map[string][]float64{}}
}

func (t *table) add(s subject, f figure) {
	if t.values[f.row] == nil {
		t.rows = append(t.rows, f.row)
		t.units[f.row] = f.unit
		t.values[f.row] = map[string][]float64{}
	}
	t.values[f.row][s.name] = append(t.values[f.row][s.name], f.value)
}

// String is the table in Markdown.
func (t *table) String() string {
	var b strings.Builder
	b.WriteString("| figure |")
	for _, s := range t.subjects {
		fmt.Fprintf(&b, " %s |", s.name)
	}
	b.WriteString("\n|---|" + strings.Repeat("---:|", len(t.subjects)) + "\n")
	for _, row := range t.rows {
		fmt.Fprintf(&b, "| %s |", row)
		for _, s := range t.subjects {
			b.WriteString(" " + summary(t.values[row][s.name], t.units[row]) + " |")
		}
		b.WriteString("\n")
	}
	return b.String()
}

// summary is the median. If there are several values, the least and the greatest follow.
func summary(values []float64, unit string) string {
	if len(values) == 0 {
		return ""
	}
	sorted := slices.Sorted(slices.Values(values))
	text := number(sorted[len(sorted)/2]) + " " + unit
	if len(sorted) > 1 {
		text += fmt.Sprintf(" (%s to %s)", number(sorted[0]), number(sorted[len(sorted)-1]))
	}
	return text
}

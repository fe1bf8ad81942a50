// Package usage prints the help of every command in one style.
package usage

import (
	"flag"
	"fmt"
	"io"
	"slices"
	"strings"
)

// Print writes what a command is for and the list of its flags, except the
// hidden ones.
func Print(w io.Writer, text string, flags *flag.FlagSet, hidden ...string) {
	_, _ = fmt.Fprint(w, text, "Flags:\n")
	flags.VisitAll(func(f *flag.Flag) {
		if slices.Contains(hidden, f.Name) {
			return
		}
		value, says := flag.UnquoteUsage(f)
		switch f.DefValue {
		case "", "0", "0s", "false":
		default:
			says += " (default " + f.DefValue + ")"
		}
		_, _ = fmt.Fprintf(w, "  --%-24s %s\n", strings.TrimSpace(f.Name+" "+value), says)
	})
}

// Alias is a further, hidden name of a flag, such as its former one.
func Alias(flags *flag.FlagSet, name, alias string) {
	flags.Var(flags.Lookup(name).Value, alias, "the same as --"+name)
}

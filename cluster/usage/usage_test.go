package usage_test

import (
	"flag"
	"strings"
	"testing"

	"capplayground/cluster/usage"
)

func TestPrint(t *testing.T) {
	t.Parallel()
	flags := flag.NewFlagSet("test", flag.ContinueOnError)
	dir := flags.String("data-dir", "", "`directory` of the databases")
	flags.Int("nodes", 5, "how many")
	flags.Bool("open", false, "open the page")
	flags.String("bug", "", "for tests")
	usage.Alias(flags, "data-dir", "data")
	var out strings.Builder
	usage.Print(&out, "Usage: test\n\n", flags, "bug", "data")
	want := `Usage: test

Flags:
  --data-dir directory       directory of the databases
  --nodes int                how many (default 5)
  --open                     open the page
`
	if out.String() != want {
		t.Errorf("help:\n%s\nwant:\n%s", out.String(), want)
	}
	if err := flags.Parse([]string{"--data", "x"}); err != nil || *dir != "x" {
		t.Errorf("the alias sets %q, %v", *dir, err)
	}
}

package scripts_test

import (
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// callEachHelper calls the functions of nodes.bash and filter.bash in one shell, and prints
// the variables before and after. Its curl and iptables do nothing.
const callEachHelper = `
curl() { printf '%s\n200' '{"url": "http://127.0.0.1:3001"}, {"url": "http://127.0.0.2:3002"}'; }
iptables() { [[ $* != *--delete* && $* != *--numeric*CAP_PLAYGROUND* ]]; }
uname() { echo Linux; }
. ./nodes.bash
. ./filter.bash
declare -p
echo HELPERS
{
	request GET http://127.0.0.1:3001/healthz
	nodes; node 1; node 3002; choose; choose 1 3002; one; one 2; answers 127.0.0.1:3001
	arguments 0 3 a b; escape 'a b.ü'; quote 'it"s'
	(each GET /healthz)
	playground freeze frozen
	filter_node; unfilter_node; unfilter_all; hex 127.0.0.1:3001; socket_field '' '' 01 stream; streams 127.0.0.1 1 127.0.0.1:2
} >/dev/null 2>&1
echo AFTER
declare -p
`

// TestHelpersSetOnlyTheirVariables: the functions of nodes.bash set the variables that
// the head of that file names, and no others. So a script can use every other name, and
// the environment, for itself.
func TestHelpersSetOnlyTheirVariables(t *testing.T) {
	t.Parallel()
	needTools(t)
	out, err := exec.Command("bash", "-c", callEachHelper).CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	before, after, _ := strings.Cut(string(out), "HELPERS\n")
	_, after, found := strings.Cut(after, "AFTER\n")
	if !found {
		t.Fatalf("a function ended the shell:\n%s", out)
	}
	// Bash sets these itself.
	own := regexp.MustCompile(`^(_|BASH.*|LINENO|RANDOM|SRANDOM|SECONDS|EPOCH.*|PIPESTATUS|FUNCNAME|OPTIND|HISTCMD)$`)
	was := declared(before)
	var set []string
	for name, value := range declared(after) {
		if was[name] != value && !own.MatchString(name) {
			set = append(set, name)
		}
	}
	slices.Sort(set)
	if want := []string{"ADDRESS", "ALL", "ANSWER", "CHOSEN", "NUMBER", "STATUS"}; !slices.Equal(set, want) {
		t.Errorf("the functions set %v, want %v", set, want)
	}
}

// declared reads what "declare -p" prints: each variable with its value.
func declared(text string) map[string]string {
	all := map[string]string{}
	name := regexp.MustCompile(`^declare -\S+ ([A-Za-z_]\w*)(.*)`)
	for line := range strings.Lines(text) {
		if m := name.FindStringSubmatch(line); m != nil {
			all[m[1]] = m[2]
		}
	}
	return all
}

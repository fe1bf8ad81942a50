package cluster_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"os/exec"
	"strings"
	"testing"
)

const module = "capplayground"

// allowed is the table of DESIGN section 2. Each line has a package, and the packages of this
// module that it may import. Tests may import more. A name that ends in "/" means all packages
// below it.
var allowed = [][]string{
	{"cmd/playground", ""},
	{"cmd/node", "cluster/"},
	{"cluster"},
	{"cluster/quorum", "cluster"},
	{"cluster/idempotency", "cluster"},
	{"cluster/twophase", "cluster", "cluster/quorum", "cluster/idempotency"},
	{"cluster/sloppy", "cluster", "cluster/quorum", "cluster/idempotency"},
	{"cluster/majority", "cluster", "cluster/quorum", "cluster/idempotency"},
	{"cluster/consensus", "cluster", "cluster/quorum"},
	{"cluster/dice", "cluster"},
	{"cluster/modes", "cluster", "cluster/twophase", "cluster/sloppy", "cluster/majority", "cluster/consensus"},
	{"cluster/driver", "cluster", "cluster/pace"},
	{"cluster/disk", "cluster"},
	{"cluster/script", "cluster", "cluster/disk", "cluster/driver"},
	{"cluster/store", "cluster"},
	{"cluster/pace", "cluster"},
	{"cluster/peer", "cluster", "cluster/nonblock"},
	{"cluster/link", "cluster", "cluster/nonblock"},
	{"cluster/guard", "cluster"},
	{"cluster/console"},
	{"cluster/loopback"},
	{"cluster/nonblock"},
	{"cluster/timerslack"},
	{"cluster/usage"},
	{"cluster/node", "cluster", "cluster/driver", "cluster/store", "cluster/pace", "cluster/peer", "cluster/link"},
	{"cluster/nodeapi", "cluster", "cluster/guard", "cluster/modes"},
	{"cluster/process", "cluster", "cluster/"},
	{"cluster/simulated", "cluster", "cluster/disk", "cluster/driver", "cluster/dice", "cluster/link", "cluster/modes"},
	{"cluster/sim", "cluster", "cluster/disk", "cluster/driver", "cluster/usage", "cluster/dice", "cluster/quorum", "cluster/idempotency", "cluster/twophase", "cluster/sloppy", "cluster/majority", "cluster/consensus", "cluster/modes"},
	{"server", "cluster", "cluster/console", "cluster/guard", "cluster/link", "cluster/loopback", "cluster/modes", "server/", "templates", "web", "web/comparison"},
	{"server/stage", "cluster", "cluster/link", "cluster/modes", "server/client", "server/collect", "server/compare", "server/control", "server/export", "server/faults", "server/history", "server/hub", "server/judge", "server/lanes", "server/operation", "server/recording", "server/scenario", "server/verbs", "server/workload"},
	{"server/simnodes", "cluster", "cluster/driver", "cluster/link", "cluster/modes", "cluster/nodeapi", "cluster/simulated", "server/collect", "server/faults", "server/stage", "server/workload"},
	{"server/launch", "cluster", "cluster/link", "cluster/modes", "cluster/timerslack", "server/spacing"},
	{"server/faults", "cluster", "cluster/link"},
	{"server/collect", "cluster", "cluster/modes", "server/bounded", "server/hub"},
	{"server/hub", "cluster", "server/spacing"},
	{"server/spacing"},
	{"server/bounded"},
	{"server/control", "cluster", "cluster/guard", "cluster/modes", "cluster/quorum", "server/compare", "server/export", "server/operation", "server/verbs", "server/workload"},
	{"server/client", "cluster", "server/operation"},
	{"server/operation", "cluster", "cluster/modes"},
	{"server/lanes", "cluster", "cluster/guard", "cluster/modes"},
	{"server/judge", "cluster", "server/history", "server/spacing", "server/workload"},
	{"server/verbs", "cluster", "cluster/modes", "server/operation", "server/workload"},
	{"server/servertest", "cluster", "cluster/guard", "cluster/loopback", "cluster/modes", "cluster/nodeapi", "server/collect", "server/control", "server/history", "server/lanes"},
	{"server/workload", "cluster", "server/operation"},
	{"server/history", "cluster", "server/bounded"},
	{"server/compare", "cluster", "cluster/modes", "server/history", "server/scenario/strict", "server/verbs", "server/workload"},
	{"server/scenario", "cluster", "cluster/modes", "server/history", "server/scenario/strict", "server/verbs", "server/workload"},
	{"server/scenario/strict"},
	{"server/audience", "cluster", "cluster/guard"},
	{"server/export", "cluster", "server/history", "server/recording"},
	{"server/recording", "cluster", "server/collect", "server/history", "server/scenario", "server/workload"},
	{"web", "cluster", "cluster/guard", "cluster/modes", "server/hub", "server/lanes", "server/compare", "server/history", "server/verbs", "templates", "static", "web/fragments"},
	{"web/fragments", "cluster", "cluster/guard", "templates"},
	{"web/comparison", "cluster", "cluster/modes", "server/compare", "server/history", "server/lanes", "server/verbs", "static", "templates"},
	{"web/site", "cluster/modes", "static", "templates"},
	{"web/site/tls"},
	{"cmd/simulation", "cluster", "cluster/modes", "server/compare", "server/simnodes", "web/comparison", "web/fragments"},
	{"templates"},
	{"static"},
	{"scripts"},
	{"scripts/archive"},
	{"scripts/bench", ""},
	{"scripts/mutants"},
	{"scripts/shapes", "server/recording"},
	{"scripts/transcripts", "cluster", "cluster/modes", "cluster/script"},
	{"scripts/wire", "scripts/wire/source"},
	{"scripts/wire/source"},
	{"scripts/wire/openapi", "cluster", "cluster/modes", "cluster/nodeapi", "scripts/wire/source", "server/control", "server/lanes", "server/verbs"},
	{"scripts/wire/verbs", "server/verbs"},
	{"scripts/endurance", "cluster", "cluster/modes", "server/history", "server/servertest"},
}

// TestImportsRunOneWay checks the architecture: protocols import no sockets, the server
// imports no protocol, and no package imports a package above it.
func TestImportsRunOneWay(t *testing.T) {
	t.Parallel()
	cmd := exec.Command("go", "list", "-json=ImportPath,Imports", module+"/...")
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go list: %v\n%s", err, stderr.String())
	}
	dec := json.NewDecoder(bytes.NewReader(out))
	seen := 0
	for {
		var pkg struct {
			ImportPath string
			Imports    []string
		}
		if err := dec.Decode(&pkg); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		name, ours := strings.CutPrefix(pkg.ImportPath, module+"/")
		if !ours {
			t.Errorf("package %s is in the root directory, want each package in its own directory", pkg.ImportPath)
			continue
		}
		seen++
		may, known := rule(name)
		if !known {
			t.Errorf("no line of the table names package %s: add it here and to the README", name)
			continue
		}
		for _, path := range pkg.Imports {
			if target, ours := strings.CutPrefix(path, module+"/"); ours && !permits(may, target) {
				t.Errorf("%s imports %s, which the table does not allow", name, target)
			}
		}
	}
	if seen < 5 {
		t.Fatalf("go list showed only %d packages: this test checks too few", seen)
	}
}

// rule returns the packages that a package may import. It returns false if no line of the
// table names the package.
func rule(name string) (may []string, known bool) {
	for _, line := range allowed {
		if line[0] == name {
			return line[1:], true
		}
	}
	return nil, false
}

func permits(may []string, target string) bool {
	for _, m := range may {
		if m == "" || m == target || strings.HasSuffix(m, "/") && strings.HasPrefix(target+"/", m) {
			return true
		}
	}
	return false
}

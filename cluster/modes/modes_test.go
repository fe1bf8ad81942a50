package modes

import (
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"

	"capplayground/cluster"
)

func TestEveryModeOfTheTableMakesAMachineThatStarts(t *testing.T) {
	t.Parallel()
	for _, d := range All() {
		m, err := New(d.Name, cluster.Config{ID: 2, Nodes: []cluster.NodeID{1, 2, 3}, Database: "d"})
		if err != nil {
			t.Fatalf("%s: %v", d.Name, err)
		}
		m.Step(cluster.Input{Kind: cluster.InputStart})
		if keys := m.Snapshot().Keys; len(keys) != 0 {
			t.Errorf("%s: a new node holds %v", d.Name, keys)
		}
	}
}

func TestUnknownMode(t *testing.T) {
	t.Parallel()
	if m, err := New("ZZ", cluster.Config{}); !errors.Is(err, cluster.ErrUnknownMode) || m != nil {
		t.Errorf("New: %v, %v; want %v", m, err, cluster.ErrUnknownMode)
	}
	if d := Of("ZZ"); d.Name != "" || d.Has(cluster.OpPropose) {
		t.Errorf("Of: %+v; want the zero descriptor", d)
	}
}

func TestParseTakesNamesAndAliasesInEitherCase(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]cluster.Mode{"CA": "CA", "ca": "CA", " AC ": "CA", "ac": "CA", "AP": "AP", "cp": "CP"} {
		if got, err := Parse(text); err != nil || got != want {
			t.Errorf("Parse(%q) = %q, %v; want %q", text, got, err, want)
		}
	}
	for _, text := range []string{"", "PC", "CAP", "C A"} {
		if got, err := Parse(text); !errors.Is(err, cluster.ErrUnknownMode) || got != "" {
			t.Errorf("Parse(%q) = %q, %v; want %v", text, got, err, cluster.ErrUnknownMode)
		} else if !strings.Contains(err.Error(), Choice()) {
			t.Errorf("Parse(%q): %v does not name the choice", text, err)
		}
	}
}

// TestEveryDescriptorIsWhole checks the fields that the page and the node's API read.
func TestEveryDescriptorIsWhole(t *testing.T) {
	t.Parallel()
	letters := func(list []string, least, most int) bool {
		return len(list) >= least && len(list) <= most && !slices.ContainsFunc(list, func(s string) bool { return len(s) != 1 || !strings.Contains("CAP", s) })
	}
	for i, d := range All() {
		switch {
		case d.Name == "" || string(d.Name) != strings.ToUpper(string(d.Name)):
			t.Errorf("name %q", d.Name)
		case d.Approach == "" || !strings.HasSuffix(d.GivesUp, ".") || len(d.Roles) == 0 || d.Settle <= 0:
			t.Errorf("%s: something is missing in %+v", d.Name, d)
		case !letters(d.Triangle, 2, 2) || !letters(d.Keeps, 1, 1):
			t.Errorf("%s: triangle %v, keeps %v", d.Name, d.Triangle, d.Keeps)
		case d.Copies != cluster.CopiesAll && d.Copies != cluster.CopiesHomes && d.Copies != cluster.CopiesMajority:
			t.Errorf("%s: copies %q", d.Name, d.Copies)
		case d.Linearizable && !slices.Contains(d.Keeps, "C"):
			t.Errorf("%s: linearizable, and does not keep C", d.Name)
		case d.ByHand != (d.Has(cluster.OpPropose) && d.Has(cluster.OpCommit) && d.Has(cluster.OpRollback)):
			t.Errorf("%s: by hand is %v, its calls are %v", d.Name, d.ByHand, d.Calls)
		case d.Plant != (d.Has(cluster.OpPlant) && d.Has(cluster.OpHolds)):
			t.Errorf("%s: plant is %v, its calls are %v", d.Name, d.Plant, d.Calls)
		}
		for _, other := range All()[:i] {
			if other.Name == d.Name || slices.Contains(other.Aliases, d.Name) || slices.Contains(d.Aliases, other.Name) {
				t.Errorf("%s is named twice", d.Name)
			}
		}
	}
}

func TestDescriptorAsJSON(t *testing.T) {
	t.Parallel()
	var got []struct {
		Name, Approach string
		Keeps          []string
		GivesUp        string `json:"gives_up"`
		Disk, Sizes    bool
		ByHand         bool `json:"by_hand"`
		Plant          bool
		Calls          []cluster.Call
		Linearizable   *bool
	}
	text, err := json.Marshal(All())
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(text, &got); err != nil {
		t.Fatal(err)
	}
	if strings.Contains(string(text), "null") {
		t.Errorf("a list is null: %s", text)
	}
	first := got[0]
	if first.Name != "CA" || first.Approach != "two-phase commit" || !slices.Equal(first.Keeps, []string{"C"}) || first.GivesUp == "" ||
		!first.Disk || first.Sizes || !first.ByHand || first.Plant || len(first.Calls) != 3 || first.Linearizable == nil {
		t.Errorf("%s", text)
	}
}

func TestTheWordsOfAChoice(t *testing.T) {
	t.Parallel()
	for want, names := range map[string][]cluster.Mode{"": nil, "A": {"A"}, "A or B": {"A", "B"}, "A, B or C": {"A", "B", "C"}} {
		if got := Words(names); got != want {
			t.Errorf("Words(%v) = %q; want %q", names, got, want)
		}
	}
}

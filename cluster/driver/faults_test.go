package driver

import (
	"strings"
	"testing"

	"capplayground/cluster"
)

// fixed returns a source that always draws x.
func fixed(x float64) func() float64 { return func() float64 { return x } }

func TestFaults(t *testing.T) {
	t.Parallel()
	const now = cluster.Time(1000)
	for name, tc := range map[string]struct {
		link    cluster.Link
		rules   []cluster.Rule
		latency float64
		random  float64
		why     string
		due     cluster.Time
		held    bool
	}{
		"perfect":            {},
		"pace":               {latency: 40, due: now + 40_000},
		"delay and jitter":   {link: cluster.Link{DelayMS: 10, JitterMS: 20}, latency: 40, random: 0.5, due: now + 60_000},
		"cut":                {link: cluster.Link{Cut: true}, why: cluster.WhyCut},
		"loss":               {link: cluster.Link{Loss: 0.3}, random: 0.2, why: cluster.WhyLoss},
		"no loss":            {link: cluster.Link{Loss: 0.3}, random: 0.3},
		"hold":               {rules: []cluster.Rule{{Type: "prepare", Do: cluster.RuleHold}}, held: true},
		"drop":               {rules: []cluster.Rule{{From: 1, To: 2, Type: "*", Do: cluster.RuleDrop}}, why: cluster.WhyDropped},
		"rule for others":    {rules: []cluster.Rule{{To: 3, Type: "*", Do: cluster.RuleDrop}, {From: 2, Type: "*", Do: cluster.RuleDrop}, {Type: "vote", Do: cluster.RuleDrop}}},
		"first rule counts":  {rules: []cluster.Rule{{ID: "a", Type: "*", Do: cluster.RuleHold}, {ID: "b", Type: "*", Do: cluster.RuleDrop}}, held: true},
		"cut before rule":    {link: cluster.Link{Cut: true}, rules: []cluster.Rule{{Type: "*", Do: cluster.RuleHold}}, why: cluster.WhyCut},
		"a cut has its time": {link: cluster.Link{Cut: true}, latency: 1, why: cluster.WhyCut, due: now + 1000},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFaults(fixed(tc.random))
			tc.link.From, tc.link.To, tc.link.Gen = 1, 2, 7
			f.setLinks(1, []cluster.Link{tc.link, {From: 2, To: 1, Cut: true}})
			f.setRules(tc.rules)
			m := cluster.Message{From: 1, To: 2, Type: "prepare"}
			why := f.apply(&m, now, tc.latency)
			if why != tc.why || m.Due != tc.due || m.Held != tc.held || m.Sent != now || m.Gen != 7 {
				t.Errorf("%q, %+v", why, m)
			}
		})
	}
}

func TestARuleCountsOnWhileOthersChange(t *testing.T) {
	t.Parallel()
	f := newFaults(nil)
	two := cluster.Rule{ID: "two", Type: "*", Do: cluster.RuleDrop, Count: 2}
	other := cluster.Rule{ID: "other", Type: "vote", Do: cluster.RuleDrop}
	var whys []string
	send := func() {
		m := cluster.Message{From: 1, To: 2, Type: "prepare"}
		whys = append(whys, f.apply(&m, 1, 0))
	}
	f.setRules([]cluster.Rule{two})
	send()
	f.setRules([]cluster.Rule{other, two})
	send()
	send()
	if got := strings.Join(whys, ","); got != "dropped,dropped," {
		t.Errorf("lost %s", got)
	}
}

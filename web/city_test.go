package web_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
)

// write writes the city at node i, and returns the status.
func (r *real) write(i int, val string) int { return r.curl(i, http.MethodPost, "/database/city/"+val) }

// wrote writes the city; the write must succeed. It returns the operation's id.
func (r *real) wrote(i int, val string) (op string) {
	r.t.Helper()
	return string(r.MustWrite(i, "city", val).Op)
}

// again kills a node and starts it again. First it waits until the playground has the event
// of the operation's answer: events that a node has not sent are lost when it dies.
func (r *real) again(i int, op string) {
	r.t.Helper()
	r.answered(op)
	r.Do("POST", fmt.Sprintf("/api/nodes/%d/kill", i), "")
	r.Do("POST", fmt.Sprintf("/api/nodes/%d/restart", i), "")
}

// read reads the city at node i. It returns the value, "and more" if there are siblings, or
// the status of an error.
func (r *real) read(i int) string {
	r.t.Helper()
	status, body := r.Call(http.MethodGet, r.Node(i)+"/database/city", "")
	var answer struct {
		Val      string            `json:"val"`
		Siblings []json.RawMessage `json:"siblings"`
	}
	if err := json.Unmarshal([]byte(body), &answer); err != nil || status != http.StatusOK {
		return fmt.Sprint(status)
	}
	if len(answer.Siblings) > 0 {
		return answer.Val + " and more"
	}
	return answer.Val
}

// readOr is read for the case that a refusal is as right as the value: for 503 it returns
// val.
func (r *real) readOr(i int, val string) string {
	r.t.Helper()
	told := r.read(i)
	if told == "503" {
		return val
	}
	return told
}

// later starts an operation on the city and does not wait for its end.
func (r *real) later(i int, kind, val string) (op string) {
	r.t.Helper()
	body := r.Do("POST", "/api/ops", fmt.Sprintf(`{"node":%d,"kind":%q,"key":"city","val":%q,"wait":false}`, i, kind, val))
	var answer struct {
		Op string `json:"op"`
	}
	if err := json.Unmarshal([]byte(body), &answer); err != nil {
		r.t.Fatal(err)
	}
	return answer.Op
}

// slowly slows time down, so that an operation whose messages are delivered by hand has
// twenty seconds and not two. end goes back to full speed.
func (r *real) slowly() (end func()) {
	r.t.Helper()
	r.Do(http.MethodPut, "/api/pace", `{"pace":"slow","rate":0.1}`)
	return func() { r.Do(http.MethodPut, "/api/pace", `{"pace":"live"}`) }
}

// overlap writes at two nodes, or twice at one. Both writes ask for the highest tag
// before either is stored. The stores of the second write arrive first.
func (r *real) overlap(first, second int) {
	r.t.Helper()
	defer r.slowly()()
	rules := []string{r.rule(0, first, "answer", "hold"), r.rule(first, 0, "store", "hold")}
	if second != first {
		rules = append(rules, r.rule(0, second, "answer", "hold"), r.rule(second, 0, "store", "hold"))
	}
	one := r.later(first, "write", "Lisboa")
	r.held("answer", 4)
	two := r.later(second, "write", "Porto")
	r.deliver(r.held("answer", 8))
	stores := r.held("store", 8)
	r.unrule(rules...)
	slices.Reverse(stores)
	r.deliver(stores)
	r.answered(one, two)
}

// coordinatedTwice makes two nodes coordinate one write, because the "taken" of the first
// is lost. Each of the two makes its own version before it receives the other version.
func (r *real) coordinatedTwice(bool) (told, right string) {
	atFullSpeed := r.slowly()
	walk, _ := r.homes("city")
	first, second, caller := walk[0], walk[1], walk[4]
	rules := []string{r.rule(0, 0, "sync", "drop"), r.rule(first, caller, "taken", "drop"), r.rule(0, 0, "store", "hold")}
	op := r.later(caller, "write", "Lisboa")
	r.hold("Lisboa", first, second)
	r.unrule(rules...)
	eventually(r.t, "every store to be taken in", func() bool {
		r.deliver(r.held("store", 0))
		return !slices.ContainsFunc(r.inflight(), func(m inHand) bool { return m.Type == "store" })
	})
	r.answered(op)
	atFullSpeed()
	return r.read(first), "Lisboa"
}

// answered waits until all these operations were accepted.
func (r *real) answered(ops ...string) {
	r.t.Helper()
	eventually(r.t, "operations to be accepted", func() bool {
		statuses := r.statuses()
		return !slices.ContainsFunc(ops, func(op string) bool { return statuses[op]/100 != 2 })
	})
}

// ended waits until an operation has an answer, and returns the status of the answer.
func (r *real) ended(op string) (status int) {
	r.t.Helper()
	eventually(r.t, "an operation to be answered", func() bool {
		status = r.statuses()[op]
		return status != 0
	})
	return status
}

// statuses returns the status of each operation; 0: the operation has no answer yet.
func (r *real) statuses() map[string]int {
	r.t.Helper()
	var list struct {
		Ops []struct {
			Op     string `json:"op"`
			Status int    `json:"status"`
		} `json:"ops"`
	}
	if err := json.Unmarshal([]byte(r.Do("GET", "/api/history", "")), &list); err != nil {
		r.t.Fatal(err)
	}
	statuses := map[string]int{}
	for _, o := range list.Ops {
		statuses[o.Op] = o.Status
	}
	return statuses
}

// hold waits until each of these nodes holds this value of the city.
func (r *real) hold(val string, ids ...int) {
	r.t.Helper()
	eventually(r.t, fmt.Sprintf("nodes %v to hold %s", ids, val), func() bool {
		var key struct {
			Holds []struct {
				Node    int    `json:"node"`
				Val     string `json:"val"`
				HintFor int    `json:"hint_for"`
				Locked  string `json:"locked_by"`
			} `json:"holds"`
		}
		if err := json.Unmarshal([]byte(r.Do("GET", "/api/keys/city", "")), &key); err != nil {
			r.t.Fatal(err)
		}
		n := 0
		for _, h := range key.Holds {
			if h.Val == val && h.HintFor == 0 && h.Locked == "" && slices.Contains(ids, h.Node) {
				n++
			}
		}
		return n == len(ids)
	})
}

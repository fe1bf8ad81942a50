package web_test

import (
	"cmp"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
)

// cut cuts one direction of a link.
func (r *real) cut(from, to int) {
	r.t.Helper()
	r.Do("PUT", fmt.Sprintf("/api/links/%d/%d", from, to), `{"cut":true,"delay_ms":0,"jitter_ms":0,"loss":0}`)
}

// rule holds or drops all messages of a type from now on; 0 is any node. It
// returns the rule's id.
func (r *real) rule(from, to int, kind, do string) string {
	r.t.Helper()
	end := func(i int) string {
		if i == 0 {
			return `"*"`
		}
		return fmt.Sprint(i)
	}
	body := r.Do("POST", "/api/rules", fmt.Sprintf(`{"from":%s,"to":%s,"type":%q,"do":%q,"count":0}`, end(from), end(to), kind, do))
	var answer struct {
		ID string `json:"id"`
	}
	if err := json.Unmarshal([]byte(body), &answer); err != nil || answer.ID == "" {
		r.t.Fatalf("%s: %v", body, err)
	}
	return answer.ID
}

// unrule ends rules. The messages that they hold stay held.
func (r *real) unrule(rules ...string) {
	r.t.Helper()
	for _, id := range rules {
		r.Do("DELETE", "/api/rules/"+id, "")
	}
}

// inHand is a message in flight.
type inHand struct {
	Msg  string `json:"msg"`
	Type string `json:"type"`
	To   int    `json:"to"`
	Of   string `json:"dup_of"`
	Held bool   `json:"held"`
	Seq  uint64 `json:"seq"`
}

// inflight returns the messages in flight, in the order in which they were sent.
func (r *real) inflight() []inHand {
	r.t.Helper()
	var answer struct {
		Messages []inHand `json:"messages"`
	}
	if err := json.Unmarshal([]byte(r.Do("GET", "/api/inflight", "")), &answer); err != nil {
		r.t.Fatal(err)
	}
	slices.SortFunc(answer.Messages, func(a, b inHand) int { return cmp.Compare(a.Seq, b.Seq) })
	return answer.Messages
}

// held waits until n messages of a type are held, and returns them in the order in
// which they were sent.
func (r *real) held(kind string, n int) []string {
	r.t.Helper()
	return r.inHands(fmt.Sprintf("%d messages %s", n, kind), n, func(m inHand) bool { return m.Type == kind })
}

// heldTo waits until a message of one of these types to that node is held, and returns all
// held messages of these types to that node.
func (r *real) heldTo(node int, kinds ...string) []string {
	r.t.Helper()
	what := fmt.Sprintf("%s to node %d", strings.Join(kinds, " or "), node)
	return r.inHands(what, 1, func(m inHand) bool { return m.To == node && slices.Contains(kinds, m.Type) })
}

// inHands waits until n of the messages that the condition selects are held.
func (r *real) inHands(what string, n int, meant func(inHand) bool) (msgs []string) {
	r.t.Helper()
	eventually(r.t, what+" to be held", func() bool {
		msgs = nil
		for _, m := range r.inflight() {
			if m.Held && meant(m) {
				msgs = append(msgs, m.Msg)
			}
		}
		return len(msgs) >= n
	})
	return msgs
}

// fire waits until a timer is set, and fires it by hand.
func (r *real) fire(node int, timer string) {
	r.t.Helper()
	eventually(r.t, "timer "+timer, func() bool {
		status, _ := r.Call(http.MethodPost, fmt.Sprintf("%s/api/timers/%d/%s/fire", r.URL, node, timer), "")
		return status == http.StatusOK
	})
}

// deliver delivers messages, in that order.
func (r *real) deliver(msgs []string) {
	r.t.Helper()
	for _, id := range msgs {
		r.Do("POST", "/api/messages/"+id+"/deliver", "")
	}
	eventually(r.t, "messages to be taken in", func() bool {
		return !slices.ContainsFunc(r.inflight(), func(m inHand) bool { return slices.Contains(msgs, m.Msg) })
	})
}

// twice duplicates a message and delivers it. It returns the duplicate, which is still held.
func (r *real) twice(msg string) (double string) {
	r.t.Helper()
	r.Do("POST", "/api/messages/"+msg+"/duplicate", "")
	eventually(r.t, "the double to be there", func() bool {
		for _, m := range r.inflight() {
			if m.Of == msg {
				double = m.Msg
			}
		}
		return double != ""
	})
	r.deliver([]string{msg})
	return double
}

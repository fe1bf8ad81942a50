package web_test

import (
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"
)

// soonRed is the longest time from the first bad answer until the page shows the verdict in
// red. On a machine at rest it takes three to four seconds. Here three
// playgrounds and a browser run at the same time.
const soonRed = 30 * time.Second

// planted is a known mistake, with operations after which a client gets a wrong answer
// because of the mistake.
type planted struct {
	mode, bug string
	// play makes the operations. It returns the client's last answer, and the right
	// answer. Without the mistake both must be equal. sound: no mistake is planted, so
	// play also waits for what a sound cluster does later, such as anti-entropy.
	play func(r *real, sound bool) (told, right string)
}

// mistakes are the planted mistakes that give a client a wrong answer and turn the
// verdict red. Three other mistakes do not:
//   - CA: the commit is not sent again. A participant asks for it. If the questions are
//     lost too, the participant refuses to answer, and so it gives no wrong answer.
//   - AP: a late write may supersede a newer one. Without the mistake the two would be
//     siblings, and a register has no siblings either.
//   - A reply is sent before an earlier record is durable. It is then also sent before its
//     event. If the node dies at that moment, only the client knows of the reply.
var mistakes = []planted{
	{"CP", "majority-of-two", func(r *real, _ bool) (string, string) {
		r.Do("POST", "/api/partition", `{"groups":[[1,2],[3,4,5]]}`)
		small := r.write(1, "Lisboa")
		r.wrote(3, "Porto")
		if told := r.read(2); small == http.StatusCreated {
			return told, "Porto"
		}
		return "nothing", "nothing"
	}},
	{"CP", "no-write-back", func(r *real, _ bool) (string, string) {
		r.wrote(1, "Lisboa")
		r.hold("Lisboa", 1, 2, 3, 4, 5)
		for _, to := range []int{3, 4, 5} {
			r.rule(1, to, "store", "hold")
		}
		r.later(1, "write", "Porto")
		r.hold("Porto", 1, 2)
		r.cut(1, 2)
		if first := r.read(2); first != "Porto" {
			return first, "Porto"
		}
		r.cut(1, 5)
		r.cut(2, 5)
		return r.read(5), "Porto"
	}},
	{"CP", "no-node-id", func(r *real, _ bool) (string, string) {
		r.overlap(1, 2)
		return fmt.Sprint(r.read(1), r.read(2), r.read(1)), strings.Repeat(r.read(2), 3)
	}},
	{"CP", "no-operation-id", func(r *real, _ bool) (string, string) {
		r.overlap(1, 1)
		return fmt.Sprint(r.read(1), r.read(3), r.read(1)), strings.Repeat(r.read(3), 3)
	}},
	{"CP", "counter-lost", func(r *real, _ bool) (string, string) {
		r.Do("POST", "/api/partition", `{"groups":[[1,2,3],[4,5]]}`)
		r.wrote(1, "Lisboa")
		r.wrote(1, "Porto")
		op := r.wrote(1, "Faro")
		r.hold("Faro", 1, 2, 3)
		r.again(1, op)
		r.again(2, op)
		r.Do("POST", "/api/partition", `{"groups":[[1,2,4],[3,5]]}`)
		r.wrote(1, "Braga")
		r.Do("POST", "/api/heal", "")
		return r.read(3), "Braga"
	}},
	{"AP", "hint dropped on restart", func(r *real, _ bool) (string, string) {
		walk, _ := r.homes("city")
		holder := walk[4]
		r.Do("PUT", "/api/quorum", `{"n":3,"r":1,"w":1}`)
		r.Do("POST", fmt.Sprintf("/api/nodes/%d/isolate", holder), "")
		r.again(holder, r.wrote(holder, "Lisboa"))
		r.Do("POST", fmt.Sprintf("/api/nodes/%d/rejoin", holder), "")
		eventually(r.t, "no hint to be kept any more", func() bool {
			return !regexp.MustCompile(`"hints":[1-9]`).MatchString(r.Do("GET", "/api/cluster", ""))
		})
		return r.read(walk[0]), "Lisboa"
	}},
	{"AP", "repair that overwrites newer", func(r *real, _ bool) (string, string) {
		walk, _ := r.homes("city")
		first, last := walk[0], walk[2]
		r.rule(0, 0, "sync", "drop") // otherwise anti-entropy may bring the write first
		dropped := r.rule(first, last, "store", "drop")
		r.rule(first, last, "repair", "hold")
		r.wrote(first, "Lisboa")
		r.read(first)
		repairs := r.held("repair", 1)
		r.unrule(dropped)
		r.wrote(first, "Porto")
		r.hold("Porto", last)
		r.Do("PUT", "/api/quorum", `{"n":3,"r":1,"w":2}`)
		r.deliver(repairs)
		r.Do("POST", fmt.Sprintf("/api/nodes/%d/isolate", last), "")
		return r.read(last), "Porto"
	}},
	{"AP", "a dot reused after a wipe", func(r *real, _ bool) (string, string) {
		walk, _ := r.homes("city")
		first := walk[0]
		r.wrote(first, "Lisboa")
		r.hold("Lisboa", walk[:3]...)
		r.Do("POST", fmt.Sprintf("/api/nodes/%d/wipe", first), "")
		r.read(first)
		r.hold("Lisboa", first)
		r.wrote(first, "Porto")
		return r.read(walk[3]), "Porto"
	}},
	// With this mistake each of the two dots makes the other dot look known, and so
	// superseded.
	{"AP", "vector compared wrongly", (*real).coordinatedTwice},
	{"AP", "an operation coordinated twice counted as two", (*real).coordinatedTwice},
	{"AP", "anti-entropy off", func(r *real, sound bool) (string, string) {
		walk, _ := r.homes("city")
		first := walk[0]
		r.Do("PUT", "/api/quorum", `{"n":3,"r":1,"w":1}`)
		r.rule(first, 0, "store", "drop")
		r.again(first, r.wrote(first, "Lisboa")) // after this no coordinator remembers the write
		r.Do("POST", "/api/heal", "")
		if sound {
			r.hold("Lisboa", walk[:3]...)
		}
		r.Do("POST", fmt.Sprintf("/api/nodes/%d/isolate", first), "")
		return r.read(walk[1]), "Lisboa"
	}},
	{"RAFT", "lease-read", func(r *real, sound bool) (string, string) {
		for round := 0; ; round++ {
			leader := r.leader(1, 2, 3, 4, 5)
			r.wrote(leader, "Lisboa")
			r.rule(0, leader, "*", "hold") // otherwise it may learn of the new leader before the read
			r.Do("POST", fmt.Sprintf("/api/nodes/%d/freeze", leader), "")
			r.wrote(r.leader(others(leader)...), "Porto")
			r.Do("POST", fmt.Sprintf("/api/nodes/%d/unfreeze", leader), "")
			// On a busy machine the lease of the old leader may have expired before the read.
			if told := r.readOr(leader, "Porto"); told != "Porto" || sound || round == 9 {
				return told, "Porto"
			}
			r.Do("POST", "/api/heal", "")
		}
	}},
	{"CA", "reads-through-lock", func(r *real, _ bool) (string, string) {
		r.wrote(1, "Lisboa")
		r.hold("Lisboa", 1, 2, 3, 4, 5)
		r.rule(1, 2, "commit", "hold")
		r.wrote(1, "Porto")
		return r.readOr(2, "Porto"), "Porto"
	}},
	{"CA", "decides-alone", func(r *real, sound bool) (string, string) {
		r.rule(0, 3, "commit", "hold")
		r.wrote(1, "Lisboa")
		return r.readOr(3, "Lisboa"), "Lisboa"
	}},
	{"CA", "lock-lost", func(r *real, _ bool) (string, string) {
		r.wrote(1, "Lisboa")
		r.hold("Lisboa", 1, 2, 3, 4, 5)
		r.rule(0, 3, "commit", "hold")
		r.again(3, r.wrote(1, "Porto"))
		return r.readOr(3, "Porto"), "Porto"
	}},
	{"CA", "no-tombstone", func(r *real, _ bool) (string, string) {
		r.wrote(1, "Lisboa")
		r.hold("Lisboa", 1, 2, 3, 4, 5)
		r.Do("PUT", "/api/pace", `{"pace":"step"}`) // otherwise the wait for the votes would time out
		r.rule(0, 0, "*", "hold")
		op := r.later(1, "write", "Porto")
		for _, n := range []int{2, 4, 5} {
			r.deliver(r.heldTo(n, "prepare"))
		}
		r.deliver(r.held("yes", 3))
		r.fire(2, "ask:"+op) // first node 2 asks the coordinator,
		r.fire(2, "ask:"+op) // then it asks all nodes
		r.deliver(r.heldTo(3, "ask"))
		r.deliver(r.heldTo(2, "rollback")) // node 2 rolls back: node 3 promised never to vote for the transaction
		r.deliver(r.heldTo(3, "prepare"))
		r.deliver(r.heldTo(1, "yes", "no"))
		r.Do("PUT", "/api/pace", `{"pace":"live"}`)
		if r.ended(op) == http.StatusCreated {
			return r.read(2), "Porto"
		}
		return r.read(2), "Lisboa"
	}},
	{"CA", "decision-unlogged", func(r *real, _ bool) (string, string) {
		op := r.wrote(1, "Lisboa")
		r.hold("Lisboa", 1, 2, 3, 4, 5)
		r.again(1, op)
		return r.read(1), "Lisboa"
	}},
	{"CA", "forgets-finished", func(r *real, sound bool) (string, string) {
		r.rule(1, 2, "prepare", "hold")
		r.rule(1, 2, "commit", "hold")
		atFullSpeed := r.slowly()
		r.later(1, "write", "Lisboa")
		prepare := r.twice(r.held("prepare", 1)[0])
		commit := r.twice(r.held("commit", 1)[0])
		atFullSpeed()
		r.hold("Lisboa", 1, 2, 3, 4, 5)
		eventually(r.t, "a write that finds no lock", func() bool { return r.write(3, "Porto") == http.StatusCreated })
		r.hold("Porto", 1, 2, 3, 4, 5)
		r.rule(1, 2, "rollback", "hold") // the coordinator has forgotten the transaction too, and would answer with rollback
		r.deliver([]string{prepare, commit})
		return r.readOr(2, "Porto"), "Porto"
	}},
}

// TestPlantedMistakesTurnTheVerdictRed plants each mistake in five real nodes, and
// waits until the page shows the verdict in red.
func TestPlantedMistakesTurnTheVerdictRed(t *testing.T) {
	browser(t)
	oneTab.Lock()
	t.Cleanup(oneTab.Unlock)
	atOnce := make(chan struct{}, 3) // three at a time: they wait most of the time
	for _, m := range mistakes {
		t.Run(m.mode+" "+m.bug, func(t *testing.T) {
			t.Parallel()
			atOnce <- struct{}{}
			t.Cleanup(func() { <-atOnce })
			r := launch(t, "--mode", m.mode, "--bug", m.bug)
			b := openBeside(t, r.URL+"/", 1280, 720)
			b.hasCount(5, "node", "status=up")
			b.tap(`#tab-session`)
			told, right := m.play(r, false)
			began := time.Now()
			if told == right {
				t.Fatalf("the client got the answer %q, which is right", told)
			}
			b.has("verdict", "tone=bad")
			if took := time.Since(began); took > soonRed {
				t.Errorf("the verdict was red %v after the client got the answer %q", took, told)
			} else {
				t.Logf("the verdict was red %v after the client got the answer %q; %q is right", took, told, right)
			}
			b.shot("red-" + m.mode + "-" + strings.ReplaceAll(m.bug, " ", "-"))
		})
	}
}

// TestWithoutMistakesAllIsRight makes the same operations on nodes without a
// mistake. Each answer must be right.
func TestWithoutMistakesAllIsRight(t *testing.T) {
	t.Parallel()
	for _, mode := range []string{"CP", "AP", "CA", "RAFT"} {
		t.Run(mode, func(t *testing.T) {
			t.Parallel()
			r := launch(t, "--mode", mode)
			for _, m := range mistakes {
				if m.mode != mode {
					continue
				}
				if told, right := m.play(r, true); told != right {
					t.Errorf("%s: the client got the answer %q, want %q", m.bug, told, right)
				}
				r.Do("PUT", "/api/quorum", `{"n":3,"r":2,"w":2}`)
				r.Do("POST", "/api/reset", "")
				r.ready()
			}
		})
	}
}

package twophase

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"capplayground/cluster"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"
)

var names = []cluster.OpID{"1", "2", "3", "", "12345678-9abc-4def-8123-456789abcdef"}

// anyInput is any input that may come from a peer, a client, a disk or a clock.
func anyInput(t *rapid.T) cluster.Input {
	op := rapid.SampledFrom(names).Draw(t, "op")
	key := rapid.SampledFrom([]string{"city", "river", "", "\x00\xff"}).Draw(t, "key")
	switch rapid.IntRange(0, 9).Draw(t, "kind") {
	case 0, 1:
		return cluster.Input{Kind: cluster.InputRequest, Request: cluster.Request{
			Op: op, Tx: rapid.SampledFrom(names).Draw(t, "tx"), Key: key, Val: rapid.String().Draw(t, "val"),
			Kind:     rapid.SampledFrom([]cluster.RequestKind{cluster.OpRead, cluster.OpWrite, cluster.OpPropose, cluster.OpCommit, cluster.OpRollback, cluster.OpPlant, "?"}).Draw(t, "request"),
			Deadline: cluster.Time(rapid.Int64Range(0, 20_000_000).Draw(t, "deadline")),
		}}
	case 2, 3:
		return cluster.Input{Kind: cluster.InputTimer, Timer: cluster.Timer{Op: op, Name: rapid.SampledFrom([]string{timerVotes, timerAcks, timerAsk, timerRead, timerCoordinator, timerRepeat, "?"}).Draw(t, "timer")}}
	case 4:
		return cluster.Input{Kind: cluster.InputQuorum, Quorum: cluster.Quorum{N: -1}}
	default:
		return cluster.Input{Kind: cluster.InputMessage, Message: cluster.Message{
			Op: op, From: cluster.NodeID(rapid.IntRange(-1, 7).Draw(t, "from")), To: 1,
			Type: rapid.SampledFrom([]string{typePrepare, typeYes, typeNo, typeCommit, typeRollback, typeAck, typeAsk, typeUndecided, "?"}).Draw(t, "type"),
			Body: anyBody(t), Deadline: cluster.Time(rapid.Int64Range(0, 20_000_000).Draw(t, "deadline")),
		}}
	}
}

var sameError = cmp.Comparer(func(a, b error) bool { return fmt.Sprint(a) == fmt.Sprint(b) })

func anyBody(t *rapid.T) json.RawMessage {
	return rapid.SampledFrom([]json.RawMessage{
		nil, {}, json.RawMessage(`null`), json.RawMessage(`{`), json.RawMessage(`[]`), json.RawMessage(`{"n":-1}`), json.RawMessage(`{"n":"x"}`), json.RawMessage(`{"k":7}`),
		json.RawMessage(`{"n":0}`), json.RawMessage(`{"n":1}`), json.RawMessage(`{"n":18446744073709551615}`), json.RawMessage(`{"k":"city","v":"London"}`), json.RawMessage(`{"k":"city","v":"London","last":{"tx":"1","n":3}}`), json.RawMessage(`{"k":"city","v":"Rome","last":{"tx":"2"}}`), json.RawMessage(`{"k":"","v":"x"}`), json.RawMessage(`{"why":"no"}`), json.RawMessage("\xff\xfe"),
	}).Draw(t, "body")
}

func anyRecords(t *rapid.T) (rs []cluster.Record) {
	for range rapid.IntRange(0, 5).Draw(t, "records") {
		prefix := rapid.SampledFrom([]string{prefixValue, prefixOldPart, prefixDecision, prefixTransaction, prefixProposed, prefixEndedByHand, "", "?"}).Draw(t, "prefix")
		val := rapid.SampledFrom([]string{"", "a", "ha", "h", "7", "h7", "-1", "{", `{"k":"city","v":"x","c":2}`, `{"k":"city","v":"x"}`, `{"w":"city=x","n":3}`, `{"v":"x","n":2}`}).Draw(t, "record")
		rs = append(rs, cluster.Record{Key: prefix + string(rapid.SampledFrom([]cluster.OpID{"1", "2", "3"}).Draw(t, "name")), Val: []byte(val)})
	}
	return rs
}

// TestNothingThatComesCanHurt gives two machines the same random inputs. They never panic, their
// outputs are the same, and the outputs keep the rules of cluster.Machine.
func TestNothingThatComesCanHurt(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		cfg := cluster.Config{ID: 1, Nodes: []cluster.NodeID{1, 2, 3}, Database: "d"}
		a, b := newMachine(cfg), newMachine(cfg)
		asked := map[cluster.OpID]int{}
		step := func(in cluster.Input) {
			if in.Kind == cluster.InputRequest {
				asked[in.Request.Op]++
			}
			before := a.Snapshot()
			out := a.Step(in)
			if diff := cmp.Diff(out, b.Step(in), sameError, cmpopts.EquateEmpty()); diff != "" {
				t.Fatalf("the outputs of the same input differ:\n%s", diff)
			}
			for _, m := range out.Messages {
				if m.To == cfg.ID || !slices.Contains(cfg.Nodes, m.To) || m.From != cfg.ID || m.Class == "" || m.Op == "" {
					t.Fatalf("a message that no node should send: %+v", m)
				}
			}
			for _, timer := range out.Timers {
				if timer.Due.Sub(in.Now) < cluster.MinTimer {
					t.Fatalf("timer %s is due after %v", timer.ID(), timer.Due.Sub(in.Now))
				}
			}
			for _, r := range out.Replies {
				if asked[r.Op]--; asked[r.Op] < 0 {
					t.Fatalf("op=%s is answered more often than asked", r.Op)
				}
			}
			if out.Stale && cmp.Diff(before, a.Snapshot()) != "" {
				t.Fatal("a stale timer changed something")
			}
		}
		step(cluster.Input{Kind: cluster.InputStart, Records: anyRecords(t)})
		now := cluster.Time(0)
		for range rapid.IntRange(1, 60).Draw(t, "steps") {
			in := anyInput(t)
			now = now.Add(time.Duration(rapid.IntRange(0, 800).Draw(t, "ms")) * time.Millisecond)
			in.Now = now
			step(in)
		}
	})
}

func TestFinishedKeepsNamesApart(t *testing.T) {
	t.Parallel()
	uuid := "0f8fad5b-d9cb-469f-a165-70867728950e"
	all := []cluster.OpID{
		cluster.OpID(uuid), cluster.OpID(strings.ToUpper(uuid)), cluster.OpID(strings.ReplaceAll(uuid, "-", "")), cluster.OpID("{" + uuid + "}"),
		"7", "", cluster.OpID(strings.Repeat("-", 36)), "zf8fad5b-d9cb-469f-a165-70867728950e", "0f8fad5b-d9cb-469f-a165-70867728950f",
	}
	var f finished
	for i, tx := range all {
		if o, ok := f.get(tx); ok {
			t.Errorf("%q is %v before it ended", tx, o)
		}
		f.add(tx, outcome{version: uint64(i), sum: uint64(i % 2)})
	}
	for i, tx := range all {
		if o, ok := f.get(tx); !ok || o != (outcome{version: uint64(i), sum: uint64(i % 2)}) {
			t.Errorf("%q is %v, %v; want version %d", tx, o, ok, i)
		}
	}
}

func TestOutcomeText(t *testing.T) {
	t.Parallel()
	for _, o := range []outcome{{}, {version: 1}, {version: 1, sum: 35}, {version: maxVersion, sum: 1<<64 - 1}} {
		if got, ok := parseOutcome(o.String()); !ok || got != o {
			t.Errorf("%+v is read again as %+v, %v", o, got, ok)
		}
	}
	for _, s := range []string{"", "h", "ha", "h4", "0", "-1", "x", "a1", "1.", "1.-", "1.2.3", "18446744073709551615", "18446744073709551616"} {
		if o, ok := parseOutcome(s); ok {
			t.Errorf("%q is read as %+v", s, o)
		}
	}
}

func TestOutcomes(t *testing.T) {
	t.Parallel()
	got := Outcomes([]cluster.Record{
		{Key: "f/7", Val: []byte("4.x")}, {Key: "f/8", Val: []byte("a")}, {Key: "e/9", Val: []byte("4")}, {Key: "k/f", Val: []byte("4")}, {Key: "f/x", Val: []byte("?")},
	})
	if diff := cmp.Diff(map[cluster.OpID]bool{"7": true, "8": false}, got); diff != "" {
		t.Error(diff)
	}
}

// TestLabelsStayOnOneLine: the text of a key or a value must not add lines to a transcript.
func TestLabelsStayOnOneLine(t *testing.T) {
	t.Parallel()
	m := newMachine(cluster.Config{ID: 1, Nodes: []cluster.NodeID{1, 2}})
	out := m.Step(cluster.Input{Kind: cluster.InputRequest, Request: cluster.Request{Op: "7", Kind: cluster.OpWrite, Key: "city", Val: "a\nb" + strings.Repeat("ü", 100)}})
	if got, want := out.Messages[0].String(), "n1->n2 prepare tx=7 city=a b"+strings.Repeat("ü", 37); got != want {
		t.Errorf("%q, want %q", got, want)
	}
}

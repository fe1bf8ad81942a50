package scenario

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/goccy/go-yaml"

	"capplayground/server/scenario/strict"
	"capplayground/server/workload"
)

const good = `version: 1
title: One silent node
summary: Freeze one. What still works?
source: ["Gray and Lamport 2006"]
mode: CA
duration: 3m
steps:
  - id: before
    say: Five nodes, one value.
    notes: |
      Ask who has used **two-phase commit**.
    do:
      - write: {node: 1, key: city, val: Lisboa}
    expect:
      - answer: {status: 201}
  - id: predict
    ask:
      question: Node 4 is frozen. What can clients do?
      choices: ["read and write at the others", "read, not write", "nothing"]
      answer: 2
      misconceptions: {1: "one node of five is a minority, so it does not matter"}
    do:
      - freeze: {node: 4}
  - id: see
    say: One frozen node, and no write commits.
    do:
      - write: {node: 1, key: city, val: Porto, replaces: {step: before, of: 1}}
      - read: {node: 3, key: city}
      - rule: {from: 1, to: "*", type: commit, do: drop}
      - deliver: {from: 3, to: 1, type: yes}
    wait_for: {answers: all, timeout: 5s, until: [{locked: {key: city, node: [2, 3]}}]}
    expect:
      - answer: {of: 1, status: 503}
      - answer: {of: 2, status: 200, val: Lisboa}
      - value: {node: all, key: city, val: Lisboa}
      - lost: {why: timeout, to: 4, at_least: 1}
      - verdict: linearizable
    focus: {node: 4, tab: operation}
    fallback: recording
`

func TestParseReadsAWholeScenario(t *testing.T) {
	t.Parallel()
	s, err := Parse("talks/silent.yaml", []byte(good))
	if err != nil {
		t.Fatal(err)
	}
	if s.Name != "silent" || s.Nodes != 5 || len(s.Steps) != 3 || s.Duration.Duration().Minutes() != 3 {
		t.Errorf("got %+v", s)
	}
	see := s.Steps[2]
	if got := see.Do[0]; got.Verb != "write" || got.Args.Node != 1 || got.Args.Val != "Porto" || *got.Args.Replaces != (Ref{"before", 1}) {
		t.Errorf("the write is %+v", got)
	}
	if got := see.Do[3]; got.Verb != "deliver" || got.Args.From != 3 || got.Args.To != 1 || got.Args.Type != "yes" {
		t.Errorf("the delivery is %+v", got)
	}
	if got := see.Do[2].Args; got.From != 1 || got.To != 0 || got.Do != "drop" {
		t.Errorf("the rule is %+v", got)
	}
	if got := see.Expect[2].Value; got.Nodes != nil || got.Val != "Lisboa" {
		t.Errorf("the value is %+v", got)
	}
	if got := see.Expect[3].Lost; got.Why != "timeout" || got.To != 4 || *got.AtLeast != 1 || got.AtMost != nil {
		t.Errorf("lost is %+v", got)
	}
}

func TestAScenarioMayGiveTheSeedOfItsLoad(t *testing.T) {
	t.Parallel()
	s, err := Parse("f.yaml", []byte(strings.Replace(good, "- freeze: {node: 4}", "- workload: {rate: 60, seed: 9007199254740991}", 1)))
	if err != nil {
		t.Fatal(err)
	}
	if got := s.Steps[1].Do[0]; got.Verb != "workload" || got.Args.Rate != 60 || got.Args.Seed != workload.MaxSeed {
		t.Errorf("the load is %+v", got)
	}
}

// broken is a list of edits of the good file, each with a part of the expected error.
var broken = []struct{ name, from, to, want string }{
	{"unknown field", "    say: Five", "    sey: Five", `f.yaml:9:5: unknown field "sey", want id, say, notes, ask, do, wait_for, expect, focus, after, marker, optional or fallback`},
	{"unknown verb", "- freeze: {node: 4}", "- freez: {node: 4}", `f.yaml:23:9: unknown field "freez", want write, read, propose`},
	{"unknown argument", "- freeze: {node: 4}", "- freeze: {node: 4, key: x}", `f.yaml:23:27: unknown field "key", want node`},
	{"two forms of a rule", "type: commit, do: drop}", "type: commit, do: drop, then: kill}", `f.yaml:29:9: want either from, to, type and do, or when and then`},
	{"half a rule", "{from: 1, to: \"*\", type: commit, do: drop}", "{then: kill}", `want either from, to, type and do, or when and then`},
	{"a vote that the mode has not", "{from: 1, to: \"*\", type: commit, do: drop}", "{when: {type: nay}, then: kill}", `unknown message type "nay", want one of prepare`},
	{"a node that is not there", "{from: 1, to: \"*\", type: commit, do: drop}", "{when: {type: yes, node: 7}, then: kill}", `f.yaml:29:34: unknown node 7, want 1 to 5`},
	{"missing argument", "- freeze: {node: 4}", "- freeze: {}", `f.yaml:23:17: node is missing: want a whole number from 1 to 9`},
	{"unknown node", "- freeze: {node: 4}", "- freeze: {node: 6}", `f.yaml:23:18: unknown node 6, want 1 to 5`},
	{"no node at all", "- freeze: {node: 4}", "- freeze: {node: 12}", `f.yaml:23:24: found 12, want a whole number from 1 to 9`},
	{"unknown message type", "type: commit,", "type: comit,", `f.yaml:29:34: unknown message type "comit", want one of prepare, yes, no`},
	{"unknown mode", "mode: CA", "mode: CAP", `f.yaml:5:7: found "CAP", want CA, AP`},
	{"wrong type of title", "title: One silent node", "title: 7", `f.yaml:2:8: found 7, want text: put it into quotes`},
	{"no title", "title: One silent node", "title:", `f.yaml:2:7: found nothing, want text: put it into quotes`},
	{"number as text", "status: 201", `status: "201"`, `f.yaml:15:26: found "201", want a whole number from 100 to 599`},
	{"two verbs in one action", "- freeze: {node: 4}", "- {freeze: {node: 4}, thaw: {node: 4}}", `f.yaml:23:9: found 2 fields, want exactly one of`},
	{"wrong version", "version: 1", "version: 2", `f.yaml:1:10: found 2, want a whole number from 1 to 1`},
	{"a seed that no reader of JSON keeps", "- freeze: {node: 4}", "- workload: {rate: 60, seed: 9007199254740992}", `f.yaml:23:36: found 9007199254740992, want a whole number from 0 to 9007199254740991`},
	{"a seed that is no whole number", "- freeze: {node: 4}", "- workload: {rate: 60, seed: 1.5}", `f.yaml:23:36: found 1.5, want a whole number from 0`},
	{"wrong duration", "duration: 3m", "duration: 3 minutes", `f.yaml:6:11: found "3 minutes", want a time like`},
	{"negative duration", "duration: 3m", "duration: -3m", `f.yaml:6:11: found "-3m", want a time like`},
	{"too many words", "say: Five nodes, one value.", "say: a b c d e f g h i j k l m", `f.yaml:9:5: found 13 words, want at most 12`},
	{"same id twice", "id: predict", "id: before", `f.yaml:16:5: a second step with the id "before"`},
	{"answer beyond the choices", "answer: 2", "answer: 4", `f.yaml:20:7: found 4, want the number of one of the 3 choices`},
	{"misconception of the right choice", "{1: \"one", "{2: \"one", `f.yaml:21:24: choice 2 is the right one`},
	{"operation that is not there", "answer: {of: 2,", "answer: {of: 3,", `f.yaml:34:18: the step "see" has 2 operations, found 3`},
	{"step that is not there", "replaces: {step: before", "replaces: {step: befor", `f.yaml:27:60: no step before this one has the id "befor"`},
	{"duplicate key", "mode: CA", "mode: CA\nmode: AP", `f.yaml:6:1: mapping key "mode" already defined`},
	{"anchor", "mode: CA", "mode: &m CA", `f.yaml:5:7: found an anchor or alias, want CA`},
	{"tag", "mode: CA", "mode: !!str CA", `f.yaml:5:7: found a tag, want CA`},
	{"second document", "version: 1", "a: 1\n---\nversion: 1", `f.yaml:3:1: a second document begins here`},
	{"value and absent", "value: {node: all, key: city, val: Lisboa}", "value: {node: all, key: city}", `want either val or absent: true`},
	{"mode and modes", "mode: CA", "mode: CA\nmodes: [CA, AP]", `f.yaml:6:1: want either mode, or the modes of several lanes`},
	{"neither mode nor modes", "mode: CA\n", "", `f.yaml:1:1: want either mode, or the modes of several lanes`},
	{"a lane twice", "mode: CA", "modes: [CA, CP, CA]", `f.yaml:5:17: a second lane in mode CA`},
	{"a lane without lanes", "- answer: {status: 201}", "- {lane: CA, answer: {status: 201}}", `f.yaml:15:10: found CA, want one of the scenario's modes`},
	{"a lane alone", "- answer: {status: 201}", "- {lane: CA}", `f.yaml:15:9: found 0 fields, want exactly one of answer`},
	{"not YAML", "mode: CA", "mode: [CA", `f.yaml:`},
}

func TestParseNamesThePlaceOfEachFaultAndWhatItWants(t *testing.T) {
	t.Parallel()
	for _, b := range broken {
		source := strings.Replace(good, b.from, b.to, 1)
		if source == good {
			t.Fatalf("%s: nothing was changed", b.name)
		}
		_, err := Parse("f.yaml", []byte(source))
		var wrong *strict.Error
		if !errors.As(err, &wrong) {
			t.Errorf("%s: no error, or no place: %v", b.name, err)
			continue
		}
		if !strings.Contains(err.Error(), b.want) {
			t.Errorf("%s:\n%v\nwant\n%s", b.name, err, b.want)
		}
	}
}

func TestParseReportsSeveralFaultsInTheOrderOfTheFile(t *testing.T) {
	t.Parallel()
	source := strings.NewReplacer("mode: CA", "mode: XX", "freeze: {node: 4}", "freeze: {node: 44}").Replace(good)
	_, err := Parse("", []byte(source))
	var wrong *strict.Error
	if !errors.As(err, &wrong) || len(wrong.Faults) != 2 || wrong.Faults[0].Line != 5 || wrong.Faults[1].Line != 23 {
		t.Errorf("got %v", err)
	}
}

// TestSchemaAndParserAgree compares the JSON Schema with the parser. The schema accepts
// each file that the parser accepts, and refuses each file that the shapes refuse.
func TestSchemaAndParserAgree(t *testing.T) {
	t.Parallel()
	var schema map[string]any
	if err := json.Unmarshal(Schema(), &schema); err != nil {
		t.Fatal(err)
	}
	validate := func(source string) error {
		var v any
		if err := yaml.Unmarshal([]byte(source), &v); err != nil {
			return err
		}
		return obeys(schema, v, "")
	}
	if err := validate(good); err != nil {
		t.Errorf("the schema refuses the good file: %v", err)
	}
	// Only the parser finds these errors, because the schema cannot express their rules.
	beyond := regexp.MustCompile(`unknown node|unknown message|words|second|found 4, want the number|choice|operations|no step|want either|the scenario's modes`)
	for _, b := range broken {
		if beyond.MatchString(b.want) || b.name == "anchor" || b.name == "tag" {
			continue
		}
		if validate(strings.Replace(good, b.from, b.to, 1)) == nil {
			t.Errorf("%s: the schema accepts a file that the parser refuses", b.name)
		}
	}
}

// obeys is the part of JSON Schema that Schema uses. A keyword that it does not
// know is an error, so that none is passed over.
func obeys(schema map[string]any, v any, at string) error {
	for word, rule := range schema {
		if !obeysOne(schema, word, rule, v) {
			return fmt.Errorf("%s: %v breaks %s: %v", at, v, word, rule)
		}
	}
	entries, _ := v.(map[string]any)
	properties, _ := schema["properties"].(map[string]any)
	for name, value := range entries {
		sub, ok := properties[name].(map[string]any)
		if !ok {
			sub, _ = schema["additionalProperties"].(map[string]any)
		}
		if sub == nil && schema["anyOf"] != nil {
			continue // the check of each shape has checked the fields
		}
		if sub == nil {
			return fmt.Errorf("%s: %q is not in the schema", at, name)
		}
		if err := obeys(sub, value, at+"."+name); err != nil {
			return err
		}
	}
	items, _ := v.([]any)
	shape, listed := schema["items"].(map[string]any)
	for i, item := range items {
		if !listed {
			break
		}
		if err := obeys(shape, item, fmt.Sprintf("%s.%d", at, i)); err != nil {
			return err
		}
	}
	return nil
}

func obeysOne(schema map[string]any, word string, rule, v any) bool {
	number, isNumber := asNumber(v)
	text, isText := v.(string)
	list, isList := v.([]any)
	object, isObject := v.(map[string]any)
	switch word {
	case "$schema", "title", "description", "items", "properties", "additionalProperties":
		return true
	case "type":
		return rule == map[reflect.Kind]string{reflect.String: "string", reflect.Bool: "boolean", reflect.Slice: "array", reflect.Map: "object"}[reflect.ValueOf(v).Kind()] ||
			isNumber && (rule == "number" || rule == "integer" && number == float64(int64(number)))
	case "enum":
		for _, e := range rule.([]any) {
			if e == v {
				return true
			}
		}
		return false
	case "anyOf":
		for _, e := range rule.([]any) {
			if obeys(e.(map[string]any), v, "") == nil {
				return true
			}
		}
		return false
	case "oneOf": // of sub-schemas that only demand fields
		fits := 0
		for _, e := range rule.([]any) {
			if obeysOne(schema, "required", e.(map[string]any)["required"], v) {
				fits++
			}
		}
		return fits == 1
	case "pattern":
		return isText && regexp.MustCompile(rule.(string)).MatchString(text)
	case "required":
		for _, name := range rule.([]any) {
			if _, ok := object[name.(string)]; !ok {
				return false
			}
		}
		return true
	case "propertyNames":
		for name := range object {
			if obeys(rule.(map[string]any), name, "") != nil {
				return false
			}
		}
		return true
	}
	bound, ok := asNumber(rule)
	if !ok {
		panic("the schema has a keyword that this test does not know: " + word)
	}
	switch word {
	case "minimum":
		return isNumber && number >= bound
	case "maximum":
		return isNumber && number <= bound
	case "minLength":
		return isText && float64(utf8.RuneCountInString(text)) >= bound
	case "maxLength":
		return isText && float64(utf8.RuneCountInString(text)) <= bound
	case "minItems":
		return isList && float64(len(list)) >= bound
	case "maxItems":
		return isList && float64(len(list)) <= bound
	case "minProperties":
		return isObject && float64(len(object)) >= bound
	case "maxProperties":
		return isObject && float64(len(object)) <= bound
	}
	panic("the schema has a keyword that this test does not know: " + word)
}

func asNumber(v any) (float64, bool) {
	switch n := v.(type) {
	case float64:
		return n, true
	case int:
		return float64(n), true
	case int64:
		return float64(n), true
	case uint64:
		return float64(n), true
	}
	return 0, false
}

// TestSchemaFileIsCurrent fails if schema.json was not written again after a change of the
// shapes. UPDATE=1 writes it.
func TestSchemaFileIsCurrent(t *testing.T) {
	t.Parallel()
	if os.Getenv("UPDATE") != "" {
		if err := os.WriteFile("schema.json", Schema(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	kept, err := os.ReadFile("schema.json")
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(kept, Schema()) {
		t.Error("schema.json is not what Schema returns: run UPDATE=1 go test ./server/scenario")
	}
}

// FuzzParse feeds the parser any text. It must neither panic nor return an
// error without a place or a reason.
func FuzzParse(f *testing.F) {
	f.Add([]byte(good))
	for _, b := range broken {
		f.Add([]byte(strings.Replace(good, b.from, b.to, 1)))
	}
	f.Fuzz(func(t *testing.T, source []byte) {
		s, err := Parse("f.yaml", source)
		if err == nil {
			if len(s.Steps) == 0 || s.Title == "" {
				t.Errorf("accepted: %+v", s)
			}
			return
		}
		var wrong *strict.Error
		if !errors.As(err, &wrong) || len(wrong.Faults) == 0 || wrong.Faults[0].Text == "" {
			t.Errorf("an error without its reason: %v", err)
		}
	})
}

// TestTheExampleOfTheREADMEIsAScenario reads the whole scenario that README.md shows.
func TestTheExampleOfTheREADMEIsAScenario(t *testing.T) {
	t.Parallel()
	readme, err := os.ReadFile(filepath.Join("..", "..", "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	_, example, found := strings.Cut(string(readme), "\n    version: 1\n")
	example, _, ended := strings.Cut(example, "\n\n")
	if !found || !ended {
		t.Fatal("README.md shows no scenario")
	}
	if _, err := Parse("README.md", []byte("    version: 1\n"+example)); err != nil {
		t.Error(err)
	}
}

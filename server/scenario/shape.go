package scenario

import (
	"encoding/json"
	"slices"

	"capplayground/cluster"
	"capplayground/server/scenario/strict"
	"capplayground/server/verbs"
)

// shape is what a scenario file may hold. The parser and the JSON Schema are
// both made from it.
var shape = strict.Object(
	strict.Field{Name: "version", Of: strict.Integer(Version, Version), Required: true, Doc: "The version of this format."},
	strict.Field{Name: "title", Of: strict.Text(60), Required: true, Doc: "A title that does not answer the scenario's own question."},
	strict.Field{Name: "summary", Of: strict.Text(100), Required: true, Doc: "One line for the list of scenarios."},
	strict.Field{Name: "source", Of: strict.List(strict.Text(200), 1, 20), Doc: "Papers and books that the scenario is taken from."},
	strict.Field{Name: "mode", Of: modeShape, Doc: "The mode in which the nodes run. A scenario has either mode or modes."},
	strict.Field{Name: "modes", Of: strict.List(modeShape, 2, maxLanes), Doc: "The modes of the clusters, called lanes, that the scenario is played in side by side: every action is done in each lane at the same moment. Such a scenario needs playground lanes."},
	strict.Field{Name: "nodes", Of: strict.Integer(3, cluster.MaxNodes), Doc: "How many nodes the scenario needs; without it, 5."},
	strict.Field{Name: "quorum", Of: strict.Object(quorumFields...), Doc: "The sizes of a mode that has sizes; without it, 3, 2, 2."},
	strict.Field{Name: "pace", Of: strict.Object(paceFields...), Doc: "The pace at the beginning; without it, live."},
	strict.Field{Name: "duration", Of: strict.Duration(), Required: true, Doc: "How long the scenario takes on stage."},
	strict.Field{Name: "steps", Of: strict.List(stepShape, 1, MaxSteps), Required: true},
)

var stepShape = strict.Object(
	strict.Field{Name: "id", Of: strict.Text(40), Required: true, Doc: "A name that no other step of the file has."},
	strict.Field{Name: "say", Of: strict.Text(120), Doc: "The projected sentence: at most twelve words."},
	strict.Field{Name: "notes", Of: strict.Text(4000), Doc: "For the presenter only, in Markdown."},
	strict.Field{Name: "ask", Of: askShape, Doc: "A question to the room. The next step is the one that decides it."},
	strict.Field{Name: "do", Of: strict.List(actionShape(), 1, MaxActions), Doc: "What is done to the cluster, in this order."},
	strict.Field{Name: "wait_for", Of: waitShape, Doc: "When the actions are over; without it, when all operations are answered."},
	strict.Field{Name: "expect", Of: strict.List(conditionShape, 1, 30), Doc: "What must hold at the end of the step."},
	strict.Field{Name: "focus", Of: focusShape, Doc: "What the stage shows."},
	strict.Field{Name: "after", Of: strict.Duration(), Doc: "The next step begins by itself after this real time."},
	strict.Field{Name: "marker", Of: strict.Text(60), Doc: "The name of this moment in a recording."},
	strict.Field{Name: "optional", Of: strict.Boolean(), Doc: "A talk that is late may leave the step out."},
	strict.Field{Name: "fallback", Of: strict.Word("recording"), Doc: "What is played where the step failed twice."},
)

var askShape = strict.Object(
	strict.Field{Name: "question", Of: strict.Text(120), Required: true},
	strict.Field{Name: "choices", Of: strict.List(strict.Text(60), 2, MaxChoices), Required: true},
	strict.Field{Name: "answer", Of: strict.Integer(1, MaxChoices), Required: true, Doc: "The number of the right choice, from 1."},
	strict.Field{Name: "misconceptions", Of: strict.Entries(strict.Text(200), 1, MaxChoices), Doc: "For the number of a wrong choice, what a person believes who takes it."},
)

var waitShape = strict.Object(
	strict.Field{Name: "answers", Of: strict.Either(strict.Word("all", "none"), strict.List(strict.Integer(1, MaxActions), 1, MaxActions)), Doc: "The operations of this step whose answers it waits for."},
	strict.Field{Name: "until", Of: strict.List(conditionShape, 1, 10), Doc: "What must hold before the step is over."},
	strict.Field{Name: "timeout", Of: strict.Duration(), Doc: "Virtual time after which the step goes on all the same; without it, 5s."},
)

var focusShape = strict.Object(
	strict.Field{Name: "node", Of: strict.Integer(1, cluster.MaxNodes)},
	strict.Field{Name: "key", Of: strict.Text(256)},
	strict.Field{Name: "tab", Of: strict.Word("operation", "node", "session")},
)

func actionShape() strict.Shape {
	fields := make([]strict.Field, len(verbs.Table))
	for i, v := range verbs.Table {
		fields[i] = strict.Field{Name: v.Name, Of: strict.Object(argsOf(v)...), Doc: v.Summary}
	}
	return strict.OneOf(fields...)
}

var (
	nodeShape   = strict.Integer(1, cluster.MaxNodes)
	nodesShapes = []strict.Shape{nodeShape, strict.List(nodeShape, 1, cluster.MaxNodes)}
	nodesShape  = strict.Either(slices.Concat(nodesShapes, []strict.Shape{strict.Word("all")})...)
	amount      = []strict.Field{
		{Name: "at_least", Of: strict.Number(0, 1e9)},
		{Name: "at_most", Of: strict.Number(0, 1e9)},
	}
	counted = append([]strict.Field{
		fromArg, toArg, typeArg,
		{Name: "via", Of: strict.Word(string(cluster.ViaForward), string(cluster.ViaHint), string(cluster.ViaHandover))},
		{Name: "for", Of: nodeShape, Doc: "The home for which a hint is."},
	}, amount...)
)

var conditionShape = strict.OneOf(conditions...).With(strict.Field{
	Name: "lane", Of: strict.Either(modeShape, strict.List(modeShape, 1, maxLanes)), Doc: "The lane or lanes in which it must hold; without it, in every lane.",
})

var conditions = []strict.Field{
	{Name: "answer", Of: strict.Object(append([]strict.Field{
		{Name: "status", Of: strict.Integer(100, 599), Required: true, Doc: "The HTTP status."},
		{Name: "val", Of: strict.Text(2000)},
		{Name: "siblings", Of: strict.List(strict.Text(2000), 1, 9), Doc: "The values that conflict with val."},
	}, ref...)...), Doc: "The answer to an operation."},
	{Name: "value", Of: strict.Object(
		strict.Field{Name: "node", Of: nodesShape, Required: true}, keyArg,
		strict.Field{Name: "val", Of: strict.Text(2000)},
		strict.Field{Name: "absent", Of: strict.Boolean(), Doc: "The node holds nothing."},
	), Doc: "What nodes hold of a key."},
	{Name: "sent", Of: strict.Object(counted...), Doc: "How many messages of a kind were sent in this step; at least one where no bound stands."},
	{Name: "delivered", Of: strict.Object(counted...), Doc: "How many messages of a kind were delivered in this step."},
	{Name: "lost", Of: strict.Object(append([]strict.Field{{Name: "why", Of: strict.Word(reasons...)}}, counted...)...), Doc: "How many messages of a kind were lost in this step."},
	{Name: "locked", Of: strict.Object(keyArg, strict.Field{Name: "node", Of: strict.Either(slices.Concat(nodesShapes, []strict.Shape{strict.Word("all", "none")})...), Required: true}), Doc: "Exactly these nodes hold a lock on the key."},
	{Name: "siblings", Of: strict.Object(nodeArg, keyArg,
		strict.Field{Name: "vals", Of: strict.List(strict.Text(2000), 1, 9), Required: true}), Doc: "All values that the node holds of the key."},
	{Name: "hints", Of: strict.Object(append([]strict.Field{
		{Name: "node", Of: nodeShape}, {Name: "for", Of: nodeShape, Doc: "The home that was away."},
	}, amount...)...), Doc: "How many hints nodes keep."},
	{Name: "role", Of: strict.Object(nodeArg, strict.Field{Name: "role", Of: strict.Text(20), Required: true})},
	{Name: "verdict", Of: strict.Word(string(Linearizable), string(NotLinearizable)), Doc: "How the history of all clients is judged."},
	{Name: "stale", Of: strict.Object(amount...), Doc: "How many reads returned an old value."},
	{Name: "availability", Of: strict.Object(amount...), Doc: "The share of operations that were answered, from 0 to 1."},
}

// Schema returns the JSON Schema of a scenario file (draft 2020-12).
func Schema() []byte {
	s := shape.Schema()
	s["$schema"] = "https://json-schema.org/draft/2020-12/schema"
	s["title"] = "CAP Playground scenario"
	text, err := json.MarshalIndent(s, "", "\t")
	if err != nil {
		panic(err) // a tree of maps, lists and words: this cannot fail
	}
	return append(text, '\n')
}

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { newState } from '../model/state.js';
import { folded, recorded, viewOf } from '../testing/logs.mjs';
import { Speech, votes } from './speech.js';

test('an outcome is spoken once, with what each node said, and so is a fault', () => {
	const { state } = folded(recorded('ca-frozen'), 'CA');
	const op = [...state.ops.values()].at(-1);
	assert.ok(op);
	state.focus = op.id;
	const speech = new Speech();
	state.news.x = -Infinity;
	const said = speech.next(viewOf(state));
	assert.match(said, new RegExp(`^write city at node ${op.node}: ${op.status}\\. `));
	assert.match(votes(viewOf(state), op), /yes: 1, 2/);
	assert.ok(said.includes(votes(viewOf(state), op)));
	assert.equal(speech.next(viewOf(state)), '', 'once');
	state.news.x = state.x + 10;
	assert.notEqual(speech.next(viewOf(state)), '', 'a change after it');
	assert.equal(speech.next(viewOf(state)), '');
	assert.equal(speech.next({ ...viewOf(state), past: true }), '');
});

test('after a stream began, only what happens later is spoken', () => {
	const { state } = folded(recorded('ca-frozen'), 'CA');
	const op = [...state.ops.values()].findLast((one) => one.status);
	state.focus = op?.id ?? '';
	const speech = new Speech();
	speech.begin(state);
	assert.equal(speech.next(viewOf(state)), '', 'the outcome was before the stream');
	speech.begin(newState());
	assert.notEqual(speech.next(viewOf(state)), '', 'an outcome after an empty stream began');
});

test('the votes name the nodes that are dead, and why a message was lost', () => {
	const { state } = folded(recorded('cp-split'), 'CP');
	const refused = [...state.ops.values()].find((one) => one.status === 503);
	assert.ok(refused);
	assert.match(votes(viewOf(state), refused), /^yes: 1, 2; lost: 3, 4, 5, cut$/);
	const node = state.nodes.get(5);
	assert.ok(node);
	node.status = 'killed';
	assert.match(votes(viewOf(state), refused), /; dead: 5; lost: 3, 4, cut$/);
});

test('a reset is spoken when the nodes run, not while they start', () => {
	const { state } = folded(recorded('cp-split'), 'CP');
	const speech = new Speech();
	speech.begin(state);
	state.ops.clear();
	state.held.clear();
	state.news = { x: state.x + 10, what: 'reset', nodes: [], n: 0 };
	for (const n of state.nodes.values()) n.status = 'starting';
	assert.equal(speech.next(viewOf(state)), '');
	for (const n of state.nodes.values()) n.status = 'up';
	assert.equal(speech.next(viewOf(state)), 'Every database is empty. Press w to write. A majority must answer.');
	assert.equal(speech.next(viewOf(state)), '');
});

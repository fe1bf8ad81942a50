import assert from 'node:assert/strict';
import { test } from 'node:test';
import { progress } from '../draw/flight.js';
import { geometry } from '../draw/layout.js';
import { lane } from '../draw/stands.js';
import { duration } from './text.js';
import { dueWords, freezeWords, nodeWords } from '../modes/words.js';
import { folded, recorded, viewOf } from '../testing/logs.mjs';
import { WAVE } from './elastic.js';
import { apply } from './fold.js';
import { newState } from './state.js';
import { phaseOf, slots } from './view.js';

const g = geometry(868, 464, [1, 2, 3, 4, 5]);

/** A flying message of the first write, and the moment at which it left. */
function flying() {
	const { timeline } = folded(recorded('ca-frozen'), 'CA');
	const i = timeline.events.findIndex((e) => e.kind === 'sent' && e.type === 'prepare');
	const s = timeline.seek(timeline.x[i]);
	const m = /** @type {import('./types.js').Msg} */ (s.msgs.get(timeline.events[i].msg ?? ''));
	return { view: { ...viewOf(s), x: m.x0 }, m, curve: lane(g, m.from, m.to) };
}

test('live, a message eases along its lane within a wave, and never goes back', () => {
	const { view, m, curve } = flying();
	let last = -1;
	for (let x = 0; x <= WAVE; x += WAVE / 24) {
		const { f, moves } = progress({ ...view, x: m.x0 + x }, m, curve, []);
		assert.ok(f >= last, `back from ${last} to ${f}`);
		if (x > 0 && x < WAVE / 2) assert.ok(moves && f > 0 && f < 0.97);
		last = f;
	}
	assert.equal(progress({ ...view, x: m.x0 + 10 * WAVE }, m, curve, []).moves, false, 'it waits at the node');
});

test('with reduced motion a message is at its end at once, and nothing moves', () => {
	const { view, m, curve } = flying();
	const first = progress({ ...view, still: true }, m, curve, []);
	assert.equal(first.moves, false);
	for (let x = 0; x <= 2 * WAVE; x += WAVE / 8) assert.deepEqual(progress({ ...view, still: true, x: m.x0 + x }, m, curve, []), first);
});

test('in slow motion its place follows virtual time, with reduced motion too', () => {
	const { view, m, curve } = flying();
	const slow = { ...m, pace: 'slow', v0: 1e6, due: 2e6 };
	for (const part of [0.1, 0.25, 0.5, 0.9]) {
		assert.ok(Math.abs(progress({ ...view, v: 1e6 + part * 1e6 }, slow, curve, []).f - part) < 1e-9);
	}
});

test('in Step the messages of a lane form a queue, the first in front', () => {
	const { view, m, curve } = flying();
	view.s.pace = { pace: 'step', t0: 0, v0: 0, rate: 0, latency_ms: 0 };
	const held = { ...m, pace: 'step' };
	const at = [0, 1, 2].map((place) => progress({ ...view, x: m.x0 + WAVE }, held, curve, [], place));
	assert.ok(at[0].f > at[1].f && at[1].f > at[2].f);
	assert.ok(at.every((one) => !one.moves));
});

test('a frozen node says which kind of freeze it is, in its details', () => {
	const s = newState();
	const kinds = { self: 'pauses itself', signal: 'stopped by a signal' };
	for (const [freeze, words] of Object.entries(kinds)) {
		apply(s, { kind: 'status', node: 4, t: 1, status: 'frozen', freeze }, 0);
		const n = /** @type {import('./types.js').Node} */ (s.nodes.get(4));
		assert.equal(freezeWords(n), words);
		assert.equal(nodeWords(s, 4, new Set()), 'frozen', 'the room reads one word');
		apply(s, { kind: 'status', node: 4, t: 2, status: 'up' }, 0);
		assert.equal(freezeWords(n), '');
		assert.equal(n.freeze, '');
	}
});

test('times have few digits, and are never 0 if something took time', () => {
	for (const [ms, text] of /** @type {[number, string][]} */ ([[0.042, '42 µs'], [2.94, '2.9 ms'], [87.4, '87 ms'], [1002, '1.00 s'], [12_340, '12.3 s']])) {
		assert.equal(duration(ms), text);
	}
});

test('the words of a due timer of a frozen node are that it fires at the thaw, not in 0 s', () => {
	const s = newState();
	const view = { ...viewOf(s), v: 5000 };
	const words = (/** @type {number} */ due) => dueWords(view, { node: 4, due });
	for (const [status, late] of [['up', duration(0)], ['frozen', 'at the thaw']]) {
		apply(s, { kind: 'status', node: 4, t: 1, status }, 0);
		assert.equal(words(4000), late);
		assert.equal(words(1_005_000), duration(1000));
	}
	s.pace = { ...s.pace, rate: 0 };
	assert.equal(words(4000), 'held');
});

for (const text of ['the node was killed', 'the connection to the node broke']) test(`a dead coordinator is dead in its slot, and questions between the others are no votes: ${text}`, () => {
	const s = newState();
	/** @param {any} e */
	const fold = (e) => apply(s, { node: 1, t: 1, op: 'o', ...e }, (s.x || 0) + 1);
	for (const id of [1, 2, 3]) fold({ kind: 'status', node: id, status: 'up' });
	fold({ kind: 'invoke', op_kind: 'write', key: 'k', val: 'v' });
	fold({ kind: 'progress', phase: 'votes', need: 3, yes: [1], waiting: [2, 3] });
	for (const from of [2, 3]) fold({ kind: 'sent', node: from, msg: `y${from}`, from, to: 1, type: 'yes', class: 'yes' });
	fold({ kind: 'return', status: 504, text });
	fold({ kind: 'status', status: 'killed' });
	fold({ kind: 'sent', node: 2, msg: 'u', from: 2, to: 3, type: 'undecided', class: 'no' });
	fold({ kind: 'delivered', node: 3, msg: 'u', from: 2, to: 3, type: 'undecided', class: 'no' });
	const op = /** @type {import('./types.js').Op} */ (s.ops.get('o'));
	assert.ok(op.died, 'the playground says in its return that the node was killed');
	assert.deepEqual(slots(viewOf(s), op).map((slot) => slot.said), ['dead', 'yes', 'yes']);
});

test('a read that waited for a lock and was answered shows no count of a lock', () => {
	const s = newState();
	/** @param {any} e */
	const fold = (e) => apply(s, { node: 1, t: 1, op: 'o', ...e }, (s.x || 0) + 1);
	fold({ kind: 'invoke', op_kind: 'read', key: 'k' });
	fold({ kind: 'progress', phase: 'lock', need: 1, waiting: [2] });
	const op = /** @type {import('./types.js').Op} */ (s.ops.get('o'));
	assert.equal(phaseOf(op)?.phase, 'lock', 'while it waits');
	fold({ kind: 'return', status: 200, val: 'v' });
	assert.equal(phaseOf(op), undefined);
});

test('after the coordinator died, the slot of a node that voted yes says yes', () => {
	const s = newState();
	let seq = 0;
	const take = (/** @type {any} */ e) => apply(s, { seq: ++seq, t: seq * 1000, ...e }, seq);
	for (const node of [1, 2, 3]) take({ kind: 'status', node, status: 'up' });
	take({ kind: 'invoke', node: 1, op: 'w1', op_kind: 'write', key: 'city', val: 'Porto' });
	take({ kind: 'progress', node: 1, op: 'w1', phase: 'votes', need: 3, yes: [1], no: [], waiting: [2, 3] });
	const message = (/** @type {string} */ msg, /** @type {number} */ from, /** @type {string} */ type, /** @type {string} */ cls, /** @type {string} */ end) => {
		const m = { msg, from, to: 1, type, class: cls, op: 'w1', node: from };
		take({ ...m, kind: 'sent' });
		take({ ...m, kind: end, ...(end === 'lost' && { why: 'killed' }) });
	};
	message('m1', 2, 'yes', 'yes', 'delivered');
	take({ kind: 'status', node: 1, status: 'killed' });
	message('m2', 2, 'ask', 'request', 'lost'); // a question to the dead coordinator
	message('m3', 3, 'ask', 'request', 'lost');
	const said = () => {
		const op = /** @type {import('./types.js').Op} */ (s.ops.get('w1'));
		return slots(viewOf(s), op).map((slot) => slot.said);
	};
	assert.deepEqual(said(), ['dead', 'yes', 'lost']);
	take({ kind: 'status', node: 1, status: 'up' });
	assert.deepEqual(said().slice(1), ['yes', 'lost']);
});

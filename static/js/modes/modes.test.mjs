import assert from 'node:assert/strict';
import { test } from 'node:test';
import { focusOp, newState } from '../model/state.js';
import { slots } from '../model/view.js';
import { descriptors, folded, recorded, viewOf } from '../testing/logs.mjs';
import { caption } from './caption.js';
import { factsOf } from './facts.js';
import { modeOf } from './index.js';
import { judge, saidAt } from '../testing/sentences.mjs';
import { stampOf, stampWords } from './stamp.js';
import { meterWords, nodeWords } from './words.js';

test('each mode that the playground describes has words of its own', () => {
	assert.ok(descriptors.length >= 3);
	for (const d of descriptors) {
		const s = { ...newState(), mode: d.name, modes: descriptors };
		assert.equal(modeOf(s).name, d.name, `no file for ${d.name}`);
		assert.ok(modeOf(s).promise(s));
	}
});

for (const log of ['ca-frozen', 'cp-split', 'ap-hint']) {
	test(`a mode without a file is drawn with neutral words: ${log}`, () => {
		const events = recorded(log);
		const { timeline } = folded(events, 'NEW');
		for (const x of timeline.x) {
			const s = timeline.seek(x);
			const view = viewOf(s);
			const said = [caption(view), ...[...s.nodes.keys()].map((id) => nodeWords(s, id, new Set([1])))];
			for (const op of s.ops.values()) said.push(stampWords(s, op), meterWords(view, op).text, ...factsOf(view, op).flat());
			const text = said.join(' ');
			assert.doesNotMatch(text, /undefined|NaN|\[object|majority|commit by all|homes answered/);
		}
	});
}

test('a version reads as a number and the node that wrote it', () => {
	const said = (/** @type {string} */ mode, /** @type {string} */ version) => modeOf({ ...newState(), mode, modes: descriptors }).version(version);
	assert.equal(said('CA', '3'), 'v3');
	assert.equal(said('CP', '2.4.7'), 'v2 by 4');
	assert.equal(said('AP', 'n4.1a.2'), 'v2 by 4');
	assert.equal(said('AP', '0'), 'planted');
	assert.equal(said('CP', 'planted'), 'planted');
});

test('a transaction that a person ended in two ways: stamp, facts and words of the nodes', () => {
	const { state } = folded(/** @type {any} */ (byHand()), 'CA');
	const view = viewOf(state);
	const op = /** @type {import('../model/types.js').Op} */ (focusOp(state));
	assert.deepEqual(stampOf(view, op), { kind: 'bad', big: '1≠2', text: 'two ends,\none key', band: '' });
	assert.deepEqual(factsOf(view, op), [['node 1', 'London, version 2'], ['node 2', 'Porto, version 1']]);
	assert.deepEqual([1, 2, 3].map((id) => nodeWords(state, id, new Set())), ['committed by hand', 'rolled back by hand', 'not asked']);
	assert.deepEqual(slots(view, op).map((slot) => slot.said), ['yes', 'yes', 'none']);
	assert.equal(caption(view), 'You were the coordinator, and 1 and 2 ended differently.');
	for (const sentence of saidAt(view)) assert.ok(judge(view, sentence).holds, sentence.text);
});

/** T1 is proposed at two nodes, committed at one and rolled back at the other one. */
function byHand() {
	const at = (/** @type {number} */ t, /** @type {object} */ e) => ({ seq: t, t: t * 1000, ...e });
	const calls = [['propose', 1], ['propose', 2], ['commit', 1], ['rollback', 2]];
	return [
		...[1, 2, 3].map((node) => at(node, { kind: 'status', node, status: 'up' })),
		...[1, 2, 3].map((node) => at(3 + node, { kind: 'key', node, key: 'city', val: 'Porto', version: '1' })),
		...calls.flatMap(([op_kind, node], i) => [
			at(10 + 3 * i, { kind: 'invoke', node, op: `op${i}`, op_kind, tx: 'T1', ...(op_kind === 'propose' ? { key: 'city', val: 'London' } : {}) }),
			...(op_kind === 'commit' ? [at(11 + 3 * i, { kind: 'key', node, key: 'city', val: 'London', version: '2' })] : []),
			at(12 + 3 * i, { kind: 'return', node, op: `op${i}`, status: 200 }),
		]),
	];
}

test('a repeated write with the id of a missed one is not said to have been written before the read', () => {
	const read = { kind: 'invoke', node: 1, op: 'r', op_kind: 'read', key: 'city' };
	const write = (/** @type {number} */ node) => [{ kind: 'invoke', node, op: 'w', op_kind: 'write', key: 'city', val: 'Porto' }, { kind: 'return', node, op: 'w', status: 201 }];
	const events = [...[1, 2, 3].map((node) => ({ kind: 'status', node, status: 'up' })), ...write(2), read, { kind: 'return', node: 1, op: 'r', status: 200, val: 'Faro' }];
	const stamped = (/** @type {object[]} */ all) => {
		const { state } = folded(/** @type {any} */ (all.map((e, i) => ({ seq: i + 1, t: (i + 1) * 1000, ...e }))), 'AP');
		const view = { ...viewOf(state), judged: () => /** @type {any} */ ({ word: { word: 'stale', missed: 1, newest: 'w' } }) };
		return stampOf(view, /** @type {import('../model/types.js').Op} */ (state.ops.get('r')));
	};
	assert.match(stamped(events).band, /^stale: Porto was written\n1 ms before, at node 2$/);
	assert.equal(stamped([...events, ...write(3)]).band, '');
});

test('AP: the hint of an earlier try for a node that is no home any more is not told', () => {
	const begun = { kind: 'invoke', node: 1, op: 'w', op_kind: 'write', key: 'city', val: 'Porto' };
	const store = (/** @type {number[]} */ homes) => ({ kind: 'progress', node: 1, op: 'w', phase: 'store', need: 1, yes: [1], homes });
	const hint = { kind: 'key', node: 4, key: 'city', val: 'Porto', version: 'n1.a.1', hint_for: 3 };
	const said = (/** @type {number[]} */ homes) => {
		const all = [...[1, 2, 3, 4].map((node) => ({ kind: 'status', node, status: 'up' })), begun, store(homes), hint, { kind: 'return', node: 1, op: 'w', status: 201 }];
		const { state } = folded(/** @type {any} */ (all.map((e, i) => ({ seq: i + 1, t: (i + 1) * 1000, ...e }))), 'AP');
		return caption(viewOf(state));
	};
	assert.equal(said([1, 3]), 'Home 3 did not answer, so 4 keeps the write for it. The client got 201.');
	assert.equal(said([1, 2]), 'One answer was enough; 1 of 2 homes have it.');
});

test('AP: the stamp and the facts name every home that has a hint', () => {
	const all = [...[1, 2, 3, 4, 5].map((node) => ({ kind: 'status', node, status: 'up' })), { kind: 'invoke', node: 1, op: 'w', op_kind: 'write', key: 'city', val: 'Porto' }, { kind: 'progress', node: 1, op: 'w', phase: 'store', need: 2, yes: [1, 2], hinted: [1, 2], homes: [3, 4, 5] }];
	const key = (/** @type {number} */ node, /** @type {number} */ home) => ({ kind: 'key', node, key: 'city', val: 'Porto', version: 'n1.a.1', hint_for: home });
	const end = { kind: 'return', node: 1, op: 'w', status: 201 };
	const said = (/** @type {object[]} */ more) => {
		const { state } = folded(/** @type {any} */ ([...all, ...more].map((e, i) => ({ seq: i + 1, t: (i + 1) * 1000, ...e }))), 'AP');
		const view = viewOf(state);
		const op = /** @type {import('../model/types.js').Op} */ (focusOp(state));
		for (const sentence of saidAt(view)) assert.ok(judge(view, sentence).holds, sentence.text);
		return [stampOf(view, op).text.split('\n').at(-1), factsOf(view, op).find(([name]) => name.startsWith('hint'))?.join(': ')];
	};
	const given = (/** @type {any[]} */ of) => of.map((e) => ({ ...e, gone: true }));
	const three = [key(2, 4), key(1, 3), key(2, 5)];
	assert.deepEqual(said([key(1, 3), end]), ['hint for 3', 'hint: 1 holds it for 3']);
	assert.deepEqual(said([...three, end]), ['hints 3, 4, 5', 'hints: 1 for 3; 2 for 4, 5']);
	assert.deepEqual(said([...three, end, ...given(three)]), ['3 handed over', 'hints: 1 to 3; 2 to 4, 5']);
	assert.deepEqual(said([key(1, 3), end, ...given([key(1, 3)])]), ['handed to 3', 'hint: 1 gave it to 3']);
});

test('a node that answered a read alone has said yes', () => {
	const { state } = folded(/** @type {any} */ ([...[1, 2, 3].map((node) => ({ kind: 'status', node, status: 'up' })), { kind: 'invoke', node: 2, op: 'r', op_kind: 'read', key: 'city' }, { kind: 'return', node: 2, op: 'r', status: 404 }].map((e, i) => ({ seq: i + 1, t: i * 1000, ...e }))), 'CA');
	assert.deepEqual(slots(viewOf(state), /** @type {any} */ (focusOp(state))).map((slot) => slot.said), ['none', 'yes', 'none']);
});

test('what a killed node wrote to disk is said to stay only if it wrote something, and not when all are killed', () => {
	const up = [1, 2, 3].map((node) => ({ kind: 'status', node, status: 'up' }));
	const key = (/** @type {number} */ node) => ({ kind: 'key', node, key: 'city', val: 'Porto', version: '1' });
	const kill = (/** @type {number} */ node) => ({ kind: 'status', node, status: 'killed' });
	const said = (/** @type {object[]} */ ...more) => {
		const view = viewOf(folded(/** @type {any} */ ([...up, ...more].map((e, i) => ({ seq: i + 1, t: (i + 1) * 1000, ...e }))), 'CP').state);
		assert.doesNotMatch(caption(view), /disk/, 'at once, a reset or a new mode may be next, which empties the disks');
		const later = { ...view, x: view.x + 300 };
		for (const sentence of saidAt(later)) assert.ok(judge(later, sentence).holds, sentence.text);
		return caption(later);
	};
	assert.equal(said(key(1), kill(1)), 'Node 1 is killed. What it wrote to disk stays.');
	assert.equal(said(key(1), key(2), kill(1), kill(2)), 'Nodes 1 and 2 are killed. What they wrote to disk stays.');
	assert.equal(said(kill(1)), 'Node 1 is killed.');
	assert.equal(said(key(1), kill(1), kill(2)), 'Nodes 1 and 2 are killed.');
	assert.equal(said(...[1, 2, 3].map(key), ...[1, 2, 3].map(kill)), 'Nodes 1, 2 and 3 are killed.');
});

test('an answer that came after the write had failed is too late, not missing; a commit of nothing is no success', () => {
	const up = [1, 2, 3].map((node) => ({ kind: 'status', node, status: 'up' }));
	const votes = { kind: 'progress', node: 1, op: 'w', phase: 'votes', need: 3, yes: [1], no: [2], waiting: [3] };
	const vote = { node: 3, msg: 'm', from: 3, to: 1, type: 'yes', class: 'yes', op: 'w' };
	const late = folded(/** @type {any} */ ([...up, { kind: 'invoke', node: 1, op: 'w', op_kind: 'write', key: 'city', val: 'Porto' }, votes, { ...vote, kind: 'sent' }, { kind: 'return', node: 1, op: 'w', status: 409 }, { ...vote, kind: 'delivered', node: 1 }].map((e, i) => ({ seq: i + 1, t: (i + 1) * 1000, ...e }))), 'CA').state;
	const view = viewOf(late);
	const op = /** @type {any} */ (focusOp(late));
	assert.deepEqual(slots(view, op).map((slot) => slot.said), ['yes', 'no', 'late-yes']);
	assert.equal(meterWords(view, op).text, '1 yes, 1 no');
	for (const sentence of saidAt(view)) assert.ok(judge(view, sentence).holds, sentence.text);
	const none = folded(/** @type {any} */ ([...up, { kind: 'invoke', node: 2, op: 'c', op_kind: 'commit', tx: 'T9' }, { kind: 'return', node: 2, op: 'c', status: 404 }].map((e, i) => ({ seq: i + 1, t: (i + 1) * 1000, ...e }))), 'CA').state;
	assert.equal(stampOf(viewOf(none), /** @type {any} */ (focusOp(none))).kind, 'bad');
	assert.deepEqual(slots(viewOf(none), /** @type {any} */ (focusOp(none))).map((slot) => slot.said), ['none', 'none', 'none']);
});

test('what one node refused waited for no other node, and a no ends a wait', () => {
	const up = [1, 2, 3].map((node) => ({ kind: 'status', node, status: node === 3 ? 'frozen' : 'up' }));
	const facts = (/** @type {object[]} */ ...more) => {
		const { state } = folded(/** @type {any} */ ([...up, ...more].map((e, i) => ({ seq: i + 1, t: (i + 1) * 1000, ...e }))), 'CA');
		const op = /** @type {any} */ (focusOp(state));
		return { facts: factsOf(viewOf(state), op).map((f) => f.join(': ')), said: slots(viewOf(state), op).map((slot) => slot.said) };
	};
	const commit = facts({ kind: 'invoke', node: 2, op: 'c', op_kind: 'commit', tx: 'T9' }, { kind: 'return', node: 2, op: 'c', status: 404 });
	assert.deepEqual(commit, { facts: ['took: 1.0 ms'], said: ['none', 'none', 'none'] });
	const votes = { kind: 'progress', node: 1, op: 'w', phase: 'votes', need: 3, yes: [1], no: [2], waiting: [3] };
	const refused = facts({ kind: 'invoke', node: 1, op: 'w', op_kind: 'write', key: 'city', val: 'Porto' }, votes, { kind: 'return', node: 1, op: 'w', status: 409 });
	assert.deepEqual(refused, { facts: ['votes: 0 yes + own, 1 no', 'took: 2.0 ms'], said: ['yes', 'no', 'silent'] });
});

test('the promise of AP counts the nodes that must answer', () => {
	const said = (/** @type {number} */ r, /** @type {number} */ w) => modeOf({ ...newState(), mode: 'AP', modes: descriptors }).promise({ ...newState(), quorum: { n: 3, r, w } });
	assert.equal(said(2, 2), 'any two nodes can answer; a read may be stale');
	assert.equal(said(1, 3), 'any three nodes can answer; a read may be stale');
	assert.equal(said(1, 1), 'any node can answer; a read may be stale');
});

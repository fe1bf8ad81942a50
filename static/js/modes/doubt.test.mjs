// In CA a dead coordinator leaves nodes in doubt: what the page says, if it was there from
// the beginning and if it was opened late.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Player } from '../model/player.js';
import { focusOp } from '../model/state.js';
import { slots, valueAt } from '../model/view.js';
import { helloOf } from '../testing/hellos.mjs';
import { folded, viewOf } from '../testing/logs.mjs';
import { judge, saidAt } from '../testing/sentences.mjs';
import { caption } from './caption.js';
import { factsOf } from './facts.js';
import { stampOf } from './stamp.js';
import { meterWords, nodeWords } from './words.js';

const OP = '4a14c0de-0000-4000-8000-000000000000';

/** @typedef {Record<string, any>} Partly an event without its place in the stream */

const up = [1, 2, 3, 4, 5].map((node) => ({ kind: 'status', node, status: 'up' }));
const invoke = { kind: 'invoke', node: 1, op: OP, op_kind: 'write', key: 'city', val: 'Porto' };
const votes = { kind: 'progress', node: 1, op: OP, phase: 'votes', need: 5, yes: [1], waiting: [2, 3, 4, 5] };
const sent = (/** @type {string} */ msg, /** @type {number} */ from, /** @type {number} */ to, /** @type {string} */ type, cls = 'request') => ({ kind: 'sent', node: from, msg, from, to, type, class: cls, op: OP });
const lost = (/** @type {string} */ msg) => ({ kind: 'lost', node: 1, msg, why: 'cut', op: OP });
const lock = (/** @type {number} */ node) => ({ kind: 'key', node, key: 'city', val: 'Faro', version: '1', locked_by: OP });
const died = [{ kind: 'status', node: 1, status: 'killed' }, { kind: 'return', node: 1, op: OP, status: 504, text: 'the node was killed' }];
const prepares = [2, 3, 4, 5].map((to) => sent(`p${to}`, 1, to, 'prepare'));
const begun = [...up, invoke, votes, ...prepares, ...[2, 3, 4, 5].map((to) => ({ ...lost(`p${to}`), kind: 'delivered', why: '' }))];

/** What pages say after these events: one that got all, and one that was opened then, with the newest events. @param {Partly[]} all @param {number} [newest] */
function pages(all, newest = 0) {
	const events = /** @type {any[]} */ (all.map((e, i) => ({ seq: i + 1, t: (i + 1) * 1000, ...e })));
	const { state } = folded(events, 'CA');
	const player = new Player();
	player.hello(helloOf(state, events, newest), 0);
	const whole = viewOf(state);
	return [state, player.shown].map((s) => {
		const view = viewOf(s);
		for (const sentence of saidAt(view)) assert.ok(judge({ ...whole, s: state }, sentence).holds, `${sentence.kind}: ${sentence.text}`);
		const op = focusOp(s);
		return { caption: caption(view), ...(op && { stamp: stampOf(view, op), facts: factsOf(view, op), meter: meterWords(view, op), slots: slots(view, op).map((slot) => slot.said) }), locked: up.map(({ node }) => !!valueAt(s, node).locked), words: up.map(({ node }) => nodeWords(s, node, new Set())) };
	});
}

test('all others are locked: both pages say in doubt, and only one knows that no node was told', () => {
	for (const newest of [0, 3]) {
		const [whole, late] = pages([...begun, ...[1, 2, 3, 4, 5].map(lock), ...died], newest);
		assert.equal(whole.caption, 'Node 1 died before it told any node. Nodes 2, 3, 4 and 5 said yes and must wait.');
		assert.equal(late.caption, 'Node 1 is dead. Nodes 2, 3, 4 and 5 said yes and must wait.');
		for (const page of [whole, late]) {
			assert.deepEqual(page.stamp, { kind: 'doubt', big: 'in doubt', text: '4 said yes, 1 is dead\nno node may decide', band: '' });
			assert.deepEqual(page.words, ['killed', 'in doubt', 'in doubt', 'in doubt', 'in doubt']);
			assert.deepEqual(page.slots, ['dead', 'yes', 'yes', 'yes', 'yes'], 'a lock is a yes, even if the page did not get the vote');
			assert.deepEqual(page.locked, [false, true, true, true, true], 'the lock of the coordinator ended with its process');
		}
	}
});

test('a node without the lock may know the decision: a late page does not claim that the others are in doubt', () => {
	const [whole, late] = pages([...begun, ...[2, 3, 4].map(lock), ...died]);
	assert.equal(whole.stamp?.text, '3 said yes, 1 is dead\nthey must wait', 'node 5 may refuse its vote, and so decide');
	assert.equal(late.caption, 'Node 1 died before it answered. The write may have happened, or may yet.');
	assert.deepEqual(late.words, ['killed', '', '', '', '']);
});

test('a decision that is on its way, or was reported, leaves no node in doubt for ever', () => {
	const locked = [...begun, ...[2, 3, 4, 5].map(lock)];
	for (const decided of [[sent('c2', 1, 2, 'commit', 'decide')], [{ ...votes, phase: 'acks', yes: [1] }]]) {
		for (const page of pages([...locked, ...decided, ...died])) assert.notEqual(page.stamp?.kind, 'doubt');
	}
});

test('a commit that reached no node: a late page says in doubt, and not that none was sent', () => {
	const commits = [2, 3, 4, 5].flatMap((to) => [sent(`c${to}`, 1, to, 'commit', 'decide'), lost(`c${to}`)]);
	const [whole, late] = pages([...begun, ...[2, 3, 4, 5].map(lock), ...commits, ...died]);
	assert.equal(whole.stamp?.band, 'now sure: written');
	assert.equal(late.stamp?.kind, 'doubt');
	assert.equal(late.caption, 'Node 1 is dead. Nodes 2, 3, 4 and 5 said yes and must wait.');
});

test('events that never came, and sums in the place of messages, may hide the decision', () => {
	const sums = { kind: 'flow', node: 1, from: 1, to: 2, class: 'decide', sent: 4, delivered: 4 };
	for (const hidden of [{ kind: 'gap', node: 1, n: 3 }, sums]) {
		const [{ caption: said }] = pages([...begun, ...[2, 3, 4, 5].map(lock), hidden, ...died]);
		assert.equal(said, 'Node 1 is dead. Nodes 2, 3, 4 and 5 said yes and must wait.');
	}
});

test('only the questions of the living to each other are counted, and only if the page got all', () => {
	const asks = [sent('a1', 2, 1, 'ask'), sent('a2', 2, 3, 'ask'), sent('a3', 3, 2, 'ask')];
	const [whole, late] = pages([...begun, ...[2, 3, 4, 5].map(lock), ...died, ...asks], 2);
	assert.deepEqual(whole.facts?.[0], ['asked each other', '2 times']);
	assert.deepEqual(late.facts?.[0], ['voted yes', '2, 3, 4, 5']);
	const [all, opened] = pages([...begun, ...[2, 3, 4].map(lock), sent('a1', 4, 5, 'ask'), sent('a2', 4, 5, 'ask'), { kind: 'return', node: 1, op: OP, status: 503 }], 2);
	assert.ok(all.facts?.some((fact) => fact.join(': ') === 'ask: 2 sent, 2 on the way' || fact.join(': ').startsWith('ask: 2 sent')), JSON.stringify(all.facts));
	assert.ok(!opened.facts?.some(([name]) => name === 'ask'), 'it has one of the two');
});

test('a page that knows no write says which nodes are in doubt', () => {
	const badge = (/** @type {number} */ node) => ({ kind: 'role', node, role: 'participant', badges: { undecided: 1, 'in doubt': 1 } });
	const [{ caption: said }] = pages([...up, badge(2), badge(3)]);
	assert.equal(said, 'Nodes 2 and 3 are in doubt: they said yes to a write, and must wait for the decision.');
	assert.equal(pages([...up, badge(2)])[0].caption, 'Node 2 is in doubt: it said yes to a write, and must wait for the decision.');
	assert.equal(pages(up)[0].caption, 'Press w to write. All five nodes must agree.');
});

test('a read that waits for the lock counts no answers', () => {
	const read = { kind: 'invoke', node: 2, op: 'r', op_kind: 'read', key: 'city' };
	const wait = { kind: 'progress', node: 2, op: 'r', phase: 'lock', need: 1, waiting: [2] };
	const ends = { kind: 'return', node: 2, op: 'r', status: 503 };
	for (const end of [[], [ends]]) {
		for (const page of pages([...begun, ...[2, 3, 4, 5].map(lock), ...died, read, wait, ...end])) {
			assert.equal(page.meter?.need, 0);
			assert.ok(!page.facts?.some(([name]) => name === 'answers'), JSON.stringify(page.facts));
		}
	}
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { focusOp } from '../model/state.js';
import { folded, viewOf } from '../testing/logs.mjs';
import { judge, saidAt } from '../testing/sentences.mjs';
import { caption } from './caption.js';
import { factsOf } from './facts.js';
import { stampOf } from './stamp.js';
import { nodeWords } from './words.js';

const OP = '4a14c0de-0000-4000-8000-000000000000';
const OPEN = 'No answer came in time. The write may have happened, or may yet.';
const NOT = 'Now it is sure: the write did not happen.';

/** @typedef {Record<string, any>} Partly an event without its place in the stream */

const up = [1, 2, 3, 4, 5].map((node) => ({ kind: 'status', node, status: 'up' }));
const invoke = { kind: 'invoke', node: 1, op: OP, op_kind: 'write', key: 'city', val: 'Porto' };
const unknown = { kind: 'return', node: 1, op: OP, status: 504 };
const msg = (/** @type {string} */ id, /** @type {number} */ from, /** @type {number} */ to, /** @type {string} */ type, cls = 'request') => ({ kind: 'sent', node: from, msg: id, from, to, type, class: cls, op: OP });
const delivered = (/** @type {string} */ id) => ({ kind: 'delivered', node: 1, msg: id, op: OP });

/** What the page says of the write after these events. @param {string} mode @param {Partly[]} events */
function said(mode, events) {
	const { state } = folded(/** @type {any} */ ([...up, ...events].map((e, i) => ({ seq: i + 1, t: (i + 1) * 1000, ...e }))), mode);
	const view = viewOf(state);
	for (const sentence of saidAt(view)) assert.ok(judge(view, sentence).holds, `${sentence.kind}: ${sentence.text}`);
	const op = /** @type {import('../model/types.js').Op} */ (focusOp(state));
	return { caption: caption(view), ...stampOf(view, op), outcome: factsOf(view, op)[0], words: up.map(({ node }) => nodeWords(state, node, new Set())) };
}

test('CA: unknown while votes are missing, not written after the rollback', () => {
	const begun = [invoke, { kind: 'progress', node: 1, op: OP, phase: 'votes', need: 5, yes: [1], waiting: [2, 3, 4, 5] }, msg('p2', 1, 2, 'prepare'), unknown];
	const before = said('CA', begun);
	assert.deepEqual([before.caption, before.band, before.text, before.outcome], [OPEN, '', 'unknown\nit may yet\ntake effect', ['outcome', 'not known yet']]);
	const roll = [msg('r2', 1, 2, 'rollback', 'decide'), msg('r3', 1, 3, 'rollback', 'decide'), delivered('r2')];
	const after = said('CA', [...begun, ...roll]);
	assert.deepEqual([after.caption, after.big, after.text, after.band], [`No answer came in time. ${NOT}`, '504', 'outcome\nunknown', 'now sure: not written']);
	assert.deepEqual(after.outcome, ['outcome', 'not written']);
	assert.deepEqual(after.words.slice(1, 3), ['rolled back', ''], 'only a node that the roll back has reached');
});

test('CA: written as soon as a commit was sent', () => {
	const after = said('CA', [invoke, unknown, msg('c2', 1, 2, 'commit', 'decide')]);
	assert.deepEqual([after.band, after.outcome], ['now sure: written', ['outcome', 'written']]);
});

test('CA: a coordinator that died before all voted cannot have decided', () => {
	const prepares = [2, 3, 4, 5].map((to) => msg(`p${to}`, 1, to, 'prepare'));
	const lost = [2, 3, 4, 5].map((to) => ({ kind: 'lost', node: 1, msg: `p${to}`, op: OP, why: 'cut', type: 'prepare' }));
	const begun = [invoke, { kind: 'progress', node: 1, op: OP, phase: 'votes', need: 5, yes: [1], waiting: [2, 3, 4, 5] }, ...prepares, { kind: 'status', node: 1, status: 'killed' }, { ...unknown, text: 'the node was killed' }];
	assert.equal(said('CA', begun).band, '', 'a prepare is still on its way');
	assert.equal(said('CA', [...begun, ...lost]).band, 'now sure: not written');
});

test('CP: written when a majority says that it stored it', () => {
	const store = { kind: 'progress', node: 1, op: OP, phase: 'store', need: 3, yes: [1], waiting: [2, 3, 4, 5] };
	const begun = [invoke, store, msg('s2', 1, 2, 'store'), unknown, msg('y2', 2, 1, 'stored', 'yes')];
	const before = said('CP', begun);
	assert.deepEqual([before.band, before.words], ['', ['has it', 'has it', '', '', '']]);
	const after = said('CP', [...begun, { kind: 'key', node: 5, key: 'city', val: 'Porto', version: '3.1.4a14' }]);
	assert.deepEqual([after.band, after.outcome], ['now sure: written', ['outcome', 'written']]);
});

test('AP: written when one node says that it stored it', () => {
	const asked = [invoke, { kind: 'progress', node: 1, op: OP, phase: 'store', need: 2, yes: [], waiting: [3, 4] }, unknown];
	assert.equal(said('AP', asked).band, '');
	assert.equal(said('AP', [...asked, msg('y3', 3, 1, 'stored', 'yes')]).band, 'now sure: written');
});

test('RAFT: not written when another entry is committed in its place, written when its own is', () => {
	const log = (/** @type {number} */ node, /** @type {number} */ commit, /** @type {any[]} */ cells) => ({ kind: 'log', node, log: { leader: 4, last: cells.at(-1)?.i ?? 0, commit, applied: commit, cells } });
	const [first, own, other] = [{ i: 1, t: 1 }, { i: 2, t: 1, k: 'city', o: OP }, { i: 2, t: 2 }];
	const append = { kind: 'progress', node: 1, op: OP, phase: 'append', need: 3, yes: [1], waiting: [2, 3, 4, 5] };
	const begun = [invoke, append, log(1, 1, [first, own]), log(2, 1, [first, own]), unknown];
	assert.equal(said('RAFT', begun).band, '');
	assert.equal(said('RAFT', [...begun, log(4, 1, [first, other])]).band, '', 'the other entry is not committed');
	const after = said('RAFT', [...begun, log(4, 2, [first, other]), log(1, 1, [first])]);
	assert.deepEqual([after.band, after.words[0]], ['now sure: not written', 'had it, replaced']);
	assert.equal(said('RAFT', [...begun, { kind: 'status', node: 1, status: 'killed' }, log(4, 2, [first, other])]).band, '', 'the leader that was asked is dead, and may have more of it');
	assert.equal(said('RAFT', [...begun, log(2, 2, [first, own])]).band, 'now sure: written');
});

test('the news that a coordinator is back comes with the outcome that is sure since then', () => {
	const begun = [invoke, { kind: 'status', node: 1, status: 'killed' }, { ...unknown, text: 'the node was killed' }, { kind: 'status', node: 1, status: 'up' }];
	assert.equal(said('CA', begun).caption, 'Node 1 is back.');
	assert.equal(said('CA', [...begun, msg('r2', 1, 2, 'rollback', 'decide')]).caption, 'Node 1 is back. Now it is sure: the write did not happen.');
});
